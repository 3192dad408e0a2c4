"""When a campaign may go, wave by wave, and how those who have not answered are reminded. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from unicodedata import normalize
from zoneinfo import ZoneInfo

from qunce.chat.types import (
    Restraint,
    Rhythm,
    Signals,
    Waves,
)

# ------------------------------------------------------------------ chasing politely
MOST_CHASES, MOST_NAMED = 2, 5
CHASE_AFTER = timedelta(hours=24)


def next_chase(called_at: datetime, chased: Sequence[datetime]) -> datetime | None:
    """From when a group may be reminded of a call (once more); None: it was reminded often enough."""
    if len(chased) >= MOST_CHASES:
        return None
    return max([called_at, *chased]) + CHASE_AFTER


def chase_key(broadcast_id: int) -> str:
    """How the keys of all reminders of a broadcast begin; the group and a number follow."""
    return f"chase:{broadcast_id}:"


CHASE_NUMBERS = range(1, 2 * MOST_CHASES + 2)
"""Of reminders of one call: one that could not be sent may be planned anew under the next number."""


def numbered(prefix: str, number: int) -> str:
    """The key of a reminder."""
    return f"{prefix}:{number}"


# ------------------------------------------------------------------ waves
def in_waves(waves: Waves | None, group_ids: Sequence[int]) -> list[int]:
    """The number of each group's wave, from 0. Without waves everything is in the first."""
    if waves is None:
        return [0] * len(group_ids)
    chosen = set(waves.canaries) or set(group_ids[: waves.first])
    begin = 1 if chosen & set(group_ids) else 0
    numbers, later = [], 0
    for group_id in group_ids:
        numbers.append(0 if group_id in chosen else begin + (later // waves.size if waves.size else 0))
        later += group_id not in chosen
    return numbers


def passed(waves: Waves, signals: Signals) -> bool:
    """Whether a bound is passed: as many of a kind as it says, or more."""
    pairs = (
        (waves.failed, signals.failed),
        (waves.left, signals.left),
        (waves.complaints, signals.complaints),
    )
    return any(bound is not None and count >= max(1, bound) for bound, count in pairs)


LONGEST_COMPLAINT = 60


def is_complaint(text: str, words: Iterable[str]) -> bool:
    """Whether a short message contains one of the words; a word in Latin letters only as a word of its own."""
    said = normalize("NFKC", text).casefold()
    if len(said) > LONGEST_COMPLAINT:
        return False
    for word in words:
        sought = normalize("NFKC", word).casefold().strip()
        edge = r"\b" if sought.isascii() else ""
        if sought and re.search(f"{edge}{re.escape(sought)}{edge}", said):
            return True
    return False


# ------------------------------------------------------------------ when campaigns may go
def quiet_until(rules: Restraint, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that ``now`` lies in, by the clock of ``zone``; None outside them."""
    begin, end = rules.quiet_from, rules.quiet_until
    if begin is None or end is None or begin == end:
        return None
    local = now.astimezone(zone)
    here = local.time().replace(tzinfo=None)
    inside = begin <= here < end if begin < end else here >= begin or here < end
    if not inside:
        return None
    day = local.date() if here < end else local.date() + timedelta(days=1)
    return max(_moment(day, end, zone), now)


def day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """Midnight of the day that ``now`` lies in."""
    return _moment(now.astimezone(zone).date(), time(), zone)


def tomorrow(rules: Restraint, now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment of the next day at which campaigns may go."""
    begins = _moment(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return quiet_until(rules, begins, zone) or begins


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))


def next_occurrence(rhythm: Rhythm, after: datetime) -> datetime | None:
    """The first moment of a rhythm later than ``after``; None: there is none.

    One per day of the zone's calendar: a time that is skipped when clocks go forward comes that much later, one
    that comes twice is taken the first time.
    """
    zone = ZoneInfo(rhythm.zone)
    if not rhythm.weekdays:
        moment = _moment(rhythm.first, rhythm.at, zone)
        return moment if moment > after else None
    day = max(rhythm.first, after.astimezone(zone).date() - timedelta(days=1))
    for _each in range(9):
        moment = _moment(day, rhythm.at, zone)
        if rhythm.until and day > rhythm.until:
            return None
        if day.weekday() in rhythm.weekdays and moment > after:
            return moment
        day += timedelta(days=1)
    return None
