"""Daily series of groups: the numbers of each daily metric, and how far they are filled.

Series are a large table: the group leads the key, nothing refers to it.
"""

from django.db import models


class Series(models.Model):
    """One metric of one group over one year. ``days``: 366 numbers (float4, little endian), NaN: not observed."""

    pk = models.CompositePrimaryKey("group_id", "metric", "year")
    group_id = models.BigIntegerField()
    metric = models.CharField(max_length=40)
    year = models.SmallIntegerField()
    days = models.BinaryField()


class Understood(models.Model):
    """What was read out of one week's texts (selectors.understanding); it holds while the fingerprint is the same."""

    pk = models.CompositePrimaryKey("group_id", "week")
    group_id = models.BigIntegerField()
    week = models.SmallIntegerField()
    """Weeks since the one of Thursday, 1 January 1970."""
    fingerprint = models.BigIntegerField()
    back = models.BinaryField()
    """How many messages back is what each answers (int4, little endian); 0: it answers nothing."""
    marks = models.BinaryField()
    """`Mark` bits of each (two bytes, little endian)."""


class Filled(models.Model):
    """How far a group's series are filled, and by what it is known that they no longer hold."""

    group_id = models.BigIntegerField(primary_key=True)
    first = models.DateField()
    """The first day of which anything is known."""
    through = models.DateField()
    """The last day that was filled; of the group's present day the numbers are provisional."""
    stale_from = models.DateField(null=True)
    """From this day on they have to be filled again; None: nothing is known to have changed."""
    settled = models.DateField()
    """Days before this one are not looked at again unless `counted` differs."""
    counted = models.BigIntegerField()
    """What the roll-ups held of the days before `settled`."""
    zone = models.CharField(max_length=64)
    method = models.PositiveSmallIntegerField()
    """Of the definitions with which they were computed."""
    due_at = models.DateTimeField()
    """When the next day begins."""
    at = models.DateTimeField()
