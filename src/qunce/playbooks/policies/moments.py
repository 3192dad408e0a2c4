"""When a step comes: from a line to a When and back, and from a When to a moment. Pure.

A local time that clocks leap over comes as much later as they leap; one that comes twice is taken the first time.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from qunce.playbooks.policies import holidays
from qunce.playbooks.policies.marking import gettext_noop
from qunce.playbooks.types import Weekday, When

MOST_DAYS = 3660
_UNITS = {"w": 10080, "d": 1440, "h": 60, "m": 1}
_DURATION = re.compile(r"(?:\d{1,6}[wdhm]\s*)+")
_PIECE = re.compile(r"(\d+)([wdhm])")
_AT = r"(?:\s+(?P<at>\d{1,2}:\d{2}))?"
_DAY = re.compile(r"day\s+(?P<day>\d{1,5})" + _AT)
_WEEKDAYS = re.compile(r"(?P<days>[a-z]{3,9}(?:\s*,\s*[a-z]{3,9})*)" + _AT)
_DAILY = re.compile(r"(?:daily|every day)" + _AT)
_DATE = re.compile(r"(?:(?P<year>\d{4})-)?(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _AT)
_HOLIDAY = re.compile(r"holiday\s+(?P<name>[a-z0-9:-]+)(?:\s+(?P<offset>[+-]\d{1,2}))?" + _AT)

# How people write it in Chinese, in the words of the format.
_CHINESE = (
    (re.compile(r"第\s*(\d+)\s*天\s*"), r"day \1 "),
    (re.compile(r"(?:节日|節日)\s*"), "holiday "),
    (re.compile(r"每天|每日"), "daily "),
    *(
        (re.compile(rf"(?:周|星期|每周){sign}"), day)
        for day, sign in zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "一二三四五六日", strict=True)
    ),
    (re.compile(r"(?:周|星期)天"), "sun"),
    (re.compile(r"(\d+)\s*(?:分钟|分鐘)"), r"\1m"),
    (re.compile(r"(\d+)\s*(?:个)?小时|(\d+)\s*小時"), r"\1\2h"),
    (re.compile(r"(\d+)\s*天"), r"\1d"),
    (re.compile(r"[,，、]\s*(?=[a-z])"), ","),
    (re.compile(r"(?<=[a-z])(?=\d{1,2}:)"), " "),
)


class BadMomentError(ValueError):
    """A line that says no moment: a message id with places for ``params``."""

    def __init__(self, sentence: str, **params: str | int) -> None:
        super().__init__(sentence % params)
        self.sentence = sentence
        self.params = params


# ------------------------------------------------------------------ lines
def parse(line: str) -> When:
    """The moment that a line says; an empty one: at once. Raises BadMomentError."""
    said = line.strip().lower().replace("：", ":")
    for pattern, ours in _CHINESE:
        said = pattern.sub(ours, said)
    said = " ".join(said.split())
    if said in {"", "now", "at once", "马上", "立即"}:
        return When()
    if _DURATION.fullmatch(said):
        return When(after=duration(said))
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], When]], ...] = (
        (_DAY, _day),
        (_DAILY, _daily),
        (_HOLIDAY, _holiday),
        (_DATE, _date),
        (_WEEKDAYS, _weekdays),
    )
    for pattern, reader in readers:
        if found := pattern.fullmatch(said):
            return reader(found)
    raise BadMomentError(
        gettext_noop(
            "“%(line)s” is no moment. Write “2h”, “day 3 20:30”, “mon,fri 09:00”, “2026-12-24 09:00”, “12-24 09:00”"
            " or “holiday spring-festival -1 09:00”."
        ),
        line=line.strip()[:60],
    )


def duration(line: str) -> timedelta:
    """``90m``, ``2h``, ``1d 12h``, ``2w``. Raises BadMomentError."""
    said = line.strip().lower()
    for pattern, ours in _CHINESE:
        said = pattern.sub(ours, said)
    if not _DURATION.fullmatch(said):
        raise BadMomentError(
            gettext_noop("“%(line)s” is no length of time. Write “30m”, “2h”, “3d” or “1d 12h”."), line=line[:60]
        )
    minutes = sum(int(count) * _UNITS[unit] for count, unit in _PIECE.findall(said))
    if minutes > MOST_DAYS * 1440:
        raise BadMomentError(gettext_noop("More than ten years is too far away."))
    return timedelta(minutes=minutes)


def written(when: When) -> str:
    """The line that says a moment; empty: at once. ``parse`` of it is the same When."""
    if when.after is not None:
        return written_duration(when.after)
    if when.day is not None:
        said = f"day {when.day}"
    elif when.weekdays:
        every = when.weekdays == tuple(Weekday)
        said = "daily" if every else ",".join(each.name.lower() for each in when.weekdays)
    elif when.date is not None:
        said = f"{when.date:%m-%d}" if when.yearly else when.date.isoformat()
    elif when.holiday:
        said = f"holiday {when.holiday}" + (f" {when.offset:+d}" if when.offset else "")
    else:
        return ""
    return f"{said} {when.at:%H:%M}" if when.at else said


def written_duration(length: timedelta) -> str:
    """A length of time in whole minutes, as ``duration`` reads it."""
    minutes = int(length / timedelta(minutes=1))
    pieces = []
    for unit, size in (("d", 1440), ("h", 60), ("m", 1)):
        count, minutes = divmod(minutes, size)
        if count:
            pieces.append(f"{count}{unit}")
    return " ".join(pieces) or "0m"


def _clock(found: re.Match[str]) -> time | None:
    if not (said := found["at"]):
        return None
    hour, minute = map(int, said.split(":"))
    if hour > 23 or minute > 59:  # noqa: PLR2004 (of a clock)
        raise BadMomentError(gettext_noop("“%(at)s” is no time of day: from 00:00 to 23:59."), at=said)
    return time(hour, minute)


def _day(found: re.Match[str]) -> When:
    if int(found["day"]) > MOST_DAYS:
        raise BadMomentError(gettext_noop("More than ten years is too far away."))
    return When(day=int(found["day"]), at=_clock(found))


def _daily(found: re.Match[str]) -> When:
    return When(weekdays=tuple(Weekday), at=_clock(found))


def _weekdays(found: re.Match[str]) -> When:
    days = set()
    for said in found["days"].split(","):
        name = said.strip()
        day = next((each for each in Weekday if each.name.lower() == name[:3]), None)
        if day is None or not _FULL[day].startswith(name):
            raise BadMomentError(
                gettext_noop("“%(day)s” is no day of the week. They are mon, tue, wed, thu, fri, sat, sun."), day=name
            )
        days.add(day)
    return When(weekdays=tuple(sorted(days)), at=_clock(found))


_FULL = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LEAP = 2024
"""A yearly date is kept in a year that has every day."""


def _date(found: re.Match[str]) -> When:
    yearly = found["year"] is None
    try:
        day = date(_LEAP if yearly else int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        raise BadMomentError(
            gettext_noop("There is no such date: “%(date)s”."), date=found[0].partition(" ")[0]
        ) from None
    if not yearly and not holidays.FIRST_YEAR <= day.year <= holidays.LAST_YEAR:
        raise BadMomentError(
            gettext_noop("Dates are between %(first)s and %(last)s."),
            first=holidays.FIRST_YEAR,
            last=holidays.LAST_YEAR,
        )
    return When(date=day, yearly=yearly, at=_clock(found))


def _holiday(found: re.Match[str]) -> When:
    name, offset = found["name"], int(found["offset"] or 0)
    if not holidays.is_known(name):
        near = get_close_matches(name, holidays.NAMED, 1, 0.5)
        raise BadMomentError(
            gettext_noop("“%(name)s” is no holiday that is known here. Did you mean “%(near)s”?"),
            name=name,
            near=near[0] if near else "spring-festival",
        )
    if abs(offset) > 60:  # noqa: PLR2004 (types.When)
        raise BadMomentError(gettext_noop("At most 60 days before or after a holiday."))
    return When(holiday=name, offset=offset, at=_clock(found))


# ------------------------------------------------------------------ moments
def moment(when: When, began_at: datetime, previous: datetime, zone: ZoneInfo) -> datetime:
    """When a step comes, in UTC, never before ``previous``, the end of the step before (or ``began_at``).

    What returns (weekdays, yearly dates, holidays) is later than ``previous``, so that two such steps are two days.
    A date that is over, or a holiday that no table has any more, comes at once: the checker says so beforehand.
    """
    previous = previous.astimezone(UTC)
    if when.after is not None:
        return previous + max(timedelta(), min(when.after, timedelta(days=MOST_DAYS)))
    at = when.at or began_at.astimezone(zone).time().replace(tzinfo=None)
    if when.day is not None:
        day = began_at.astimezone(zone).date() + timedelta(days=when.day)
        return max(_instant(day, at, zone), previous)
    if when.date is not None and not when.yearly:
        return max(_instant(when.date, at, zone), previous)
    since = previous.astimezone(zone).date() - timedelta(days=1)
    for day in _returns(when, since):
        if (found := _instant(day, at, zone)) > previous:
            return found
    return previous


def _returns(when: When, since: date) -> Iterator[date]:
    """The days on which it returns, from ``since`` on."""
    if when.weekdays:
        yield from (
            day for day in (since + timedelta(days=each) for each in range(16)) if day.weekday() in when.weekdays
        )
    for year in range(since.year - 1, min(since.year + 9, holidays.LAST_YEAR) + 1):
        if when.date is not None and when.yearly:
            found = _on(year, when.date)
        elif when.holiday:
            found = tuple(day + timedelta(days=when.offset) for day in holidays.days(when.holiday, year))
        else:
            return
        yield from (day for day in found if day >= since)


def _on(year: int, day: date) -> tuple[date, ...]:
    try:
        return (day.replace(year=year),)
    except ValueError:  # 29 February, in most years
        return ()


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    if not holidays.FIRST_YEAR <= day.year <= holidays.LAST_YEAR + 11:
        day = day.replace(year=min(max(day.year, holidays.FIRST_YEAR), holidays.LAST_YEAR), day=min(day.day, 28))
    return datetime.combine(day, at, zone).astimezone(UTC)
