"""Who has answered a call and who has not, and reminders that stay polite."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.models import Delivery
from qunce.chat.selectors.answers import ALL_ANSWERED, IN_PEACE, TOO_EARLY, TWICE, answers, reminder
from qunce.chat.types import Content, DeliveryState, MemberJoined, Mention, Purpose, Selection, Sender
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.ids import new_id
from qunce.kernel.models import AuditEntry
from qunce.members import actions as members
from qunce.members.models import Identity, Member
from tests.chat.support import account, adopted, live, said

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ("张三", "李四", "王五", "赵六", "孙七", "周八", "吴九")
DAY = timedelta(days=1)


@pytest.fixture
def call():
    """Seven people in a group that was called two days ago; a bot and one of ours are there too."""
    made = account()
    group = adopted(made, "!a")["!a"]
    group.refresh_from_db()
    group.account = made
    before = clock.now() - timedelta(days=5)
    live(
        made,
        *(said("!a", "hi", by=f"@{name}", name=name, at=before) for name in NAMES),
        said("!a", "beep", by="@bot", name="Bot", is_bot=True, at=before),
        said("!a", "早", by="@ours", name="同事", at=before),
    )
    members.set_team(actor=SYSTEM, member_id=Identity.objects.get(external_id="@ours").member_id, team=True)
    group.broadcast = chat.send_broadcast(
        actor=SYSTEM, text="请回复报名", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    group.at = clock.now() - 2 * DAY
    Delivery.objects.update(state=DeliveryState.SENT, sent_at=group.at, external_id="$call")
    return group


def now(call, **wanted):
    (found,) = answers(SYSTEM, call.broadcast.pk, **wanted)
    return found


def silent(call, **wanted):
    return {identity.name for identity in now(call, **wanted).silent}


def speak(call, name, text, after=timedelta(hours=1)):
    live(call.account, said("!a", text, by=f"@{name}", name=name, at=call.at + after))


def chase(call, **more):
    more = {"actor": SYSTEM, "text": "看到请回一声", **more}
    return chat.chase(broadcast_id=call.broadcast.pk, group_ids=[call.pk], **more)


def reminders():
    return Delivery.objects.filter(key__startswith="chase:").order_by("created_at")


def named(delivery):
    return [part.name for part in Content.from_json(delivery.content).parts if isinstance(part, Mention)]


def test_who_said_something_since_has_answered(call):
    assert silent(call) == set(NAMES)
    speak(call, "张三", "我报名")
    speak(call, "李四", "今天好冷")
    speak(call, "王五", "之前说的", after=-timedelta(hours=1))
    assert silent(call) == set(NAMES) - {"张三", "李四"}
    assert silent(call, keyword="报名") == set(NAMES) - {"张三"}
    assert silent(call, keyword="100%_") == set(NAMES)
    assert (now(call).answered, now(call).asked) == (2, 7)


def test_newcomers_are_not_asked_and_who_has_left_neither(call):
    live(call.account, MemberJoined("!a", Sender("@new", "新人"), call.at + timedelta(hours=2)))
    assert "新人" not in silent(call)


def test_a_person_answers_with_any_of_their_accounts(call):
    zhang, li = (Identity.objects.get(name=name).member_id for name in ("张三", "李四"))
    members.merge_members(actor=SYSTEM, member_id=li, into_id=zhang)
    assert now(call).asked == 6
    speak(call, "李四", "报名")
    assert silent(call) == set(NAMES) - {"张三", "李四"}


def test_a_reminder_names_a_few_and_answers_the_call(call):
    speak(call, "张三", "报名")
    assert chase(call) == 1
    (sent,) = reminders()
    assert (sent.purpose, sent.reply_to, sent.broadcast_id) == (Purpose.CAMPAIGN, "$call", None)
    assert len(named(sent)) == 5
    assert "张三" not in named(sent)
    assert not {"同事", "Bot"} & set(named(sent))
    assert sent.content[-1]["text"] == "看到请回一声"
    assert AuditEntry.objects.filter(action="broadcast.chased").count() == 1


def test_not_before_a_day_and_twice_at_most(call):
    with clock.at(call.at + timedelta(hours=23)):
        assert now(call).obstacle == TOO_EARLY
        assert now(call).possible_from == call.at + DAY
        with pytest.raises(Conflict, match="not a day since"):
            chase(call)
    chase(call)
    with pytest.raises(Conflict, match="not a day since"):
        chase(call)
    with clock.at(clock.now() + timedelta(hours=25)):
        chase(call)
        first, second = reminders()
        assert set(named(second)[:2]) == set(NAMES) - set(named(first))  # who was not named comes first
    with clock.at(clock.now() + 9 * DAY):
        assert now(call).obstacle == TWICE
        with pytest.raises(Conflict, match="twice already"):
            chase(call)
    assert reminders().count() == 2


def test_a_reminder_that_was_never_sent_does_not_count(call):
    chase(call)
    reminders().update(state=DeliveryState.FAILED)
    assert now(call).obstacle == ""
    chase(call)
    assert reminders().count() == 2


def test_when_everybody_has_answered_nobody_is_reminded(call):
    for name in NAMES:
        speak(call, name, "报名")
    assert now(call).obstacle == ALL_ANSWERED
    with pytest.raises(Conflict, match="Everybody has answered"):
        chase(call)


def test_two_who_remind_at_once_remind_once(call):
    results = []

    def remind():
        try:
            results.append(chase(call))
        except Conflict:
            results.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=remind) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results, key=str) == [1, "too late"]
    assert reminders().count() == 1


def test_it_needs_an_operator_and_a_text(call):
    viewer = Actor(id=5, name="Mei", grants={call.community_id: Role.VIEWER})
    with pytest.raises(Conflict, match="role does not allow"):
        chase(call, actor=viewer)
    with pytest.raises(NotFound):
        chase(call, actor=Actor(id=6, name="Nobody"))
    with pytest.raises(Invalid):
        chase(call, text=" ")
    assert not reminders()


def test_names_are_written_where_the_platform_has_no_mentions(call):
    called = now(call)
    called.group.platform = "gone"
    assert reminder(called, "请回").plain.count("@") == 5


def test_whoever_wants_to_be_left_in_peace_is_never_named(call):
    for name in NAMES[1:]:
        Member.objects.filter(identities__external_id=f"@{name}").update(muted_at=clock.now())
    assert silent(call) == set(NAMES)
    assert [part.who for part in reminder(now(call), "请回复").parts if isinstance(part, Mention)] == ["@张三"]
    speak(call, "张三", "报名")
    assert now(call).obstacle == IN_PEACE
