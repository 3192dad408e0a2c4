"""What numbers are counted in."""

from enum import StrEnum


class Unit(StrEnum):
    """The unit of a metric or of a number of evidence; pages write it in the reader's language."""

    COUNT = "count"
    SHARE = "share"
    """0 to 1, shown in per cent."""
    SECONDS = "seconds"
    """Shown as the nearest of seconds, minutes, hours, days."""
    MINUTES = "minutes"
    DAYS = "days"
    INDEX = "index"
    """Without a unit, such as a Gini coefficient."""
