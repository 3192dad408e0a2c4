"""Facts: columns of one group as the database has them, and the daily numbers that are computed from them."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from qunce.chat.actions.recognition import memory
from qunce.chat.models import Gap, Message, Seat
from qunce.chat.selectors import columns, messages
from qunce.chat.types import MemberJoined, MemberLeft, Mention, Reads, Sender, Text
from qunce.insights.metric import metrics
from qunce.insights.policies.answers import speak_within
from qunce.insights.selectors.facts import coverage, facts, stretch_of, visible_facts, visible_stretch
from qunce.insights.types import Mark, Stretch
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from qunce.members.models import Identity, Member
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = Actor(id=9, name="Wei", grants={999_999: Role.OWNER})
DAY = timedelta(days=1)
TODAY = Stretch(date(2026, 11, 14), 7)
"""The week that ends with the day of NOON."""


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = []
    memory.forget()
    with clock.at(NOON + timedelta(hours=1)):
        yield


@pytest.fixture
def room():
    made = account()
    return made, adopted(made, "!a")["!a"]


def per_day(group, key, stretch=TODAY):
    return metrics[key]().days(facts(group.pk, stretch)).tolist()


def test_columns_are_the_messages_in_order(room):
    made, group = room
    live(
        made,
        said("!a", "second", by="@li", name="李四", at=NOON, key="$2", reply_to="$1"),
        said("!a", "first 一", at=NOON - minutes(1), key="$1"),
        said("!a", "", by="@bot", name="Bot", is_bot=True, at=NOON + minutes(1), key="$3", reply_to="$9"),
    )
    found = columns.columns(group.pk, NOON - DAY, NOON + DAY)
    assert list(found.texts) == ["first 一", "second", ""]
    assert [found.texts[0], found.texts[-1]] == ["first 一", ""]
    assert list(found.texts[1:]) == ["second", ""]
    assert found.texts[1:][0] == "second"
    assert found.answers.tolist() == [-1, 0, -1]
    assert found.at.tolist() == [(NOON + minutes(n)).timestamp() for n in (-1, 0, 1)]
    assert [UUID(bytes=key.tobytes()) for key in found.ids] == list(
        Message.objects.order_by("sent_at").values_list("id", flat=True)
    )
    assert len(columns.columns(group.pk, NOON, NOON + minutes(1)).texts) == 1
    assert len(columns.columns(group.pk, NOON + DAY, NOON + 2 * DAY).texts) == 0


def test_a_message_is_opened_by_its_place_among_the_facts(room):
    made, group = room
    live(made, said("!a", "here", at=NOON + timedelta(microseconds=123_457)))
    found = facts(group.pk, TODAY)
    assert messages.message(SYSTEM, found.key(0)).text == "here"


def test_days_people_and_lead_are_those_of_the_group(room):
    made, group = room
    live(
        made,
        said("!a", "long ago", at=NOON - 40 * DAY),
        said("!a", "in the lead", by="@li", name="李四", at=NOON - 10 * DAY),
        said("!a", "before midnight", at=datetime(2026, 11, 18, 15, 59, tzinfo=UTC)),
        said("!a", "after midnight", at=datetime(2026, 11, 18, 16, 0, tzinfo=UTC)),
        said("!a", "a bot", by="@bot", name="Bot", is_bot=True),
    )
    found = facts(group.pk, TODAY)
    assert (found.lead, found.day.tolist()) == (1, [-4, 4, 5, 6])
    assert found.said.tolist() == [False, True, True, False]
    zhang = found.names.index("张三")
    assert datetime.fromtimestamp(found.first_at[zhang], UTC) == datetime(2026, 10, 10, 16, tzinfo=UTC)  # that day
    assert found.names[int(np.flatnonzero(found.is_bot)[0])] == "Bot"
    assert per_day(group, "messages") == [0, 0, 0, 0, 1, 1, 0]
    assert per_day(group, "bot_messages") == [0, 0, 0, 0, 0, 0, 1]
    assert per_day(group, "new_speakers") == [0] * 7


def test_merged_identities_are_one_person_and_raw_senders_are_not(room):
    made, group = room
    live(made, said("!a", "1", by="@a", name="王五", at=NOON - DAY), said("!a", "2", by="@b", name="王五二", at=NOON))
    one = Identity.objects.get(external_id="@a")
    Identity.objects.filter(external_id="@b").update(member=one.member_id)
    assert len(facts(group.pk, TODAY).people) == 1
    assert len(facts(group.pk, TODAY, raw_senders=True).people) == 2
    assert per_day(group, "new_speakers") == [0, 0, 0, 0, 0, 1, 0]


def test_who_comes_back_who_joins_and_who_is_there(room):
    made, group = room
    live(
        made,
        said("!a", "hello", by="@back", name="老朋友", at=NOON - 50 * DAY),
        said("!a", "steady", by="@steady", name="常客", at=NOON - 20 * DAY),
        MemberJoined("!a", Sender("@early", "早到"), NOON - 15 * DAY),
        MemberJoined("!a", Sender("@new", "新人"), NOON - 3 * DAY),
        said("!a", "I am new", by="@new", name="新人", at=NOON - 2 * DAY),
        said("!a", "back again", by="@back", name="老朋友", at=NOON - DAY),
        said("!a", "as ever", by="@steady", name="常客", at=NOON - DAY),
        MemberLeft("!a", Sender("@early", "早到"), NOON),
    )
    assert per_day(group, "returning") == [0, 0, 0, 0, 0, 1, 0]
    assert per_day(group, "joined") == [0, 0, 0, 1, 0, 0, 0]
    assert per_day(group, "left") == [0, 0, 0, 0, 0, 0, 1]
    present = per_day(group, "present")
    assert np.diff(present).tolist() == [0, 0, 1, 0, 0, -1]
    month = Stretch(date(2026, 11, 1), 20)
    assert speak_within(facts(group.pk, month), 7) == 0  # 早到 did not speak; 新人 cannot be judged yet
    with clock.at(NOON + 10 * DAY):
        assert speak_within(facts(group.pk, Stretch(date(2026, 11, 1), 30)), 7) == pytest.approx(0.5)


def test_questions_answers_and_newcomers(room):
    made, group = room
    live(
        made,
        said("!a", "报名表在哪里？", by="@new", name="小林", at=NOON - 3 * DAY, key="$q"),
        said("!a", "自动回复", by="@bot", name="Bot", is_bot=True, at=NOON - 3 * DAY + minutes(1), reply_to="$q"),
        said("!a", "我也想知道", by="@new", name="小林", at=NOON - 3 * DAY + minutes(2), reply_to="$q"),
        said("!a", "群文件里", at=NOON - 3 * DAY + minutes(5), reply_to="$q"),
        said("!a", "还有人在吗？", by="@late", name="晚到", at=NOON - 2 * DAY, key="$r"),
        said("!a", "在的", at=NOON - DAY + minutes(30), reply_to="$r"),
    )
    assert per_day(group, "questions")[3:6] == [1, 1, 0]
    assert per_day(group, "response_s")[3] == 300
    unanswered = per_day(group, "unanswered")
    assert unanswered[3:6] == [0, 1, 0]
    assert np.isnan(unanswered[6])
    assert per_day(group, "newcomers_answered")[3:5] == [1, 0]


def test_who_is_greeted_by_name_or_mention(room):
    made, group = room
    live(
        made,
        said("!a", "大家好，我是新来的", by="@lin", name="小林", at=NOON - 3 * DAY),
        said("!a", "欢迎 @小林", at=NOON - 3 * DAY + minutes(1)),
        said("!a", "hi, I am Bob", by="@bob", name="Bob", at=NOON - 2 * DAY),
        said(
            "!a",
            "welcome @B",
            at=NOON - 2 * DAY + minutes(1),
            parts=(Text("welcome "), Mention("@bob", "B")),
        ),
    )
    assert per_day(group, "newcomers_greeted")[3:5] == [1, 1]


def test_staff_are_the_known_ones_or_else_a_labelled_guess(room):
    made, group = room
    live(
        made,
        *(said("!a", f"founder {n}", by="@zhang", at=NOON - 6 * DAY + minutes(n)) for n in range(12)),
        *(said("!a", f"guest {n}", by="@li", name="李四", at=NOON - 5 * DAY + minutes(n)) for n in range(3)),
    )
    found = facts(group.pk, TODAY)
    assert found.staff_is_guessed
    assert coverage(found).staff_is_guessed
    assert [found.names[person] for person in np.flatnonzero(found.is_staff)] == ["张三"]
    assert per_day(group, "staff_minutes")[0] == pytest.approx(11)
    Member.objects.filter(identities__external_id="@li").update(is_team=True)
    found = facts(group.pk, TODAY)
    assert not found.staff_is_guessed
    assert per_day(group, "staff_messages") == [0, 3, 0, 0, 0, 0, 0]
    assert per_day(group, "staff_active") == [0, 1, 0, 0, 0, 0, 0]
    quiet = facts(group.pk, Stretch(date(2026, 11, 14), 1), lead_days=0)
    assert not quiet.staff_is_guessed  # somebody is known, although silent on that day


def test_what_was_not_read_is_not_observed(room):
    made, group = room
    live(made, said("!a", "first", at=NOON - 4 * DAY))
    assert facts(group.pk, TODAY).observed.tolist() == [False, False, True, True, True, True, True]
    Gap.objects.create(
        account_id=made.pk, group_id=group.pk, since=NOON - 2 * DAY, until=NOON - 2 * DAY + minutes(90), reason="off"
    )
    assert facts(group.pk, TODAY).observed.tolist() == [False, False, True, True, False, True, True]
    Seat.objects.update(reads_less=Reads.MENTIONS, joined_at=NOON - DAY)
    assert facts(group.pk, TODAY).observed.tolist() == [False, False, True, False, False, False, False]
    assert stretch_of(group.pk) == Stretch(date(2026, 11, 16), 1)
    Seat.objects.update(reads=False, left_at=NOON - DAY)
    assert stretch_of(group.pk) == Stretch(date(2026, 11, 16), 4)
    assert facts(group.pk, TODAY).observed.tolist() == [False, False, True, True, False, False, False]


def test_who_may_not_see_the_group_sees_none_of_it(room):
    made, group = room
    assert stretch_of(group.pk) is None
    live(made, said("!a", "first", at=NOON - 4 * DAY))
    assert stretch_of(group.pk) == Stretch(date(2026, 11, 16), 5)
    for read in (visible_stretch, lambda actor, group_id: visible_facts(actor, group_id, TODAY)):
        assert read(SYSTEM, group.pk) is not None
        with pytest.raises(NotFound):
            read(STRANGER, group.pk)


def test_an_empty_group_has_facts_and_every_metric_survives_them(room):
    _made, group = room
    empty = facts(group.pk, TODAY)
    for key, kind in metrics.items():
        assert kind().over(empty) in {None, 0}, key
        if kind.daily:
            assert kind().days(empty).shape == (7,), key


def test_every_metric_has_its_definition_and_days_of_one_shape(room):
    made, group = room
    live(
        made,
        *(said("!a", f"{n}?", by=f"@p{n % 5}", name=f"人{n % 5}", at=NOON - n * minutes(700)) for n in range(40)),
    )
    found = facts(group.pk, Stretch(date(2026, 11, 1), 20))
    assert Mark.QUESTION in Mark(int(found.marks[-1]))
    for key, kind in metrics.items():
        assert kind.definition.endswith("."), key
        value = kind().over(found)
        assert value is None or isinstance(value, float), key
        if kind.daily:
            days = kind().days(found)
            assert days.shape == (20,) and days.dtype == np.float32, key  # noqa: PT018
