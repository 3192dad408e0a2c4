"""How an account for a watchful platform is held back: uneven pauses, and so many of a kind in 24 hours."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import policies
from qunce.chat.types import Pace
from tests.chat.support import NOON


def moments(pacer, count, group_id=1):
    """When messages leave that are always ready."""
    now = 100.0
    for _ in range(count):
        now += pacer.wait(now) + 1e-9
        assert pacer.room(now, 20) >= 1
        pacer.take(group_id, now)
        yield now


rates = st.floats(0.1, 10)
chances = st.lists(st.floats(0, 1), min_size=20, max_size=20)


@given(rates, st.floats(0, 5), chances)
def test_pauses_are_uneven_but_never_shorter_than_the_pace_nor_longer_than_the_jitter(rate, jitter, chances):
    drawn = iter(chances)
    pacer = policies.Pacer(Pace(rate, 1, 100, 100, jitter=jitter), lambda: next(drawn))
    left = list(moments(pacer, 20))
    pauses = [later - earlier for earlier, later in pairwise(left)]
    for pause, chance in zip(pauses, chances, strict=False):
        assert pause == pytest.approx(1 / rate + jitter * chance, abs=1e-6)


@given(rates, st.integers(1, 10), chances)
def test_without_jitter_nothing_changes(rate, burst, chances):
    drawn = iter(chances)
    with_chance = policies.Pacer(Pace(rate, burst, 100, 100), lambda: next(drawn))
    assert list(moments(with_chance, 20)) == list(moments(policies.Pacer(Pace(rate, burst, 100, 100)), 20))


def test_with_jitter_one_goes_at_a_time_and_a_pause_of_the_platform_still_counts():
    pacer = policies.Pacer(Pace(1, 10, 100, 100, jitter=2.0), lambda: 0.5)
    assert pacer.room(100.0, 20) == 1
    pacer.take(1, 100.0)
    assert pacer.wait(100.0) == pytest.approx(1.0)  # the burst allows the next one, the rest does not
    pacer.pause(30, 100.0)
    assert pacer.wait(100.0) == pytest.approx(30.0)


@given(st.integers(1, 20), st.lists(st.integers(0, 3 * 86400), max_size=60))
def test_never_more_than_the_allowance_in_any_24_hours(most, wishes):
    """Whoever asks `until_free` before each and waits that long never exceeds it, and never waits without need."""
    done = []
    for seconds in sorted(wishes):
        now = max([NOON + timedelta(seconds=seconds), *done[-1:]])
        recent = [each for each in reversed(done) if each >= now - policies.DAY]
        oldest = recent[most - 1] if len(recent) >= most else None
        wait = policies.until_free(oldest, now)
        assert (wait > timedelta()) == (len([each for each in done if each > now - policies.DAY]) >= most)
        done.append(now + wait)
    for at in done:
        assert len([each for each in done if at <= each < at + policies.DAY]) <= most
