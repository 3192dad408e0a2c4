"""Sessions: begun and ended by words, by hand or by themselves; drafted, written up, asked about and published."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from qunce.chat.models import Delivery, Message
from qunce.chat.types import DeliveryState, MessageDeleted, MessageEdited
from qunce.content import actions
from qunce.content.models import Practice, Session
from qunce.content.policies.drafts import Edit
from qunce.content.selectors import sessions as reads
from qunce.content.types import Outlet, Role, Words
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.actor import Role as StaffRole
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.kernel.events import deliver_pending
from qunce.kernel.models import AuditEntry
from qunce.members import actions as members
from qunce.members import selectors as people
from qunce.members.models import Member
from qunce.playbooks import actions as playbooks
from qunce.playbooks import selectors as library
from qunce.playbooks.policies.yaml import read
from qunce.team.models import Task
from tests.content.holding import MINUTE, at, drafted, group_of, hold, settle, talk, texts
from tests.steps.bench import DAY, START, Bench
from tests.support import world
from tests.support.sessions import agreed

pytestmark = pytest.mark.django_db


# ------------------------------------------------------------------ beginning and ending
def test_the_team_s_words_begin_and_end_it_and_what_lies_between_is_drafted(bench):
    bench.say("这句在开始之前说", by="李四", at=START - MINUTE)
    session = hold(bench)
    bench.say("这句在结束之后说", by="李四", at=at(21))
    assert (session.topic, session.state, session.ended_by) == ("读书笔记变文章", "drafted", "person")
    assert (session.began_at, session.ended_at) == (START, at(20))
    assert texts(session, Role.QUESTION) == ["笔记用纸写还是用软件写比较好？"]
    (answer,) = texts(session, Role.ANSWER)
    assert answer.startswith("@张三 都可以")
    whole = "\n".join(each.text for each in drafted(session).passages)
    assert "之前说" not in whole
    assert "之后说" not in whole
    assert [each.text for each in drafted(session).passages if each.dropped] == ["666"]


def test_who_is_neither_of_the_team_nor_has_the_turn_begins_nothing(bench):
    bench.say("分享开始 《我的题目》", by="张三", at=START)
    settle(1)
    assert not Session.objects.exists()


def test_who_has_the_turn_begins_and_ends_their_own(bench):
    with clock.at(START):
        playbooks.begin_rota(
            actor=SYSTEM,
            group_id=group_of(bench),
            title="今晚分享",
            duties="",
            weekdays=range(7),
            member_ids=[bench.member("李四").pk, bench.member("张三").pk],
        )
    bench.say("分享开始：怎样做卡片", by="李四", at=START)
    settle(1)
    session = Session.objects.get()
    assert (session.topic, session.began_at) == ("怎样做卡片", START)
    assert session.speaker_ids == [bench.member("李四").identities.get().pk]
    bench.say("分享结束", by="张三", at=at(2))
    bench.say("分享结束", by="李四", at=at(3))
    session.refresh_from_db()
    assert session.ended_at == at(3), "another listener's words end nothing"


def test_a_community_has_words_of_its_own(bench):
    with clock.at(START):
        actions.set_practice(
            actor=SYSTEM,
            community_id=bench.home_id,
            begins=["开讲啦"],
            ends=["散会"],
            silence=timedelta(hours=1),
            consent=timedelta(hours=24),
        )
    bench.say("分享开始 《不算》", by="王五", at=START)
    assert not Session.objects.exists()
    session = hold(bench, begin="开讲啦 「新的词」", end="散会！")
    assert (session.topic, session.state) == ("新的词", "drafted")
    with pytest.raises(Invalid):
        actions.set_practice(
            actor=SYSTEM,
            community_id=bench.home_id,
            begins=["开讲"],
            ends=["开讲"],
            silence=MINUTE,
            consent=MINUTE,
        )


def standing(bench, name, *, named=True, actor=SYSTEM):
    actions.set_standing_scribe(actor=actor, community_id=bench.home_id, member_id=bench.member(name).pk, named=named)


def test_who_writes_up_every_session_is_named_once_and_called_when_there_is_a_draft(bench):
    actor = world.actor(world.member_of_staff("负责人", roles={bench.home_id: StaffRole.LEAD}))
    for name in ("张三", "张三", "李四", "王五"):
        standing(bench, name, actor=actor)
    standing(bench, "王五", named=False, actor=actor)
    Member.objects.filter(pk=bench.member("李四").pk).update(muted_at=START)
    assert reads.standing_scribes(actor, bench.home_id) == [
        (bench.member(name).pk, name) for name in ("李四", "张三")
    ]
    session = hold(bench)
    assert session.scribe_ids == sorted(bench.member(name).pk for name in ("李四", "张三"))
    (called,) = [text for text in bench.said() if "@张三" in text]
    assert session.topic in called
    assert "李四" not in called, "who wants to be left in peace"
    told = AuditEntry.objects.filter(action="session.standing_scribe")
    assert [each.params["name"] for each in told.order_by("pk")] == ["张三", "李四", "王五", "王五"]
    operator = world.actor(world.member_of_staff("运营", roles={bench.home_id: StaffRole.OPERATOR}))
    with pytest.raises(NotAllowed):
        standing(bench, "王五", actor=operator)


def test_nobody_is_called_to_write_up_a_session_in_which_nothing_was_said(bench):
    standing(bench, "张三")
    session = hold(bench, lines=((1, "张三", "666"),))
    assert (session.state, session.scribe_ids) == ("drafted", [bench.member("张三").pk])
    assert not bench.said()


def test_what_was_begun_by_mistake_is_put_away_and_taken_up_again(bench):
    standing(bench, "张三")
    session = hold(bench)
    path = members.make_link(actor=SYSTEM, member_id=bench.member("张三").pk, community_id=bench.home_id)
    link, secret = members.open_link(token=path.strip("/").rpartition("/")[2])
    visit = people.visit(link.ref, secret)
    assert reads.scribed_by(visit) == [session]
    actions.put_away(actor=SYSTEM, session_id=session.pk, away=True)
    assert not reads.scribed_by(visit)
    with clock.at(at(30)):
        again = actions.take_past(
            actor=SYSTEM, group_id=group_of(bench), topic="重取", key="again", since=at(1), until=at(7)
        )
    assert again.state == "ended", "what it covered is free again"
    Session.objects.filter(pk=again.pk).delete()
    assert actions.put_away(actor=SYSTEM, session_id=session.pk, away=False).state == "drafted"
    assert reads.scribed_by(visit) == [session]
    agreed(session)
    actions.publish_session(actor=SYSTEM, session_id=session.pk, outlet=Outlet.MEMBERS)
    with pytest.raises(Conflict):
        actions.put_away(actor=SYSTEM, session_id=session.pk, away=True)
    running = actions.begin_session(actor=SYSTEM, group_id=group_of(bench), topic="还在讲", key="running")
    with pytest.raises(Conflict):
        actions.put_away(actor=SYSTEM, session_id=running.pk, away=True)


def test_a_stranger_to_a_community_writes_up_none_of_its_sessions(bench):
    other = world.a_community("别处")
    with pytest.raises(Invalid):
        actions.set_standing_scribe(
            actor=SYSTEM, community_id=other.pk, member_id=bench.member("张三").pk, named=True
        )
    assert not Practice.objects.exists()


def test_words_of_a_community_and_its_scribes_leave_each_other_alone(bench):
    standing(bench, "张三")
    practice = reads.practice(bench.home_id)
    assert practice == Words()
    actions.set_practice(
        actor=SYSTEM,
        community_id=bench.home_id,
        begins=["开讲啦"],
        ends=["散会"],
        silence=practice.silence,
        consent=practice.consent,
    )
    assert reads.usual_scribes(bench.home_id) == {bench.member("张三").pk}
    other = bench.member("李四")
    members.merge_members(actor=SYSTEM, member_id=bench.member("张三").pk, into_id=other.pk)
    assert reads.usual_scribes(bench.home_id) == {other.pk}, "whom they were merged into"


def test_a_batch_in_which_nothing_is_met_asks_nothing(bench, django_assert_max_num_queries):
    bench.say("早", at=START)
    with django_assert_max_num_queries(200) as seen:
        bench.say("今天吃什么", at=at(1))
    assert not [each for each in seen.captured_queries if "content_" in each["sql"]]


def test_two_at_once_in_a_group_are_refused(bench):
    with clock.at(START):
        actions.begin_session(actor=SYSTEM, group_id=group_of(bench), topic="一", key="one")
        with pytest.raises(Conflict):
            actions.begin_session(actor=SYSTEM, group_id=group_of(bench), topic="二", key="two")
        again = actions.begin_session(actor=SYSTEM, group_id=group_of(bench), topic="一", key="one")
    assert again.topic == "一"
    assert Session.objects.count() == 1
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.create(
            community_id=bench.home_id,
            group_id=group_of(bench),
            key="three",
            topic="三",
            began_at=START,
            spoke_at=START,
            changed_at=START,
        )


def test_a_forgotten_one_ends_by_itself_once_and_says_so(bench):
    bench.say("分享开始 《忘了结束》", by="王五", at=START)
    talk(bench)
    for hours, ended in ((1, 0), (3, 1), (4, 0)):
        with clock.at(START + timedelta(hours=hours)):
            assert actions.end_due() == ended
    session = Session.objects.get()
    assert session.ended_by == "silence"
    assert [text for text in bench.said() if "忘了结束" in text]
    settle(300)
    assert drafted(session).kept


def test_a_past_stretch_becomes_one(bench):
    talk(bench)
    with clock.at(at(30)):
        made = actions.take_past(
            actor=SYSTEM, group_id=group_of(bench), topic="补一场", key="past", since=at(1), until=at(7)
        )
        with pytest.raises(Conflict):
            actions.take_past(
                actor=SYSTEM, group_id=group_of(bench), topic="重叠", key="more", since=at(4), until=at(9)
            )
    settle(30)
    assert len(drafted(made).passages) >= 3
    assert texts(made)[0].startswith("今天聊聊")


# ------------------------------------------------------------------ edits of people, and of scribes
def test_what_people_change_and_take_back_counts_until_it_is_published(bench):
    session = hold(bench)
    first, question = (Message.objects.get(text__startswith=start) for start in ("今天聊聊", "笔记用纸"))
    with clock.at(at(30)):
        bench.live(
            MessageEdited("!a", first.external_id, at(30), "今天聊聊怎么写文章。"),
            MessageDeleted("!a", question.external_id, at(30)),
        )
    now = reads.draft_now(session)
    assert "今天聊聊怎么写文章。" in now.kept[0].text
    assert not [each for each in now.kept if each.role is Role.QUESTION]
    with clock.at(at(31)):
        actions.publish_session(actor=SYSTEM, session_id=session.pk, outlet=Outlet.GROUP)
    sent = bench.said()[-1]
    assert "怎么写文章" in sent
    assert "用纸写还是" not in sent


def test_two_scribes_at_once_lose_nothing(bench):
    session = hold(bench)
    first = drafted(session).kept[0]
    one = Edit("text", first.id, text="甲写的", seen=first.text, by="甲")
    other = Edit("text", first.id, text="乙写的", seen=first.text, by="乙")
    for edit in (one, other):
        actions.edit_draft(actor=SYSTEM, session_id=session.pk, edit=edit)
    kept = drafted(session).of(first.id)
    assert (kept.text, kept.other, kept.other_by) == ("甲写的", "乙写的", "乙")
    actions.edit_draft(actor=SYSTEM, session_id=session.pk, edit=Edit("choose", first.id, text="other"))
    assert (drafted(session).of(first.id).text, drafted(session).of(first.id).other) == ("乙写的", "")


def test_passages_are_moved_parted_joined_left_out_and_put_back(bench):
    session = hold(bench)
    talk_of = [each for each in drafted(session).kept if each.role is Role.TALK]
    first = talk_of[0]

    def edit(op, passage=first.id, **more):
        actions.edit_draft(actor=SYSTEM, session_id=session.pk, edit=Edit(op, passage, **more))
        return drafted(session)

    parted = edit("part", place=first.text.index("\n"))
    assert [each.text for each in parted.passages[:2]] == first.text.split("\n", 1)
    assert edit("down").passages[1].id == first.id
    assert edit("up").passages[0].id == first.id
    assert edit("join").passages[0].text == first.text
    assert edit("drop").of(first.id).dropped
    assert not edit("restore").of(first.id).dropped
    assert edit("title", "", text="新标题", seen=session.topic).title == "新标题"
    with pytest.raises(Conflict):
        edit("title", "", text="另一个", seen="旧的")
    with pytest.raises(Conflict):
        edit("drop", "none")


# ------------------------------------------------------------------ by a playbook
def test_a_session_behind_a_gate_asks_for_its_write_up(bench):
    """The library's own: the team is asked to write up what was said, and asked nothing where nobody spoke."""
    document = library.library_entry("friday-session-with-quality-gate").document
    (gate,) = [each for each in document.steps if each.id == "gate"]
    after = [each for each in gate.paths["approved"] if each.id in {"session", "thanks"}]
    bench.begin(
        [each.model_dump(mode="json", exclude={"when"}) for each in after],
        values={"speaker": "李四", "topic": "读书笔记"},
        variables=document.variables,
    )
    bench.go()
    talk(bench)
    bench.say("分享结束", by="王五", at=at(20))
    bench.go(at(20))
    task = Task.objects.get()
    assert (task.title, task.due_at) == ("今晚把《读书笔记》整理成稿", at(20 + 180))
    assert [text for text in bench.said() if text.startswith("谢谢 李四")]


