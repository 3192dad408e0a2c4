"""The days that playbooks know by name: feasts, seasons of shopping and of examinations. Pure.

Lunar dates, the two that the sun decides, and every country's public holidays come from the library ``holidays``,
which is kept up to date and is loaded late, for it is heavy. What it does not have stands in ``NAMED``.

A name is a key of ``NAMED`` or ``<country>:<holiday>``: ``us:thanksgiving-day``, with the library's English name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

FIRST_YEAR, LAST_YEAR = 1990, 2099
"""The library's tables of the moon reach so far."""

_FOREIGN = re.compile(r"([a-z]{2}):([a-z0-9]+(?:-[a-z0-9]+)*)")
_OTHER_SIGNS = re.compile(r"[^a-z0-9]+")
_SUBSTITUTE = re.compile(r"\(observed\)|substituted from|in lieu|\bday off\b|\bobserved\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Named:
    """A day with a name. ``zh`` and ``en`` are what it is called; exactly one of the others says when it is.

    ``fixed``: month and day. ``nth``: month, weekday from Monday 0, and which one (-1 the last), then days more.
    ``moon``: a date of the library's Chinese calendar, and days more.
    """

    zh: str
    en: str
    fixed: tuple[int, int] | None = None
    nth: tuple[int, int, int, int] | None = None
    moon: tuple[str, int] | None = None


NAMED: Mapping[str, Named] = MappingProxyType(
    {
        # Public holidays of China, the day itself: the library's weekend swaps are no feast days.
        "new-year": Named("元旦", "New Year’s Day", fixed=(1, 1)),
        "spring-festival-eve": Named("除夕", "New Year’s Eve of the lunar year", moon=("lunar_new_year", -1)),
        "spring-festival": Named("春节", "Spring Festival", moon=("lunar_new_year", 0)),
        "lantern": Named("元宵节", "Lantern Festival", moon=("lunar_new_year", 14)),
        "qingming": Named("清明节", "Tomb-Sweeping Day", moon=("qingming", 0)),
        "labour-day": Named("劳动节", "Labour Day", fixed=(5, 1)),
        "dragon-boat": Named("端午节", "Dragon Boat Festival", moon=("dragon_boat", 0)),
        "mid-autumn": Named("中秋节", "Mid-Autumn Festival", moon=("mid_autumn", 0)),
        "national-day": Named("国庆节", "National Day", fixed=(10, 1)),
        # Feasts without a day off.
        "double-ninth": Named("重阳节", "Double Ninth Festival", moon=("double_ninth", 0)),
        "winter-solstice": Named("冬至", "Winter Solstice", moon=("winter_solstice", 0)),
        "valentine": Named("情人节", "Valentine’s Day", fixed=(2, 14)),
        "women": Named("妇女节", "Women’s Day", fixed=(3, 8)),
        "arbor-day": Named("植树节", "Arbor Day", fixed=(3, 12)),
        "reading-day": Named("世界读书日", "World Book Day", fixed=(4, 23)),
        "youth": Named("青年节", "Youth Day", fixed=(5, 4)),
        "mothers": Named("母亲节", "Mother’s Day", nth=(5, 6, 2, 0)),
        "nurses": Named("护士节", "Nurses’ Day", fixed=(5, 12)),
        "children": Named("儿童节", "Children’s Day", fixed=(6, 1)),
        "fathers": Named("父亲节", "Father’s Day", nth=(6, 6, 3, 0)),
        "teachers": Named("教师节", "Teachers’ Day", fixed=(9, 10)),
        "halloween": Named("万圣夜", "Halloween", fixed=(10, 31)),
        "thanksgiving": Named("感恩节", "Thanksgiving", nth=(11, 3, 4, 0)),
        "christmas-eve": Named("平安夜", "Christmas Eve", fixed=(12, 24)),
        "christmas": Named("圣诞节", "Christmas", fixed=(12, 25)),
        # Shopping: the days by which China's and the world's large shops hold their sales.
        "goods-festival": Named("38 女神节大促", "Spring sale of 8 March", fixed=(3, 8)),
        "mid-year-sale": Named("618 年中大促", "Mid-year sale 6.18", fixed=(6, 18)),
        "double-eleven": Named("双十一", "Double Eleven", fixed=(11, 11)),
        "black-friday": Named("黑色星期五", "Black Friday", nth=(11, 3, 4, 1)),
        "double-twelve": Named("双十二", "Double Twelve", fixed=(12, 12)),
        # Examinations and school. Gaokao has begun on 7 June by order of the Ministry of Education since 2003;
        # CET is on the second or third Saturday of June and December, kaoyan on the last but one weekend of
        # December: the ministry names the day each year, so set the date where it must be exact.
        "gaokao": Named("高考", "University entrance examination (gaokao)", fixed=(6, 7)),
        "cet-summer": Named("六月四六级", "College English Test in June", nth=(6, 5, 2, 0)),
        "cet-winter": Named("十二月四六级", "College English Test in December", nth=(12, 5, 2, 0)),
        "kaoyan": Named("考研", "Postgraduate entrance examination (kaoyan)", nth=(12, 5, 3, 0)),
        "school-begins": Named("开学", "Beginning of the school year", fixed=(9, 1)),
    }
)


def is_known(name: str) -> bool:
    """Whether there is such a holiday; a country's is looked up in the library."""
    if name in NAMED:
        return True
    return bool(_FOREIGN.fullmatch(name)) and any(_foreign(name, year) for year in range(2024, 2029))


def called(name: str, language: str) -> str:
    """What a holiday is called in ``zh…`` or English; a country's own as its key says."""
    if found := NAMED.get(name):
        return found.zh if language.startswith("zh") else found.en
    country, _colon, rest = name.partition(":")
    return f"{rest.replace('-', ' ').title()} ({country.upper()})" if rest else name


@cache
def days(name: str, year: int) -> tuple[date, ...]:
    """When a holiday is in a year: mostly once, never where the name is unknown or no table reaches so far."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return ()
    found = NAMED.get(name)
    if found is None:
        return _foreign(name, year)
    if found.fixed:
        return (date(year, *found.fixed),)
    if found.nth:
        month, weekday, which, more = found.nth
        first = date(year, month, 1)
        return (first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1) + more),)
    return _lunar(*found.moon, year) if found.moon else ()


def _lunar(name: str, more: int, year: int) -> tuple[date, ...]:
    from holidays.calendars.chinese import _ChineseLunisolar

    found, _estimated = getattr(_ChineseLunisolar(), f"{name}_date")(year)
    return (found + timedelta(days=more),) if found else ()


@cache
def _foreign(name: str, year: int) -> tuple[date, ...]:
    """Days of a country's public holiday; where several in a row have its name, the first."""
    if not (parts := _FOREIGN.fullmatch(name)):
        return ()
    found = [day for day, key in _country(parts[1], year) if key == parts[2]]
    return tuple(day for day in found if day - timedelta(days=1) not in found)


@cache
def _country(code: str, year: int) -> tuple[tuple[date, str], ...]:
    import holidays

    country = code.upper()
    if country not in holidays.list_supported_countries():
        return ()
    languages = holidays.list_localized_countries().get(country, [])
    english = next((each for each in ("en_US", "en") if each in languages), None)
    table = holidays.country_holidays(country, years=year, language=english)
    return tuple(
        (day, _OTHER_SIGNS.sub("-", part.lower().replace("'", "").replace("’", "")).strip("-"))
        for day, names in sorted(table.items())
        for part in names.split("; ")
        if not _SUBSTITUTE.search(part)
    )
