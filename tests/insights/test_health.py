"""Health is assessed every day, kept, explained to whoever may see it, and told where it turns bad."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qunce.cli.bench.stories import LAST, STORIES, simulated, story
from qunce.insights.actions import health as actions
from qunce.insights.actions import silence
from qunce.insights.models import Condition, Filled, Health
from qunce.insights.policies import health as policy
from qunce.insights.selectors import health as selectors
from qunce.insights.selectors import overview
from qunce.insights.selectors.diagnosis import diagnosis
from qunce.insights.types import GroupOrder, Silence, Stage
from qunce.kernel import audit, clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from qunce.team.models import Alert
from tests.insights.kept import groups, keep
from tests.support import world

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = datetime(LAST.year, LAST.month, LAST.day, 4, tzinfo=UTC) + DAY
STRANGER = Actor(id=9, name="Wei", grants={999_999: Role.OWNER})


@pytest.fixture(autouse=True)
def the_day_after():
    with clock.at(NOW):
        yield


@pytest.fixture
def home():
    return world.a_community()


def all_stories(home, **more):
    made = groups(len(STORIES), home)
    keep(simulated(STORIES, days=180, people=more.pop("people", 20), age=170, **more), made)
    return dict(zip([each.name for each in STORIES], made, strict=True))


def test_every_group_is_assessed_once_a_day(home):
    made = all_stories(home)
    groups(1)  # nothing was ever said in it
    assert actions.assess() == len(made)
    assert actions.assess() == 0
    known = {name: Condition.objects.get(group_id=group.pk) for name, group in made.items()}
    assert known["healthy"].score > 90 > known["leader gone"].score > known["dying"].score
    assert known["dying"].risk > known["healthy"].risk
    assert known["course finished"].score is None
    assert known["course finished"].stage == Stage.FINISHED
    assert known["dead"].stage in {Stage.DORMANT, ""}
    assert set(Health.objects.values_list("day", flat=True)) == {LAST}
    with clock.at(NOW + DAY):
        assert actions.assess() == len(made)
    assert Health.objects.count() == 2 * len(made)


def test_what_is_shown_of_all_groups(home):
    made = all_stories(home)
    actions.assess()
    found = {each.group_id: each for each in overview.listed(SYSTEM)}
    leaderless = found[made["leader gone"].pk]
    assert leaderless.findings[0].startswith("The team spoke on 0 of the last 14 days")
    assert leaderless.community_id == home.pk
    assert leaderless.size == 300
    assert found[made["healthy"].pk].stage in {Stage.MATURE, Stage.GROWING}
    assert list(overview.listed(STRANGER)) == []
    points = {each.group_id for each in overview.lifecycle(SYSTEM)}
    assert made["healthy"].pk in points
    assert made["course finished"].pk not in points


def test_a_group_that_nobody_has_assessed_is_listed_without_a_score(home):
    (group,) = groups(1, home)
    (found,) = overview.listed(SYSTEM)
    assert (found.group_id, found.score, found.stage, found.findings) == (group.pk, None, None, [])


def test_lists_of_all_groups_cost_the_same_however_many(home):
    all_stories(home)
    actions.assess()
    with CaptureQueriesContext(connection) as asked:
        overview.next_hour(SYSTEM)
    assert len(asked) <= 5


def test_the_next_hour_goes_where_most_people_gain(home):
    large, small, fine = groups(3, home)
    panel = simulated([story("full of advertising"), story("full of advertising"), story("healthy")], people=20)
    panel.size[1] = 12
    keep(panel, [large, small, fine])
    actions.assess()
    found = overview.next_hour(SYSTEM)
    assert [each.group_id for each in found] == [large.pk, small.pk]
    assert found[0].signal == "ad_decay"
    assert found[0].proposal.key == "ad_window"
    assert "300 people" in found[0].reason
    assert sum(each.share for each in found) == pytest.approx(1)
    assert found[0].share > 0.8
    assert [each.group_id for each in overview.next_hour(SYSTEM, n=1)] == [large.pk]
    assert overview.next_hour(STRANGER) == []
    Condition.objects.update(day=LAST - timedelta(days=200))  # a history that ended long ago: no hour helps there
    assert (overview.next_hour(SYSTEM), overview.counts(SYSTEM).worth) == ([], 0)


def test_a_diagnosis_explains_itself(home):
    made = all_stories(home)
    actions.assess()
    group = made["leader gone"]
    found = diagnosis(SYSTEM, group.pk)
    assert found.day == LAST
    assert found.observed
    assert found.judgement.score == pytest.approx(Condition.objects.get(group_id=group.pk).score, abs=0.1)
    assert sum(each.points for each in found.judgement.contributions) == pytest.approx(100 - found.judgement.score)
    assert found.findings[0].signal == "leadership"
    assert selectors.say(found.findings[0]).startswith("The team spoke on 0 of the last 14 days")
    assert found.proposals["leadership"].key == "owner_returns"
    assert found.proposals["leadership"].playbook == "rescue-owner-away"
    assert found.stage == found.spans[-1].stage
    assert found.spans[0].stage is Stage.FORMING
    assert found.warning.probability > 0
    with pytest.raises(NotFound):
        diagnosis(STRANGER, group.pk)
    with pytest.raises(NotFound):
        selectors.history(STRANGER, group.pk)


def test_a_finished_course_has_a_day_on_which_it_was_over(home):
    found = diagnosis(SYSTEM, all_stories(home)["course finished"].pk)
    assert found.judgement.score is None
    assert found.stage is Stage.FINISHED
    assert found.spans[-1].first == LAST - timedelta(days=20)


def test_a_group_that_is_not_read_is_not_scored(home):
    (group,) = groups(1, home)
    panel = simulated([story("healthy")], days=180)
    for values in panel.series.values():
        values[:, -25:] = float("nan")
    keep(panel, [group])
    assert actions.assess() == 1
    known = Condition.objects.get()
    assert (known.score, known.stage, known.risk, known.trend) == (None, "", None, None)
    found = diagnosis(SYSTEM, group.pk)
    assert not found.observed
    assert (found.judgement.score, found.stage, found.warning, list(found.findings)) == (None, None, None, [])


def test_signals_whose_part_is_missing_are_neither_computed_nor_shown(home):
    (group,) = groups(1, home)
    keep(simulated([story("healthy")]), [group])
    actions.assess()
    found = diagnosis(SYSTEM, group.pk)
    hidden = {"gain", "conversion"}
    assert not hidden & set(selectors.signals_in_use())
    assert not hidden & set(Condition.objects.get().severities)
    assert not hidden & {each.signal for each in found.judgement.contributions}
    assert "Fewer orders" not in found.missing


def test_the_change_over_thirty_days(home):
    (group,) = groups(1, home)
    panel = simulated([story("leader gone")], days=180)
    keep(panel, [group])
    actions.assess(group_ids=[group.pk], until=LAST - timedelta(days=30))
    actions.assess()
    now = Condition.objects.get()
    kept = selectors.history(SYSTEM, group.pk)
    assert [each.day for each in kept] == [LAST - timedelta(days=30), LAST]
    assert now.change == pytest.approx(now.score - kept[0].score, abs=0.1)
    assert now.change < -10
    assert diagnosis(SYSTEM, group.pk).change == pytest.approx(now.change, abs=0.11)


# ------------------------------------------------------------------ alerts
def test_what_turns_bad_is_told_once_and_ends_with_its_cause(home):
    (group,) = groups(1, home)
    keep(simulated([story("healthy")]), [group])
    actions.assess()
    assert not Alert.objects.exists()
    keep(simulated([story("quarrelling")], until=LAST + DAY), [group])
    with clock.at(NOW + DAY):
        actions.assess()
        alert = Alert.objects.get(resolved_at=None)
        assert alert.key == f"health:{group.pk}:conflict"
        assert alert.sentence % alert.params == "People are angry in 群 00."
        assert alert.community_id == home.pk
        actions.assess(group_ids=[group.pk])
        assert Alert.objects.count() == 1
    keep(simulated([story("healthy")], until=LAST + 2 * DAY), [group])
    with clock.at(NOW + 2 * DAY):
        actions.assess()
    assert Alert.objects.get().resolved_at is not None


def test_a_falling_score_is_told(home):
    (group,) = groups(1, home)
    keep(simulated([story("dying")], days=180), [group])
    actions.assess(group_ids=[group.pk], until=LAST - timedelta(days=30))
    assert not Alert.objects.exists(), "the past alarms nobody"
    actions.assess()
    alert = Alert.objects.get(key=f"health:{group.pk}:score")
    assert "has fallen by" in alert.sentence % alert.params


def test_a_group_that_may_fall_silent_is_told(home):
    (group,) = groups(1, home)
    keep(simulated([story("healthy")]), [group])
    actions.assess()
    keep(simulated([story("dying")], until=LAST + DAY), [group])
    with clock.at(NOW + DAY):
        actions.assess()
    alert = Alert.objects.get(key=f"health:{group.pk}:risk", resolved_at=None)
    assert (alert.sentence % alert.params).startswith("群 00 may fall silent within 30 days: of 100 groups like it")


def test_what_was_bad_from_the_beginning_alarms_nobody(home):
    all_stories(home)
    actions.assess()
    assert not Alert.objects.exists()


# ------------------------------------------------------------------ planned silence
def test_the_end_of_a_course_is_no_decline(home):
    (group,) = groups(1, home)
    panel = simulated([story("course finished")], days=180)
    panel.series["thanks_messages"][:] = 0
    keep(panel, [group])
    actions.assess()
    assert Condition.objects.get().score < 50
    operator = world.actor(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    over = LAST - timedelta(days=20)
    plan = silence.plan_end(actor=operator, group_id=group.pk, kind=Silence.COURSE, begins_on=over)
    actions.assess(group_ids=[group.pk])
    known = Condition.objects.get()
    assert (known.score, known.stage, known.findings) == (None, Stage.FINISHED, [])
    found = diagnosis(SYSTEM, group.pk)
    assert (found.silence, found.stage, found.spans[-1].first) == (Silence.COURSE, Stage.FINISHED, over)
    assert overview.next_hour(SYSTEM) == []
    assert overview.listed(SYSTEM)[0].planned
    entry = AuditEntry.objects.get(action="silence.planned")
    assert audit.say(entry) == f"{operator.name} planned the end of 群 00 on {over}."
    silence.take_back_plan(actor=operator, plan_id=plan.pk)
    actions.assess(group_ids=[group.pk])
    assert Condition.objects.get().score < 50


def test_a_holiday_says_nothing_about_a_group(home):
    (group,) = groups(1, home)
    panel = simulated([story("healthy")], days=180)
    for key in ("active", "messages", "staff_active", "staff_messages", "new_speakers"):
        panel.series[key][:, -10:] = 0
    keep(panel, [group])
    actions.assess()
    lost = Condition.objects.get().score
    silence.plan_end(
        actor=SYSTEM,
        group_id=group.pk,
        kind=Silence.HOLIDAY,
        begins_on=LAST - timedelta(days=9),
        ends_on=LAST + timedelta(days=3),
    )
    actions.assess(group_ids=[group.pk])
    known = Condition.objects.get()
    assert known.score > 90 > lost
    assert known.stage == Stage.MATURE
    assert overview.listed(SYSTEM)[0].planned


def test_plans_are_for_operators_and_make_sense(home):
    (group,) = groups(1, home)
    plan = {"group_id": group.pk, "begins_on": LAST}
    for role in (Role.VIEWER, Role.SERVICE):
        with pytest.raises(NotAllowed):
            silence.plan_end(actor=Actor(1, "陈默", {home.pk: role}), kind=Silence.COURSE, **plan)
    with pytest.raises(NotFound):
        silence.plan_end(actor=STRANGER, kind=Silence.COURSE, **plan)
    with pytest.raises(Invalid):
        silence.plan_end(actor=SYSTEM, kind=Silence.HOLIDAY, **plan)
    with pytest.raises(Invalid):
        silence.plan_end(actor=SYSTEM, kind=Silence.COURSE, ends_on=LAST + DAY, **plan)
    with pytest.raises(Invalid):
        silence.plan_end(actor=SYSTEM, kind=Silence.HOLIDAY, ends_on=LAST - DAY, **plan)
    made = silence.plan_end(actor=SYSTEM, kind=Silence.PROJECT, **plan)
    with pytest.raises(Invalid):
        silence.plan_end(actor=SYSTEM, kind=Silence.HOLIDAY, ends_on=LAST + DAY, **plan)
    assert selectors.planned_silences(SYSTEM, group.pk) == [made]
    with pytest.raises(NotAllowed):
        silence.take_back_plan(actor=Actor(1, "陈默", {home.pk: Role.VIEWER}), plan_id=made.pk)
    with pytest.raises(NotFound):
        silence.take_back_plan(actor=STRANGER, plan_id=made.pk)
    silence.take_back_plan(actor=SYSTEM, plan_id=made.pk)
    with pytest.raises(NotFound):
        silence.take_back_plan(actor=SYSTEM, plan_id=made.pk)


# ------------------------------------------------------------------ the past
def test_the_past_of_a_history_is_told_week_by_week(home):
    (group,) = groups(1, home, platform="history")
    panel = simulated([story("dying")], days=330, age=330, until=LAST - timedelta(days=400))
    keep(panel, [group])
    assert actions.assess() == 1
    before = [each.day for each in selectors.history(SYSTEM, group.pk)]
    weeks = actions.assess_past(group_id=group.pk)
    kept = selectors.history(SYSTEM, group.pk)
    assert len(kept) == weeks == (330 - 14) // 7 + 1
    assert kept[-1].day == panel.stretch.last
    assert [each.day for each in kept] == before, "the first assessment has told the past as well"
    assert (kept[0].stage, kept[20].stage) == (Stage.FORMING, Stage.MATURE)
    assert kept[20].score > 90 > kept[-1].score
    assert actions.assess_past(group_id=group.pk) == weeks
    actions.assess()
    known = Condition.objects.get()
    assert known.day == panel.stretch.last, "as of the end of the history"
    assert known.score == pytest.approx(kept[-1].score, abs=0.5)
    assert actions.assess() == 0
    assert diagnosis(SYSTEM, group.pk).day == panel.stretch.last


def test_a_past_that_is_gone_is_forgotten(home):
    (group,) = groups(1, home, platform="history")
    keep(simulated([story("healthy")], until=LAST - timedelta(days=400)), [group])
    actions.assess_past(group_id=group.pk)
    actions.assess(group_ids=[group.pk])
    Filled.objects.all().delete()
    assert actions.assess_past(group_id=group.pk) == 0
    assert not Health.objects.exists()
    assert not Condition.objects.exists()


def test_the_bounds_are_those_that_are_told():
    assert policy.CALM < policy.ALARMING
    assert policy.RECOVERED < policy.FALL


def test_a_group_of_one_day_is_too_young_to_be_judged(home):
    (group,) = groups(1, home)
    keep(simulated([story("healthy")], days=1, age=1), [group])
    assert actions.assess() == 1
    assert actions.assess_past(group_id=group.pk) == 0
    found = diagnosis(SYSTEM, group.pk)
    assert (found.judgement.score, list(found.findings), list(found.turns)) == (None, [], [])
    assert found.warning is None
    assert found.missing


def test_a_year_of_silence_before_the_first_word_is_no_past(home):
    """Adopted long before anybody spoke: what was not there is not judged."""
    (group,) = groups(1, home)
    panel = simulated([story("healthy")], days=330, age=330)
    for values in panel.series.values():
        values[:, :300] = 0
    keep(panel, [group])
    actions.assess()
    assert Condition.objects.get().stage in {Stage.FORMING, Stage.GROWING, Stage.MATURE}
    assert diagnosis(SYSTEM, group.pk).spans[0].first > LAST - timedelta(days=40)


def test_lists_of_all_groups_are_cut_and_ordered_by_the_database(home, monkeypatch):
    made = all_stories(home)
    actions.assess()
    (unknown,) = groups(1, home, platform="telegram")
    for order in GroupOrder:
        whole = overview.listed(SYSTEM, order=order)
        assert len(whole) == len(made) + 1
        parts = [each.group_id for first in range(0, len(whole), 5) for each in whole[first : first + 5]]
        assert parts == [each.group_id for each in whole[:]]
        assert len(set(parts)) == len(whole)
        if order is not GroupOrder.NAME:
            assert parts[-1] == unknown.pk
    scores = [each.score for each in overview.listed(SYSTEM, order=GroupOrder.WORST) if each.score is not None]
    assert scores == sorted(scores)
    dormant = overview.listed(SYSTEM, stage=Stage.MATURE, order=GroupOrder.NAME)
    assert {each.stage for each in dormant} == {Stage.MATURE}
    counted = overview.counts(SYSTEM)
    assert (counted.groups, counted.scored) == (len(whole), len(scores))
    assert counted.bad == sum(score < 50 for score in scores)
    assert overview.counts(STRANGER) == overview.Counts(0, 0, 0, 0, 0, 0, 0)
    known = overview.listed(SYSTEM, counted=counted)
    assert [each.group_id for each in known] == [each.group_id for each in overview.listed(SYSTEM)]
    given = [replace(each, share=round(each.share, 9)) for each in overview.next_hour(SYSTEM, counted=counted)]
    assert given == [replace(each, share=round(each.share, 9)) for each in overview.next_hour(SYSTEM)]
    assert overview.lifecycle(SYSTEM, counted=counted) == overview.lifecycle(SYSTEM)
    monkeypatch.setattr(overview, "MOST_POINTS", 2)
    points = overview.lifecycle(SYSTEM)
    monkeypatch.setattr(overview, "MOST_POINTS", 300)
    assert sum(point.groups for point in points) == len(overview.lifecycle(SYSTEM))
