"""Digests: which are made regularly, and those that were made."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from qunce.insights.types import DigestState


class DigestPlan(models.Model):
    """Digests that a community gets every day or week, at an hour of its zone: one per group, and one over them.

    ``rhythm`` and ``channel`` are types.Rhythm and types.DigestChannel. ``group_ids``: of which groups; none: of all.
    ``lines``: at most so many are posted.
    """

    community_id = models.BigIntegerField()
    rhythm = models.CharField(max_length=8)
    hour = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=12)
    channel = models.CharField(max_length=8)
    lines = models.PositiveSmallIntegerField(default=6)
    group_ids = ArrayField(models.BigIntegerField(), default=list)
    planned_at = models.DateTimeField()

    class Meta:
        """One per rhythm."""

        constraints = [models.UniqueConstraint(fields=["community_id", "rhythm"], name="digest_plan_once")]


class Digest(models.Model):
    """The digest of a group, or (``group_id`` None) over the groups of a community: types.DigestDocument.

    Quotes are not kept: a page and a post read what they quote as it is by then. Days are first and last, of the
    community's zone. ``group_ids``: over which groups, where it is over several; none: all that there were.
    """

    community_id = models.BigIntegerField()
    group_id = models.BigIntegerField(null=True)
    first = models.DateField()
    last = models.DateField()
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=8, default=DigestState.MAKING)
    group_ids = ArrayField(models.BigIntegerField(), default=list)
    content = models.JSONField(default=dict)
    edition = models.PositiveIntegerField(default=0)
    """Counts changes: a form carries it, so that nobody overwrites or posts what he has not seen."""
    lines = models.PositiveSmallIntegerField(default=6)
    messages = models.PositiveIntegerField(default=0)
    covered = models.PositiveIntegerField(default=0)
    worth = models.PositiveIntegerField(default=0)
    by_model = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    """Of so many groups it is made so far: `expected` are to be."""
    expected = models.PositiveIntegerField(default=1)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    planned_at = models.DateTimeField(null=True)
    """Of the plan that it was made by (`DigestPlan.planned_at`); None: only somebody has asked for it."""
    decided_by_name = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        """Each stretch of a group once; the latest are looked at first."""

        constraints = [
            models.UniqueConstraint(
                fields=["community_id", "group_id", "first", "last"], name="digest_once", nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["community_id", "-last"], name="digests_by_day")]
