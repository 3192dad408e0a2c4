"""Plans of briefs, the briefs of each day, and what somebody has picked for them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.content.types import BriefState, Fallback


class BriefPlan(models.Model):
    """A brief that goes out again and again (types.PlanWish says what its fields mean)."""

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    selection = models.JSONField()
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    at = models.TimeField()
    opens = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField()
    weights = models.JSONField(default=dict)
    wanted = ArrayField(models.TextField(), default=list)
    unwanted = ArrayField(models.TextField(), default=list)
    header = models.TextField(blank=True)
    footer = models.TextField(blank=True)
    fallback = models.CharField(max_length=8, default=Fallback.BEST)
    at_least = models.PositiveSmallIntegerField(default=1)
    editor_id = models.BigIntegerField(null=True)
    day_off = models.CharField(max_length=2, blank=True)
    edition = models.PositiveIntegerField(default=1)
    active_since = models.DateTimeField(null=True)
    """Since when it goes out; None: it rests."""
    changed_by = models.BigIntegerField(null=True)
    """Whose word it is that goes out by itself."""
    changed_by_name = models.TextField(blank=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)


class Brief(models.Model):
    """The brief of one day, as ``lines`` (types.Line). Without a plan: the one that playbooks send in a community."""

    community = models.ForeignKey("community.Community", on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(BriefPlan, on_delete=models.PROTECT, null=True, related_name="briefs")
    day = models.DateField()
    send_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=BriefState.OPEN)
    why = models.TextField(blank=True)
    """Why it did not go out, or went out by itself: a message id, or somebody's words."""
    header = models.TextField(blank=True)
    footer = models.TextField(blank=True)
    lines = models.JSONField(default=list)
    edition = models.PositiveIntegerField(default=1)
    edited_by_name = models.TextField(blank=True)
    """Who has changed it last; empty: it is as it was proposed."""
    approved_by = models.BigIntegerField(null=True)
    approved_by_name = models.TextField(blank=True)
    task_id = models.BigIntegerField(null=True)
    broadcast_id = models.BigIntegerField(null=True)
    """The broadcast as which it went out."""
    created_at = models.DateTimeField()

    class Meta:
        """One a day."""

        constraints = [
            models.UniqueConstraint(
                fields=["plan", "day"], name="brief_once", condition=models.Q(plan__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["community", "day"], name="brief_of_playbooks_once", condition=models.Q(plan=None)
            ),
        ]
        indexes = [
            models.Index(fields=["send_at"], name="brief_due", condition=models.Q(state__in=["open", "approved"])),
            models.Index(fields=["community", "-day"], name="brief_of_community"),
        ]


class BriefPick(models.Model):
    """A line that somebody wants in the next brief of a plan; ``brief``: the one that has taken it."""

    plan = models.ForeignKey(BriefPlan, on_delete=models.CASCADE, related_name="picks")
    line = models.JSONField()
    key = models.TextField()
    picked_by_name = models.TextField(blank=True)
    at = models.DateTimeField()
    brief = models.ForeignKey(Brief, on_delete=models.SET_NULL, null=True, related_name="picks")

    class Meta:
        """The same waits once."""

        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="pick_once", condition=models.Q(brief=None))
        ]
