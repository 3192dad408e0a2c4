"""How well groups are: day by day, as of now, and which silences are planned."""

from django.db import models


class Health(models.Model):
    """What was found of a group on one day; ``score`` None: nothing can be said. Kept, never computed again.

    ``severities``: by the signal's key, from 0 to 1; signals of which too little was known are left out.
    """

    pk = models.CompositePrimaryKey("group_id", "day")
    group_id = models.BigIntegerField()
    day = models.DateField()
    score = models.FloatField(null=True)
    stage = models.CharField(max_length=12, blank=True)
    severities = models.JSONField(default=dict)


class Condition(models.Model):
    """The latest of it per group, with what lists of groups show. ``findings``: the strongest (selectors.overview).

    ``worth``: of an hour of a person there (policies.health), spent on what the signal ``mend`` found.
    """

    group_id = models.BigIntegerField(primary_key=True)
    day = models.DateField()
    score = models.FloatField(null=True)
    change = models.FloatField(null=True)
    stage = models.CharField(max_length=12, blank=True)
    trend = models.FloatField(null=True)
    size = models.FloatField(null=True)
    risk = models.FloatField(null=True)
    severities = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    worth = models.FloatField(default=0)
    mend = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()


class PlannedSilence(models.Model):
    """A group is to be silent from a day on: for good, or until another day (included). ``kind``: types.Silence."""

    group_id = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)
    planned_at = models.DateTimeField()
    planned_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        """Found by group; it ends after it has begun."""

        indexes = [models.Index(fields=["group_id", "begins_on"], name="silence_of_group")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("begins_on")),
                name="silence_ends_after_it_begins",
            )
        ]


class WarningModel(models.Model):
    """An early warning that was fitted to the history there was, and held against the one in force then.

    ``weights``: its base and the points of each rule by key; ``figures``: what the comparison found
    (selectors.foresight). Without one in force the built-in rules are.
    """

    measured_at = models.DateTimeField()
    measured_by_name = models.CharField(max_length=150, blank=True)
    weights = models.JSONField()
    figures = models.JSONField()
    better = models.BooleanField()
    in_force = models.BooleanField(default=False)
    adopted_at = models.DateTimeField(null=True)
    adopted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        """At most one is in force."""

        constraints = [
            models.UniqueConstraint(
                fields=["in_force"], condition=models.Q(in_force=True), name="one_warning_in_force"
            )
        ]
