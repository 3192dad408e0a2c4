"""Daily series: filled from the messages, kept true when the past changes, and read for many groups at once."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat.actions.recognition import memory
from qunce.chat.types import Batch, MessageEdited, Origin
from qunce.insights.actions import series as actions
from qunce.insights.metric import metrics
from qunce.insights.models import Filled, Series
from qunce.insights.policies import replies
from qunce.insights.selectors import series, understanding
from qunce.insights.selectors.facts import facts, stretch_of
from qunce.insights.types import Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = Actor(id=9, name="Wei", grants={999_999: Role.OWNER})
DAY = timedelta(days=1)
TODAY = date(2026, 11, 20)
NOW = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = []
    memory.forget()
    with clock.at(NOW):
        yield


@pytest.fixture
def room():
    made = account()
    return made, adopted(made, "!a")["!a"]


def chatter(seed=1, count=80, days=20, room="!a"):
    rng = random.Random(seed)
    return [
        said(
            room,
            rng.choice(["大家好", "几点开始？", "谢谢！", "@人2 看这里", "https://example.org"]),
            by=f"@p{n % 7}",
            name=f"人{n % 7}",
            at=NOON - minutes(rng.randint(0, 60 * 24 * days)) - timedelta(milliseconds=n),
            key=f"$c{room}{n}",
        )
        for n in range(count)
    ]


def stored(group, days=120, until=TODAY):
    return series.panel([group.pk], series.daily_keys(), until, days)


def same(one, other):
    assert one.series.keys() == other.series.keys()
    for key in one.series:
        np.testing.assert_array_equal(one[key], other[key], err_msg=key)


def test_what_is_filled_is_what_the_metrics_say(room):
    made, group = room
    live(made, *chatter())
    assert actions.fill() == 1
    whole = stretch_of(group.pk)
    found = facts(group.pk, whole)
    filled = series.one(SYSTEM, group.pk, series.daily_keys(), whole)
    for key, values in filled.items():
        np.testing.assert_array_equal(values, metrics[key]().days(found), err_msg=key)
    mark = Filled.objects.get()
    assert (mark.first, mark.through, mark.stale_from) == (whole.first, TODAY, None)
    with pytest.raises(NotFound):
        series.one(STRANGER, group.pk, ["messages"], whole)
    assert series.of_groups(STRANGER, [group.pk], ["messages"], whole) == {}


def test_only_what_needs_it_is_filled_and_the_next_day_begins_by_itself(room):
    made, group = room
    live(made, said("!a", "one", at=NOON - 3 * DAY))
    assert actions.fill() == 1
    with clock.at(NOW + timedelta(hours=2)):
        assert actions.fill() == 0
        live(made, said("!a", "two", at=NOON + timedelta(hours=2)))
        assert actions.fill() == 1
        assert series.one(SYSTEM, group.pk, ["messages"], Stretch(TODAY, 1))["messages"].tolist() == [1]
    with clock.at(NOW + DAY):
        assert actions.fill() == 1
        days = series.one(SYSTEM, group.pk, ["messages"], Stretch(TODAY, 3))["messages"]
        assert days[:2].tolist() == [1, 0]
        assert np.isnan(days[2])


def test_a_past_that_comes_in_later_is_filled_in(room):
    made, group = room
    live(made, said("!a", "now", at=NOON))
    actions.fill()
    chat.ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "then", at=NOON - 30 * DAY)]))
    chat.ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "between", by="@li", at=NOON - 20 * DAY)]))
    with clock.at(NOW + DAY):
        actions.fill()
        values = stored(group, 31)["messages"][0]
        assert [int(values[place]) for place in (0, 10, 30)] == [1, 1, 1]
        chat.ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "more", by="@wu", at=NOON - 20 * DAY)]))
    with clock.at(NOW + 2 * DAY):
        actions.fill()
        assert stored(group, 31)["messages"][0][10] == 2


def test_years_are_rows_and_portions_go_on_where_they_were_cut_off(room, monkeypatch):
    made, group = room
    live(made, *chatter(count=60, days=500))
    actions.fill()
    whole = stored(group, 510)
    assert set(Series.objects.values_list("year", flat=True)) == {2025, 2026}
    monkeypatch.setattr(actions, "PORTION", 30)
    actions.refill(group_id=group.pk)
    assert actions.fill_portion(group_id=group.pk)
    assert actions.fill_portion(group_id=group.pk)
    assert Filled.objects.get().through < TODAY  # cut off here
    actions.fill()
    assert Filled.objects.get().through == TODAY
    same(whole, stored(group, 510))


def test_a_group_whose_history_was_taken_away_has_no_series(room):
    made, group = room
    live(made, *chatter(days=400))
    actions.fill()
    from qunce.chat.models import GroupHour, Message

    Message.objects.filter(sent_at__lt=NOON - 5 * DAY).delete()
    GroupHour.objects.filter(hour__lt=NOON - 5 * DAY).delete()
    live(made, said("!a", "still here", at=NOON))
    actions.fill(group_ids=[group.pk])
    assert not Series.objects.filter(year=2025).exists()
    assert np.isnan(stored(group)["messages"][0][:100]).all()
    Message.objects.all().delete()
    GroupHour.objects.all().delete()
    actions.fill(group_ids=[group.pk])
    assert not Series.objects.exists() and not Filled.objects.exists()  # noqa: PT018


def test_a_panel_has_a_row_for_each_group_whether_filled_or_not(room):
    made = account()
    groups = adopted(made, "!x", "!y")
    live(made, said("!x", "hello", at=NOON - 2 * DAY))
    actions.fill()
    ids = [groups["!x"].pk, groups["!y"].pk]
    panel = series.panel(ids, ["messages", "active"], TODAY, 5)
    assert list(panel.group_ids) == sorted(ids)
    row = panel.group_ids.index(groups["!x"].pk)
    assert panel["messages"][row].tolist()[2:] == [1, 0, 0]
    assert np.isnan(panel["active"][1 - row]).all()
    assert panel.size[row] == 3  # as the platform says
    assert panel.age[row] == 3
    assert panel.stretch == Stretch(date(2026, 11, 16), 5)


def test_what_was_understood_of_a_week_holds_until_a_word_of_it_changes(room, monkeypatch):
    made, group = room
    live(made, *chatter(days=20), said("!a", "谁有第三章的笔记？", at=NOON - 10 * DAY, key="$asked"))
    actions.fill()
    kept = stored(group)
    asked, infer = [], replies.infer
    monkeypatch.setattr(understanding.replies, "infer", lambda *given: asked.append(given) or infer(*given))
    whole = stretch_of(group.pk)
    before = facts(group.pk, whole)
    assert not asked  # everything was kept
    live(made, MessageEdited("!a", "$asked", NOON, "谢谢大家", by="@zhang"))
    after = facts(group.pk, whole)
    assert len(asked) == 1  # the week of the message alone
    assert metrics["questions"]().over(after) == metrics["questions"]().over(before) - 1
    actions.refill(group_id=group.pk)
    actions.fill(group_ids=[group.pk])
    asked.clear()
    facts(group.pk, whole)
    assert not asked
    assert np.nansum(stored(group)["questions"]) == np.nansum(kept["questions"]) - 1


@hypothesis_settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(1, 79), max_size=4))
def test_series_do_not_depend_on_order_batches_or_repetition(room, seed, cuts):
    made, _ = room
    room_a, room_b = f"!a{seed}", f"!b{seed}"
    groups = adopted(made, room_a, room_b)
    live(made, *chatter(seed, room=room_a))
    other = chatter(seed, room=room_b)
    random.Random(seed).shuffle(other)
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 80], strict=True):
        live(made, *other[begin:end])
        actions.fill(group_ids=[groups[room_b].pk])
    live(made, *other)  # all of it once more
    for group in groups.values():
        actions.refill(group_id=group.pk)
        actions.fill(group_ids=[group.pk])
    same(stored(groups[room_a]), stored(groups[room_b]))


def test_filling_piece_by_piece_is_filling_at_once(room):
    made, group = room
    for event in sorted(chatter(count=40, days=15), key=lambda each: each.sent_at):
        with clock.at(event.sent_at + minutes(5)):
            live(made, event)
            actions.fill(group_ids=[group.pk])
    actions.fill(group_ids=[group.pk])
    piecewise = stored(group)
    Series.objects.all().delete()
    Filled.objects.all().delete()
    actions.fill(group_ids=[group.pk])
    same(piecewise, stored(group))


def test_a_large_history_is_counted_in_portions_and_says_how_far_it_is(monkeypatch):
    made = account()
    group = adopted(made, "!a")["!a"]
    live(made, *chatter(count=200, days=70))
    monkeypatch.setattr(series, "AT_ONCE", 10)
    monkeypatch.setattr(actions, "MESSAGES", 30)
    told = [series.counted_so_far(SYSTEM, group.pk)]
    while actions.fill_portion(group_id=group.pk):
        told.append(series.counted_so_far(SYSTEM, group.pk))
    assert told[0] == 0
    assert len(told) > 3
    assert told == sorted(told)
    assert series.counted_so_far(SYSTEM, group.pk) is None
    whole = {(row.metric, row.year): bytes(row.days) for row in Series.objects.filter(group_id=group.pk)}
    monkeypatch.setattr(actions, "MESSAGES", 20_000)
    Filled.objects.all().delete()
    Series.objects.all().delete()
    actions.fill(group_ids=[group.pk])
    assert {(row.metric, row.year): bytes(row.days) for row in Series.objects.filter(group_id=group.pk)} == whole