# ------------------------------------------------------------------ rehearsed
@pytest.mark.parametrize("key", ["everyone-shares", "friday-session-with-quality-gate"])
def test_playbooks_with_sessions_are_rehearsed_and_leave_nothing(bench, key):
    entry = library.library_entry(key)
    assert not entry.missing
    told = playbooks.rehearse(
        actor=SYSTEM, document=entry.document, group_ids=[group_of(bench)], days=8, began_at=START + 3 * DAY
    )
    assert told.messages
    assert not Session.objects.exists()


HELD = """
key: held
title: 分享
steps:
  - id: session
    do: session
    topic: 一个能马上用的方法
    for: 1h
    text: 开讲了
    questions-after: 20m
    questions: 现在提问
    publish: site
    nothing-said:
      - {id: none, do: send, text: 今晚没有人说话}
"""


def test_a_rehearsal_holds_the_session_and_leaves_nothing(bench):
    told = playbooks.rehearse(
        actor=SYSTEM,
        document=read(HELD, library.vocabulary()),
        group_ids=[group_of(bench)],
        days=1,
        began_at=START,
    )
    assert [each.text for each in told.messages] == ["开讲了", "现在提问", "今晚没有人说话"]
    assert told.messages[1].at - told.messages[0].at == 20 * MINUTE
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_draft_and_end_once():
    bench = Bench()
    with clock.at(START):
        session = actions.begin_session(
            actor=SYSTEM, group_id=group_of(bench), topic="两个进程", key="race", ends_at=at(5)
        )
    talk(bench)

    def work():
        with clock.at(at(10)):
            actions.end_due()
            deliver_pending()
        connection.close()

    both = [Thread(target=work) for _each in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    with clock.at(at(11)):
        deliver_pending()
    session.refresh_from_db()
    assert (session.state, session.edition) == ("drafted", 1)
    assert AuditEntry.objects.filter(action="session.ended").count() == 1
    assert not Delivery.objects.filter(state=DeliveryState.SENT).exists()
