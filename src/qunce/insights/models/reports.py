"""Reports: which are made regularly, and those that were made."""

from django.db import models


class ReportPlan(models.Model):
    """A report that a community gets every day, week or month, at an hour of its zone.

    ``rhythm`` and ``channel`` are types.Rhythm and types.Channel; ``group_id``: into which group it is sent.
    """

    community_id = models.BigIntegerField()
    rhythm = models.CharField(max_length=8)
    hour = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=12)
    channel = models.CharField(max_length=8)
    group_id = models.BigIntegerField(null=True)
    planned_at = models.DateTimeField()

    class Meta:
        """One per rhythm."""

        constraints = [models.UniqueConstraint(fields=["community_id", "rhythm"], name="report_plan_once")]


class KeptReport(models.Model):
    """A report as it was written (types.Report): what was known then stays readable. Days are first and last."""

    community_id = models.BigIntegerField()
    rhythm = models.CharField(max_length=8)
    first = models.DateField()
    last = models.DateField()
    title = models.TextField()
    content = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        """Each period once; the latest are looked at first."""

        constraints = [
            models.UniqueConstraint(fields=["community_id", "rhythm", "first"], name="report_once_a_period")
        ]
        indexes = [models.Index(fields=["community_id", "-last"], name="reports_by_day")]
