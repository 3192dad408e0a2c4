"""Sessions, what their authors say of being quoted, and how a community holds sessions and shows them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.content.types import ConsentState, SessionState


class Session(models.Model):
    """A stretch of a group's talk under one topic, and its write-up (``draft``: types.Draft).

    What was said is not copied: it is read from the messages until a draft is made of it.
    """

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, related_name="+")
    group_id = models.BigIntegerField()
    key = models.CharField(max_length=160, unique=True)
    """Of what began it: a step's key, the message's id, or a submission; beginning it again changes nothing."""
    topic = models.CharField(max_length=120)
    speaker_ids = ArrayField(models.BigIntegerField(), default=list)
    """Identities of those who speak; empty: whoever says most."""
    began_at = models.DateTimeField()
    spoke_at = models.DateTimeField()
    """When a speaker was last heard."""
    ends_at = models.DateTimeField(null=True)
    """When it ends at the latest; None: when it is ended, or nobody speaks any more."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=10, default=SessionState.RUNNING)
    begun_by = models.BigIntegerField(null=True)
    begun_by_name = models.TextField(blank=True)
    draft = models.JSONField(default=dict)
    edition = models.PositiveIntegerField(default=0)
    """Counts changes of the draft; 0: there is none yet."""
    drafted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()
    editing = models.JSONField(default=dict)
    """Who is at it: when each scribe last changed something, by name."""
    scribe_ids = ArrayField(models.BigIntegerField(), default=list)
    """Members who may write it up by a link of theirs."""
    plan = ArrayField(models.CharField(max_length=8), default=list)
    """Where it goes by itself (types.Outlet) once it is written up and whom it quotes have answered."""
    outlets = ArrayField(models.CharField(max_length=8), default=list)
    """Where it is."""
    openness = models.CharField(max_length=8, blank=True)
    """The widest outlet beyond the group that authors have been asked about."""
    asked_at = models.DateTimeField(null=True)
    answers_until = models.DateTimeField(null=True)
    outward = models.JSONField(null=True)
    """The draft that left the group: what is taken out of it later is taken out of this one."""
    item = models.ForeignKey("content.Item", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        """One at a time in a group."""

        constraints = [
            models.UniqueConstraint(
                fields=["group_id"], name="one_session_running", condition=models.Q(state=SessionState.RUNNING)
            )
        ]
        indexes = [
            models.Index(fields=["community", "-began_at"], name="session_latest"),
            models.Index(fields=["group_id", "-began_at"], name="session_of_group"),
            models.Index(
                fields=["answers_until"], name="session_asking", condition=models.Q(answers_until__isnull=False)
            ),
        ]


class Consent(models.Model):
    """What an author says of one version of their words (``fingerprint``) leaving the group."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="consents")
    identity_id = models.BigIntegerField()
    name = models.TextField()
    outlet = models.CharField(max_length=8)
    """How far their words may go: to members, or to everybody on the site."""
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default=ConsentState.ASKED)
    way = models.CharField(max_length=8, blank=True)
    """How they answered: ``words`` in the group, or on their ``page``."""
    asked_key = models.CharField(max_length=160, blank=True)
    """The delivery that asked them."""
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        """One answer to one version."""

        constraints = [
            models.UniqueConstraint(fields=["session", "identity_id", "outlet", "fingerprint"], name="consent_once")
        ]
        indexes = [models.Index(fields=["identity_id"], name="consent_of")]


class Practice(models.Model):
    """How a community holds its sessions: the words that begin and end them, and who writes them up."""

    community = models.OneToOneField(
        "community.Community", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    begins = ArrayField(models.CharField(max_length=40), default=list)
    ends = ArrayField(models.CharField(max_length=40), default=list)
    silence = models.DurationField()
    consent = models.DurationField()
    scribe_ids = ArrayField(models.BigIntegerField(), default=list)


class Site(models.Model):
    """A community's public site. ``slug``: its name in addresses; ``language``: one of the product's."""

    community = models.OneToOneField(
        "community.Community", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    enabled = models.BooleanField(default=False)
    slug = models.CharField(max_length=40, unique=True)
    intro = models.TextField(blank=True)
    language = models.CharField(max_length=12)
    changed_at = models.DateTimeField()
