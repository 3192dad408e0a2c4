"""What a brief is proposed from: fresh, wanted, of several sources, never twice."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qunce.content.policies import briefs as policies
from qunce.content.types import Candidate

MONDAY = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


def candidate(n, *, hours=1.0, feed=1, weight=1, title="", text="", url=""):
    at = MONDAY - timedelta(hours=hours)
    return Candidate(n, feed, "源", title or f"题 {n}", text, url or f"https://e.org/{n}", at, weight)


def chosen(*candidates, count=3, **wish):
    return [each.id for each in policies.propose(candidates, now=MONDAY, count=count, **wish)]


def test_fresh_ones_of_weighty_feeds_with_words_that_are_wanted_come_first():
    assert chosen(candidate(1, hours=30), candidate(2, hours=2, feed=2), candidate(3, hours=200, feed=3)) == [2, 1]
    assert chosen(candidate(1), candidate(2, feed=2, weight=3), count=1) == [2]
    assert chosen(candidate(1), candidate(2, hours=20, feed=2, title="ＡＩ 绘本"), count=1, wanted=["ai"]) == [2]
    assert chosen(candidate(1, text="广告合作"), candidate(2), unwanted=["广告"]) == [2]


def test_a_source_comes_again_only_where_it_is_that_much_better():
    assert chosen(candidate(1, hours=1), candidate(2, hours=2), candidate(3, hours=20, feed=2), count=2) == [1, 3]
    assert chosen(candidate(1, hours=1), candidate(2, hours=2), candidate(3, hours=60, feed=2), count=2) == [1, 2]


def test_the_same_is_said_once():
    again = candidate(2, feed=2, title="题　１！", url="https://other.org/")
    assert chosen(candidate(1), again) == [1]
    assert chosen(candidate(1), used=policies.keys("题 1", "")) == []
    assert chosen(candidate(1), used=policies.keys("", "http://www.e.org/1/?utm_source=a")) == []


@given(st.lists(st.tuples(st.integers(1, 4), st.floats(0, 300), st.integers(1, 5)), max_size=30), st.integers(1, 10))
def test_never_more_than_wanted_never_twice_and_always_as_many_as_there_are(rows, count):
    found = [candidate(n, hours=hours, feed=feed, weight=w) for n, (feed, hours, w) in enumerate(rows)]
    fresh = [each for each in found if MONDAY - each.at <= policies.OLDEST]
    got = policies.propose(found, now=MONDAY, count=count)
    assert len(got) == len(set(got)) == min(count, len(fresh))
    assert got == policies.propose(reversed(found), now=MONDAY, count=count)
