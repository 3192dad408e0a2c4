"""Communities, their groups, and the notice of their groups."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Community(models.Model):
    """People with one shared goal: what it promises them, and in which voice and zone."""

    name = models.CharField(max_length=80)
    purpose = models.TextField(blank=True)
    shared_goal = models.TextField(blank=True)
    promise = models.TextField(blank=True)
    voice = models.TextField(blank=True)
    zone = models.CharField(max_length=64)
    languages = ArrayField(models.CharField(max_length=12), default=list)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        """A name is taken once."""

        constraints = [models.UniqueConstraint(fields=["name"], name="community_name")]


class Group(models.Model):
    """One chat room on one platform. Without a community it is only found; adopted, it is read and served.

    ``platform`` is the connector's key, ``external_id`` the room's id there. The id never changes: messages
    and roll-ups are keyed by it.
    """

    community = models.ForeignKey(Community, on_delete=models.PROTECT, null=True, related_name="groups")
    platform = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    topic = models.TextField(blank=True)
    member_count = models.PositiveIntegerField(null=True)
    direct = models.BooleanField(default=False, db_default=False)
    """A private chat of one person with an account of ours: never adopted, never listed."""
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    found_at = models.DateTimeField()
    adopted_at = models.DateTimeField(null=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        """Adopted means: in a community, since then."""

        constraints = [
            models.UniqueConstraint(fields=["platform", "external_id"], name="group_on_platform"),
            models.CheckConstraint(
                condition=models.Q(community=None, adopted_at=None)
                | models.Q(community__isnull=False, adopted_at__isnull=False),
                name="adopted_into_community",
            ),
        ]
        indexes = [
            models.Index(fields=["community", "name"], name="group_by_name"),
            GinIndex(fields=["tags"], name="group_tags"),
        ]


class Notice(models.Model):
    """What stands at the top of a community's groups: a text with variables, filled in per group.

    ``keep_current``: a change of anything that occurs in it is sent to the groups by itself.
    """

    community = models.OneToOneField(Community, on_delete=models.CASCADE, primary_key=True, related_name="notice")
    text = models.TextField()
    contact = models.CharField(max_length=200, blank=True)
    keep_current = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
