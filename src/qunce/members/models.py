"""People: members, their identities on platforms, their stays in groups, and what the team knows of them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class Member(models.Model):
    """A person. Facts refer to identities; a member is the set of identities that point here.

    Merging hangs one member beneath another (``merged_into``); ``root`` is the one at the top, oneself where
    nobody is above. What the team put on a member (tags, notes, a named person, the next step) stays with the one
    it was put on, and the one at the top shows what all beneath have: taking two apart thus loses nothing.
    """

    name = models.CharField(max_length=255)
    sort_key = models.TextField(default="")
    keys = SearchVectorField(default="")
    """What the member is found by: names, their sound and initials, ids. See policies.search_keys."""
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    merged_at = models.DateTimeField(null=True)
    merged_by_name = models.TextField(blank=True, default="")
    root = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+")
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    is_bot = models.BooleanField(default=False)
    """As the identity that it came with; nobody is merged with a bot."""
    is_core = models.BooleanField(default=False)
    is_team = models.BooleanField(default=False)
    """One of our own people: never asked, chased or counted as waiting."""
    named_id = models.BigIntegerField(null=True)
    named_name = models.TextField(blank=True, default="")
    named_at = models.DateTimeField(null=True)
    step = models.TextField(blank=True, default="")
    step_due = models.DateField(null=True)
    step_by_id = models.BigIntegerField(null=True)
    step_by_name = models.TextField(blank=True, default="")
    muted_at = models.DateTimeField(null=True)
    """Since when they do not want to be mentioned, chased or written to; None: they have not said so."""
    created_at = models.DateTimeField()

    class Meta:
        """What lists are read by: the sound of names; and small indexes for what few members have."""

        indexes = [
            models.Index(fields=["sort_key", "id"], name="members_by_name", condition=models.Q(merged_into=None)),
            models.Index(fields=["named_id"], name="members_of_named", condition=models.Q(named_id__isnull=False)),
            models.Index(fields=["id"], name="core_members", condition=models.Q(is_core=True)),
            models.Index(fields=["step_due"], name="members_next", condition=~models.Q(step="")),
            GinIndex(fields=["keys"], name="members_keys"),
            GinIndex(fields=["tags"], name="members_tags"),
        ]


class Identity(models.Model):
    """A person's (or bot's) account on one platform. ``home``: the member that it came with."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="identities")
    home = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    platform = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    is_bot = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        """One row per account of a platform."""

        constraints = [models.UniqueConstraint(fields=["platform", "external_id"], name="identity_on_platform")]


class Membership(models.Model):
    """One stay of an identity in a group. ``joined_at`` is None where they were there before we looked.

    ``heard``: we only know what they said before we came, and when they were last heard (``left_at``).
    """

    group_id = models.BigIntegerField()
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="memberships")
    nickname = models.CharField(max_length=255, blank=True)
    inviter_id = models.BigIntegerField(null=True)
    source = models.CharField(max_length=80, blank=True)
    seen_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    heard = models.BooleanField(default=False)

    class Meta:
        """At most one open stay, and at most one that is only heard of."""

        constraints = [
            models.UniqueConstraint(
                fields=["group_id", "identity"], name="one_open_stay", condition=models.Q(left_at=None)
            ),
            models.UniqueConstraint(
                fields=["group_id", "identity"], name="one_heard_stay", condition=models.Q(heard=True)
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "group_id"], name="stays_of_identity"),
            models.Index(fields=["group_id", "-joined_at"], name="stays_in_group"),
        ]


class Entry(models.Model):
    """Something that the team wrote down about a member, or did (types.EntryKind)."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    by_id = models.BigIntegerField(null=True)
    by_name = models.TextField(blank=True)

    class Meta:
        """Read by member, latest first."""

        indexes = [models.Index(fields=["member", "-at"], name="entries_of_member")]


class Tag(models.Model):
    """A tag that some member has: what is offered when one is typed."""

    name = models.CharField(max_length=40, primary_key=True)


class MemberLink(models.Model):
    """A link with which one member opens their own pages of one community. Only hashes of its secrets are stored.

    ``ref`` names it in addresses and opens nothing. With the first opening it is bound to that browser, which holds
    the secret of ``bound_hash``; from then on the token alone opens nothing either.
    """

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="links")
    community_id = models.BigIntegerField()
    ref = models.CharField(max_length=16, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    bound_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField(null=True)
    created_by_name = models.TextField(blank=True)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
