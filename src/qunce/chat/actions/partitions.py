"""Monthly partitions of the message table, made ahead of need."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from qunce.kernel import clock, locks

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=40)
FUTURE = timedelta(days=1)
_made: set[tuple[str, int]] = set()


def latest_possible() -> datetime:
    """Platforms' clocks may be a day ahead, not more; nothing was sent before EARLIEST."""
    return clock.now() + FUTURE


def month_of(moment: datetime) -> int:
    """Months since year 0 of a moment in UTC."""
    return moment.year * 12 + moment.month - 1


def ensure(months: Iterable[int]) -> None:
    """Make the months' partitions where they are missing, in a transaction of their own."""
    database = connection.settings_dict["NAME"]
    missing = sorted(month for month in set(months) if (database, month) not in _made)
    for month in missing:
        with transaction.atomic():
            locks.name("chat.partitions")
            with connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE TABLE IF NOT EXISTS {_called(month)}"
                    f" PARTITION OF chat_message FOR VALUES FROM ('{_first(month)}') TO ('{_first(month + 1)}')"
                )
        _made.add((database, month))


def ensure_for(times: Iterable[datetime]) -> None:
    """Make those of the months of these moments in which something may have been sent."""
    latest, possible = latest_possible(), list(times)
    if possible and not (min(possible) >= EARLIEST and max(possible) <= latest):
        possible = [at for at in possible if EARLIEST <= at <= latest]
    if possible:
        ends = {month_of(at.astimezone(UTC)) for at in (min(possible), max(possible))}
        ensure(ends if len(ends) == 1 else {month_of(at.astimezone(UTC)) for at in possible})


def ensure_ahead() -> None:
    """Make this month's and the next one's."""
    ensure({month_of(clock.now()), month_of(clock.now() + AHEAD)})


def name_of(moment: datetime) -> str:
    """The table that messages of this moment of UTC are in."""
    return _called(month_of(moment))


def _called(month: int) -> str:
    return f"chat_message_y{month // 12:04d}m{month % 12 + 1:02d}"


def _first(month: int) -> str:
    return f"{month // 12:04d}-{month % 12 + 1:02d}-01 00:00:00+00"
