"""Calls to action: what counts as an answer, who has not answered, and reminders that stay polite."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qunce.chat.models import Delivery
from qunce.chat.types import Content, DeliveryState, MemberJoined, Purpose, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid
from qunce.members import actions as members
from qunce.members.models import Member
from qunce.playbooks import actions
from qunce.playbooks.models import Call, CallAnswer
from qunce.playbooks.selectors import calls_of, coverage
from qunce.playbooks.step import steps
from qunce.playbooks.types import StepSpec
from tests.steps.bench import DAY, HOUR, START, Bench
from tests.support import world

pytestmark = pytest.mark.django_db


def asks(**more):
    with_ = {"text": "今天读了几页？", "for": "72h", **more}
    return [
        {"id": "ask", "do": "ask", "with_": with_},
        {"id": "end", "do": "send", "with_": {"text": "收：{ask.count}"}},
    ]


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def asked(bench):
    """The first group was asked, and the question has arrived."""
    bench.begin(asks())
    bench.go()
    bench.deliver()
    return bench


def view(bench, at=START + 2 * HOUR, actor=SYSTEM):
    with clock.at(at):
        (found,) = calls_of(actor, bench.run.pk, step="ask")
    return found


def silent(bench, at=START + 2 * HOUR):
    return {each.name for each in view(bench, at).silent}


def test_what_was_said_before_the_question_arrived_is_no_answer(bench):
    bench.begin(asks())
    bench.go()
    bench.say("三十页", at=START + timedelta(minutes=5))
    assert not CallAnswer.objects.exists()
    bench.deliver(START + HOUR)
    bench.say("二十页", by="李四", at=START + 2 * HOUR)
    assert [row.text for row in CallAnswer.objects.all()] == ["二十页"]
    assert silent(bench, START + 3 * HOUR) == {"张三", "王五"}


def test_the_time_to_answer_begins_when_the_question_arrives(bench):
    bench.begin(asks(**{"for": "2h"}))
    bench.go()
    bench.go(START + 2 * HOUR)
    assert not bench.said()[1:], "it waits for its question"
    bench.deliver(START + 3 * HOUR)
    bench.go(START + 3 * HOUR)
    bench.say("三十页", at=START + 4 * HOUR)
    bench.go(START + 5 * HOUR)
    assert bench.said()[1:] == ["收：1"]


def test_a_question_that_never_arrives_is_given_up(bench):
    bench.begin(asks(**{"for": "2h"}))
    bench.go()
    Delivery.objects.update(state=DeliveryState.FAILED)
    bench.go(START + 2 * HOUR)
    assert [(each.state, each.detail) for each in bench.executions("ask")] == [
        ("skipped", "The question did not arrive in the group.")
    ]
    assert not Call.objects.filter(closed_at=None).exists()


def test_people_are_asked_once_however_many_accounts_they_have(asked):
    with clock.at(START - HOUR):
        asked.live(MemberJoined("!a", Sender("@李四2", "李四的小号"), START - HOUR))
    one, other = asked.member("李四"), asked.member("李四2")
    members.merge_members(actor=SYSTEM, member_id=other.pk, into_id=one.pk)
    asked.say("十页", by="李四2", at=START + HOUR)
    asked.say("又十页", by="李四", at=START + HOUR)
    asked.live()
    found = view(asked)
    assert [(answer.who.member_id, answer.times) for answer in found.answers] == [(one.pk, 2)]
    assert silent(asked) == {"张三", "王五"}
    assert (found.asked, found.share) == (3, pytest.approx(1 / 3))


def test_our_own_people_bots_and_latecomers_are_not_asked(asked):
    members.set_team(actor=SYSTEM, member_id=asked.member("王五").pk, team=True)
    with clock.at(START + HOUR):
        asked.live(MemberJoined("!a", Sender("@late", "后来的"), START + HOUR))
    asked.say("我说", by="王五", at=START + HOUR)
    assert silent(asked) == {"张三", "李四"}
    assert view(asked).answers == []
    asked.go(START + 3 * DAY)
    assert asked.said()[1:] == ["收：0"]


def test_only_the_keyword_counts_and_is_found_as_people_write_it(bench):
    bench.begin(asks(keyword="Done"))
    bench.go()
    bench.deliver()
    bench.say("ＤＯＮＥ！", at=START + HOUR)
    bench.say("还没", by="李四", at=START + HOUR)
    assert [row.text for row in CallAnswer.objects.all()] == ["ＤＯＮＥ！"]


def test_a_member_s_answer_ends_their_wait_at_once_and_nobody_else_s(bench):
    bench.begin(asks(), audience="member")
    bench.go()
    bench.deliver()
    bench.say("三十页", at=START + HOUR)
    bench.go(START + HOUR)
    closed = Call.objects.exclude(closed_at=None)
    assert [call.member_id for call in closed] == [bench.member().pk]
    assert {each.path for each in bench.executions("ask")} == {"answered", ""}


def test_a_batch_where_no_call_is_open_asks_nothing(bench):
    bench.say("早", at=START)
    with CaptureQueriesContext(connection) as counted:
        bench.say("早啊", at=START + HOUR)
    assert not [each for each in counted if "playbooks_call" in each["sql"]]


# ------------------------------------------------------------------ chasing
def test_a_reminder_names_a_few_and_answers_the_question(asked):
    asked.say("三十页", at=START + HOUR)
    with clock.at(START + DAY + HOUR):
        assert actions.chase_call(actor=SYSTEM, run_id=asked.run.pk, step="ask", text="还差两位") == 1
    reminder = Delivery.objects.get(key__endswith=":chase:1")
    assert reminder.purpose == Purpose.CAMPAIGN
    assert Content.from_json(reminder.content).plain in {"@李四 @王五 还差两位", "@王五 @李四 还差两位"}
    assert reminder.reply_to == Delivery.objects.exclude(pk=reminder.pk).get().external_id


def test_reminders_stay_polite(asked):
    def chase(at, text="还差两位"):
        with clock.at(at):
            return actions.chase_call(actor=SYSTEM, run_id=asked.run.pk, step="ask", text=text)

    with pytest.raises(Conflict, match="It is not a day since"):
        chase(START + HOUR)
    with pytest.raises(Invalid, match="Write what is to be sent"):
        chase(START + DAY, " ")
    Member.objects.filter(pk=asked.member("王五").pk).update(muted_at=clock.now())
    chase(START + DAY)
    assert "王五" not in "".join(asked.said())
    with pytest.raises(Conflict, match="It is not a day since"):
        chase(START + DAY + HOUR)
    asked.deliver(START + DAY)
    chase(START + 2 * DAY)
    asked.deliver(START + 2 * DAY)
    with pytest.raises(Conflict, match="twice already"):
        chase(START + 3 * DAY - HOUR)
    with pytest.raises(Conflict, match="time to answer is over"):
        chase(START + 3 * DAY)


def test_only_an_operator_of_the_group_reminds_and_only_who_sees_it_looks(asked):
    viewer = Actor(1, "看", {asked.home_id: Role.VIEWER})
    stranger = Actor(2, "外", {asked.home_id + 999: Role.OWNER})
    assert view(asked, actor=viewer).asked == 3
    with clock.at(START + DAY), pytest.raises(Conflict, match="Your role does not allow this"):
        actions.chase_call(actor=viewer, run_id=asked.run.pk, step="ask", text="请回复")
    assert calls_of(stranger, asked.run.pk) == []
    assert coverage(stranger, asked.run.pk) == {}


def test_coverage_is_summed_up_over_groups(bench):
    bench.begin(asks(), rooms=("!a", "!b"))
    bench.go()
    bench.deliver()
    bench.say("三十页", at=START + HOUR)
    bench.say("三十页", at=START + HOUR, room="!b")
    found = coverage(SYSTEM, bench.run.pk)["ask"]
    assert (found.asked, found.answered) == (4, 2)
    assert found.share == pytest.approx(0.5)


# ------------------------------------------------------------------ ends
def test_calls_of_stopped_runs_are_closed_by_the_clock(asked):
    actions.stop_run(actor=SYSTEM, run_id=asked.run.pk)
    assert actions.close_due(now=START + 3 * DAY) == 0
    assert actions.close_due(now=START + 3 * DAY + 2 * HOUR) == 1
    asked.say("三十页", at=START + 3 * DAY + 3 * HOUR)
    assert not CallAnswer.objects.exists()


def test_what_somebody_has_answered_can_be_erased(asked):
    asked.say("三十页", at=START + HOUR)
    asked.say("十页", by="李四", at=START + HOUR)
    erased = list(asked.member().identities.values_list("pk", flat=True))
    assert actions.forget_answers(identity_ids=erased) == 1
    assert [row.text for row in CallAnswer.objects.all()] == ["十页"]
    track = asked.tracks()[0]
    assert "三十页" not in str(track.data)


# ------------------------------------------------------------------ who has asked for it
@pytest.mark.parametrize(("start", "purpose"), [("joined", Purpose.SERVICE), ("manual", Purpose.CAMPAIGN)])
def test_what_nobody_asked_for_is_a_campaign(bench, start, purpose):
    steps = [{"id": "hi", "do": "send", "with_": {"text": "欢迎{member}", "mention": "member"}}]
    bench.begin(steps, audience="member", start={"on": start})
    with clock.at(START + HOUR):
        bench.live(MemberJoined("!a", Sender("@new", "新人"), START + HOUR))
    bench.go(START + HOUR)
    assert {row.purpose for row in Delivery.objects.all()} == {purpose}


@pytest.mark.parametrize(("open_for", "warned"), [("30h", True), ("48h", False)])
def test_a_reminder_that_would_never_be_sent_is_warned_of(open_for, warned):
    spec = StepSpec.model_validate({"id": "ask", "do": "ask"})
    config = steps["ask"].Config.model_validate({"text": "几页？", "for": open_for, "chase": "12h"})
    found = [each.code for each in steps["ask"]().check(spec, config, [])]
    assert found == (["reminder_too_soon"] if warned else [])


def test_all_groups_are_reminded_at_once_whatever_page_one_sees(asked):
    browser = Client()
    browser.force_login(world.owner())
    page = reverse("console:run_call", args=[asked.run.pk, "ask"])
    with clock.at(START + 30 * HOUR):
        browser.post(page, {"text": "还差你"})
        assert not Delivery.objects.filter(key__contains=":chase").exists(), "nobody was ticked"
        browser.post(page, {"all": "1", "text": "还差你"})
    assert Delivery.objects.filter(key__contains=":chase").count() == 1
