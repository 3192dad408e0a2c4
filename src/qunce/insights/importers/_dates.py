"""Dates and times as devices and programs write them, in the habits of their countries."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import Enum

DATE = r"(\d{1,4})\s?[./\-年]\s?(\d{1,2})\s?[./\-月]\s?(\d{1,4})(?:日|\.)?"
_BEFORE = "上午|下午|凌晨|清晨|早上|中午|傍晚|晚上|午前|午後|오전|오후"
_AFTER = r"[AaPp]\.?\s?[Mm]\b\.?|[πμ]\.?\s?μ\.?|(?:SA|CH|ÖÖ|ÖS|dop|odp|de|du)\b\.?|[صم]"
TIME = rf"(?:({_BEFORE})\s?)?(\d{{1,2}})[:.](\d\d)(?:[:.](\d\d))?(?:\s?({_AFTER}))?"
_MORNING = {"上午", "凌晨", "清晨", "早上", "午前", "오전", "am", "πμ", "sa", "öö", "dop", "de", "ص"}
_NOON = 12
_LATE_MORNING = 10
"""中午 begins here: earlier hours after it are in the afternoon."""
_CENTURY = 100
_TURN = 70
"""Years of two digits from here on are of the last century."""
_OLDEST, _NEWEST = 1970, 2200
_EPOCH = re.compile(r"\d{9,16}(?:\.\d{1,9})?")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_EARLIEST, _SECONDS = 500_000_000, 20_000_000_000
"""Seconds since 1970: from 1985 on. Larger numbers count something smaller than seconds."""
_OF_SECONDS = 10
_OF_MILLISECONDS = 13
"""Digits of a time, from 2001 to 2286."""
_TO_THE_MINUTE, _SECOND = len("12:34"), len(":56")
_START = datetime(1970, 1, 1, tzinfo=UTC)


class Order(Enum):
    """Where year, month and day stand among a date's three numbers; the likelier first."""

    DMY = (2, 1, 0)
    MDY = (2, 0, 1)
    YMD = (0, 1, 2)


@dataclass(slots=True)
class _Evidence:
    impossible: int = 0
    back: int = 0
    first: date = date.max
    last: date = date.min
    before: date = date.min


@dataclass(slots=True)
class DateOrder:
    """Sees the dates of a file and tells in which order their numbers stand.

    That one holds in which fewest dates are impossible; of several, in which time goes back least often; then, in
    which the file covers the shortest time; then the order of most countries, or that of those who write AM and PM.
    """

    _seen: dict[Order, _Evidence] = field(default_factory=lambda: {order: _Evidence() for order in Order})
    _before: tuple[int, int, int] | None = None
    _american: bool = False

    def see(self, numbers: tuple[int, int, int], *, american: bool = False) -> None:
        """The next date of the file. ``american``: written as Americans do, as far as one can see."""
        if numbers == self._before:
            return
        self._before = numbers
        self._american = self._american or american
        for order, evidence in self._seen.items():
            day = on(numbers, order)
            if day is None:
                evidence.impossible += 1
                continue
            evidence.back += day < evidence.before
            evidence.before = day
            evidence.first, evidence.last = min(evidence.first, day), max(evidence.last, day)

    @property
    def order(self) -> Order:
        """The likeliest."""
        usual = [Order.MDY, Order.DMY, Order.YMD] if self._american else list(Order)

        def doubt(order: Order) -> tuple[int, int, int, int]:
            seen = self._seen[order]
            return seen.impossible, seen.back, max(0, (seen.last - seen.first).days), usual.index(order)

        return min(Order, key=doubt)


def on(numbers: tuple[int, int, int], order: Order) -> date | None:
    """The day that is meant; None where there is no such day."""
    year, month, day = (numbers[place] for place in order.value)
    if year < _CENTURY:
        year += 2000 if year < _TURN else 1900
    if not _OLDEST <= year <= _NEWEST:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def hour_of(hour: int, mark: str | None) -> int:
    """The hour of the day, of one that is written with ``AM``, ``下午`` or the like."""
    if not mark:
        return hour
    mark = re.sub(r"[\s.]", "", mark).lower()
    if mark == "中午":
        return hour if hour >= _LATE_MORNING else hour + _NOON
    if hour > _NOON:  # written by a clock of 24 hours all the same
        return hour
    return hour % _NOON + (0 if mark in _MORNING else _NOON)


def moment(day: date, clock: tuple[str | None, ...], zone: tzinfo) -> datetime | None:
    """That time of the day; ``clock`` is what `TIME` finds. None where there is no such time."""
    before, hour, minute, second, after = clock
    try:
        written = hour_of(int(hour or 0), before or after)
        return datetime(day.year, day.month, day.day, written, int(minute or 0), int(second or 0), tzinfo=zone)
    except ValueError:
        return None


class Stamps:
    """Moments written as ``2024-03-05 9:05`` or with seconds: a day and a time of day are made once, then added."""

    def __init__(self, zone: tzinfo) -> None:
        self._days = _Days(zone)
        self._minutes, self._seconds = _Minutes(), _Seconds({"": timedelta(0)})

    def at(self, day: str, clock: str) -> datetime | None:
        """The moment; None where there is no such day or time."""
        cut = _TO_THE_MINUTE if len(clock) <= _TO_THE_MINUTE else -_SECOND
        try:
            return self._days[day] + self._minutes[clock[:cut]] + self._seconds[clock[cut:]]
        except (OverflowError, ValueError):
            return None


class _Days(dict[str, datetime]):
    """Midnights, by days as they are written."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: str) -> datetime:
        year, month, number = day.split("-")
        found = self[day] = datetime(int(year), int(month), int(number), tzinfo=self._zone)
        return found


class _Minutes(dict[str, timedelta]):
    """How long after midnight it is, by hours and minutes as they are written."""

    def __missing__(self, clock: str) -> timedelta:
        hour, minute = map(int, clock.split(":"))
        at = time(hour, minute)
        found = self[clock] = timedelta(hours=at.hour, minutes=at.minute)
        return found


class _Seconds(dict[str, timedelta]):
    """How long after the minute it is, by seconds as they are written, with their colon."""

    def __missing__(self, written: str) -> timedelta:
        found = self[written] = timedelta(seconds=time(0, 0, int(written.removeprefix(":"))).second)
        return found


def parsed(text: str, zone: tzinfo) -> datetime | None:
    """A time as programs write it: ISO 8601 or seconds, milliseconds or microseconds since 1970; None: neither."""
    if text.isdecimal():  # as nearly all are written
        if len(text) == _OF_SECONDS:
            return _START + timedelta(0, int(text))
        if len(text) == _OF_MILLISECONDS and text[0] != "0":
            return _START + timedelta(0, 0, 0, int(text))
    if _EPOCH.fullmatch(text):
        seconds = float(text)
        while seconds >= _SECONDS:
            seconds /= 1000
        return _START + timedelta(seconds=seconds) if seconds >= _EARLIEST else None
    if not _ISO.match(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=zone)
    except ValueError:
        return None
