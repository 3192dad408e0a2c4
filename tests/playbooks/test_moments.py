"""When a step comes: lines, moments, clocks that leap, days that return."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qunce.playbooks.policies import holidays, moments
from qunce.playbooks.policies.moments import BadMomentError, moment, parse, written
from qunce.playbooks.types import Weekday, When

SHANGHAI, BERLIN, HOWE = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
ZONES = st.sampled_from([SHANGHAI, BERLIN, HOWE, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia")])
TIMES = st.one_of(st.none(), st.builds(time, st.integers(0, 23), st.integers(0, 59)))
WHENS = st.one_of(
    st.just(When()),
    st.builds(When, after=st.integers(0, 60 * 24 * 400).map(lambda minutes: timedelta(minutes=minutes))),
    st.builds(When, day=st.integers(0, 400), at=TIMES),
    st.builds(
        When, weekdays=st.sets(st.sampled_from(Weekday), min_size=1).map(lambda days: tuple(sorted(days))), at=TIMES
    ),
    st.builds(When, date=st.dates(date(2020, 1, 1), date(2060, 1, 1)), at=TIMES),
    st.builds(When, date=st.dates(date(2024, 1, 1), date(2024, 12, 31)), yearly=st.just(True), at=TIMES),
    st.builds(When, holiday=st.sampled_from(sorted(holidays.NAMED)), offset=st.integers(-60, 60), at=TIMES),
)
INSTANTS = st.integers(1_577_836_800, 2_524_608_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@settings(max_examples=60, deadline=None)
@given(when=WHENS)
def test_every_moment_is_written_and_read_again(when):
    assert parse(written(when)) == when


@settings(max_examples=80, deadline=None)
@given(when=WHENS, began=INSTANTS, later=st.integers(0, 10**8), zone=ZONES)
def test_it_never_comes_before_the_step_before(when, began, later, zone):
    previous = began + timedelta(seconds=later)
    found = moment(when, began, previous, zone)
    assert found >= previous
    assert found.tzinfo is UTC
    if when.weekdays:
        assert found.astimezone(zone).weekday() in when.weekdays or zone is not SHANGHAI
        assert previous < found <= previous + timedelta(days=8, hours=3)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", When()),
        ("2h", When(after=timedelta(hours=2))),
        ("1d 12h", When(after=timedelta(hours=36))),
        ("day 3 20:30", When(day=3, at=time(20, 30))),
        ("day 3", When(day=3)),
        ("fri, mon 9:00", When(weekdays=(Weekday.MON, Weekday.FRI), at=time(9))),
        ("Friday 20:30", When(weekdays=(Weekday.FRI,), at=time(20, 30))),
        ("2026-12-24 09:00", When(date=date(2026, 12, 24), at=time(9))),
        ("02-29 09:00", When(date=date(2024, 2, 29), yearly=True, at=time(9))),
        ("holiday spring-festival -1 09:00", When(holiday="spring-festival", offset=-1, at=time(9))),
        ("holiday us:thanksgiving-day", When(holiday="us:thanksgiving-day")),
        ("第 3 天 20:30", When(day=3, at=time(20, 30))),
        ("周一、周五 9:00", When(weekdays=(Weekday.MON, Weekday.FRI), at=time(9))),
        ("48小时", When(after=timedelta(hours=48))),
    ],
)
def test_lines_are_read_as_people_write_them(line, expected):
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("some day", "no moment"),
        ("someday", "no day of the week"),
        ("day 3 25:00", "no time of day"),
        ("monkey 09:00", "no day of the week"),
        ("2026-02-30", "no such date"),
        ("holiday spring-festivl", "spring-festival"),
        ("day 99999", "too far"),
        ("999999w", "too far"),
        ("1" * 5000, "no moment"),
    ],
)
def test_what_is_no_moment_is_said(line, says):
    with pytest.raises(BadMomentError, match=says):
        parse(line)


def test_days_count_from_where_the_group_is():
    began = at("2026-03-01 23:30")
    assert moment(parse("day 1 20:30"), began, began, SHANGHAI) == at("2026-03-02 20:30")
    assert moment(parse("day 2"), began, began, SHANGHAI) == at("2026-03-03 23:30")
    assert moment(parse("day 0 20:30"), began, began, SHANGHAI) == began


def test_a_weekday_is_the_next_one_after_the_step_before():
    monday = at("2026-11-23 09:00")
    assert moment(parse("mon 09:00"), monday, monday, SHANGHAI) == monday + timedelta(days=7)
    assert moment(parse("mon 09:00"), monday, monday - timedelta(seconds=1), SHANGHAI) == monday


def test_a_time_that_clocks_leap_over_comes_as_much_later():
    began = at("2026-03-28 02:30", BERLIN)
    assert moment(parse("day 1"), began, began, BERLIN) == at("2026-03-29 03:30", BERLIN)
    assert moment(parse("day 2"), began, began, BERLIN) == at("2026-03-30 02:30", BERLIN)


def test_a_time_that_comes_twice_is_taken_once():
    began = at("2026-10-24 12:00", BERLIN)
    first = moment(parse("sun 02:30"), began, began, BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment(parse("sun 02:30"), began, first, BERLIN) == at("2026-11-01 02:30", BERLIN)
    assert moment(parse("24h"), began, first, BERLIN) == first + timedelta(hours=24)


def test_a_leap_day_comes_back_when_there_is_one():
    began = at("2026-01-01 09:00")
    assert moment(parse("02-29 09:00"), began, began, SHANGHAI) == at("2028-02-29 09:00")
    assert moment(parse("12-24 09:00"), began, at("2026-12-24 09:00"), SHANGHAI) == at("2027-12-24 09:00")


@pytest.mark.parametrize(
    ("name", "day"),
    [
        # As the State Council of China and the almanacs give them for 2026 and 2027.
        ("spring-festival", "2026-02-17"),
        ("spring-festival", "2027-02-06"),
        ("spring-festival-eve", "2026-02-16"),
        ("lantern", "2026-03-03"),
        ("qingming", "2026-04-05"),
        ("dragon-boat", "2026-06-19"),
        ("mid-autumn", "2026-09-25"),
        ("double-ninth", "2026-10-18"),
        ("winter-solstice", "2026-12-22"),
        ("mothers", "2026-05-10"),
        ("black-friday", "2026-11-27"),
        ("double-eleven", "2026-11-11"),
        ("us:thanksgiving-day", "2026-11-26"),
        ("kr:chuseok", "2026-09-25"),
    ],
)
def test_holidays_are_when_they_are(name, day):
    found = date.fromisoformat(day)
    assert found in holidays.days(name, found.year)


def test_the_eve_of_a_holiday_may_be_in_the_year_before():
    began = at("2026-12-01 08:00")
    assert moment(parse("holiday new-year -7 09:00"), began, began, SHANGHAI) == at("2026-12-25 09:00")
    after = at("2027-02-06 08:00")
    assert moment(parse("holiday spring-festival -1 09:00"), after, after, SHANGHAI) == at("2028-01-25 09:00")


def test_every_holiday_that_has_a_name_comes_in_every_year():
    for name in holidays.NAMED:
        assert all(len(holidays.days(name, year)) == 1 for year in range(2020, 2050)), name


def test_a_date_that_is_over_comes_at_once():
    began = at("2026-05-01 09:00")
    assert moments.moment(parse("2026-04-01 09:00"), began, began, SHANGHAI) == began
