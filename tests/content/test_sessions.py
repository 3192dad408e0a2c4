"""Sessions: begun and ended by words, by hand or by themselves; drafted, written up, asked about and published."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import IntegrityError, connection, transaction

from qunce.chat.models import Delivery, Message
from qunce.chat.types import Content, DeliveryState, MessageDeleted, MessageEdited
from qunce.content import actions
from qunce.content.models import Consent, Item, Session
from qunce.content.policies.drafts import Edit
from qunce.content.selectors import sessions as reads
from qunce.content.selectors import sites
from qunce.content.types import ConsentState, Outlet, Role
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.kernel.events import deliver_pending
from qunce.kernel.models import AuditEntry
from qunce.members import actions as members
from qunce.members import selectors as people
from tests.chat.support import said
from tests.steps.bench import START, Bench
from tests.support import world

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TALK = (
    (1, "李四", "今天聊聊怎么把读书笔记变成文章，我做了三年。"),
    (2, "李四", "第一步，每条笔记只写一件事，用自己的话写。"),
    (3, "张三", "666"),
    (4, "李四", "第二步，每周日把笔记摊开，排个顺序就能动笔。现在可以提问了"),
    (6, "张三", "笔记用纸写还是用软件写比较好？"),
    (7, "李四", "@张三 都可以，我用纸写笔记，因为慢一点更容易想明白。"),
)


@pytest.fixture
def bench():
    made = Bench()
    members.set_team(actor=SYSTEM, member_id=made.member("王五").pk, team=True)
    return made


def group_of(bench):
    return bench.groups["!a"].pk


def at(minutes):
    return START + minutes * MINUTE


def talk(bench, lines=TALK):
    for minute, name, text in lines:
        bench.say(text, by=name, at=at(minute))


def hold(bench, *, begin="分享开始 《读书笔记变文章》", lines=TALK, end="分享结束"):
    """A session from words to draft."""
    bench.say(begin, by="王五", at=START)
    talk(bench, lines)
    bench.say(end, by="王五", at=at(20))
    settle(20)
    return Session.objects.latest("pk")


def settle(minute):
    with clock.at(at(minute)):
        deliver_pending()


def drafted(session):
    session.refresh_from_db()
    return reads.draft_of(session)


def texts(session, role=None):
    return [each.text for each in drafted(session).kept if role in {None, each.role}]


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
    from qunce.playbooks import actions as playbooks

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


# ------------------------------------------------------------------ authors are asked
def ask(bench, session, outlet=Outlet.SITE, minute=21):
    with clock.at(at(minute)):
        count = actions.ask_authors(actor=SYSTEM, session_id=session.pk, outlet=outlet)
    bench.deliver(at(minute))
    return count


def asking(session):
    key = Consent.objects.filter(session=session).exclude(asked_key="").latest("pk").asked_key
    return Delivery.objects.get(key=key)


def answer(bench, name, text, *, minute, session=None):
    reply = {"reply_to": asking(session).external_id} if session else {}
    with clock.at(at(minute)):
        bench.live(said("!a", text, by=f"@{name}", name=name, at=at(minute), **reply))


def state_of(bench, name):
    return Consent.objects.filter(identity_id=bench.member(name).identities.get().pk).latest("pk").state


def publish(session, outlet=Outlet.SITE, minute=40, actor=SYSTEM):
    with clock.at(at(minute)):
        return actions.publish_session(actor=actor, session_id=session.pk, outlet=outlet)


def body(session):
    session.refresh_from_db()
    return Item.objects.get(pk=session.item_id).published.document["body"]


def test_nothing_leaves_by_silence(bench):
    session = hold(bench)
    assert ask(bench, session) == 2
    with pytest.raises(Conflict):
        publish(session)
    with clock.at(START + timedelta(days=9)):
        actions.publish_due()
        with pytest.raises(Conflict):
            actions.publish_session(actor=SYSTEM, session_id=session.pk, outlet=Outlet.SITE)
    assert not Item.objects.exists()


def test_authors_answer_by_words_and_only_what_they_agree_to_leaves(bench):
    session = hold(bench)
    ask(bench, session)
    text = Content.from_json(asking(session).content).plain
    assert "@李四" in text
    assert "@张三" in text
    answer(bench, "李四", "同意", minute=22, session=session)
    answer(bench, "张三", "匿名", minute=23)
    assert (state_of(bench, "李四"), state_of(bench, "张三")) == ("yes", "anonymous")
    publish(session)
    out = body(session)
    assert "李四" in out
    assert "用纸写还是用软件写" in out
    assert "张三" not in out, "nor where somebody else names them"
    assert "666" not in out
    asked_again = ask(bench, session, minute=41)
    assert asked_again == 0, "once"


def test_who_is_left_in_peace_or_says_no_is_left_out_and_not_asked_again(bench):
    session = hold(bench)
    path = members.make_link(actor=SYSTEM, member_id=bench.member("张三").pk, community_id=bench.home_id)
    link, secret = members.open_link(token=path.strip("/").rpartition("/")[2])
    members.set_muted(visit=people.visit(link.ref, secret), muted=True)
    assert ask(bench, session) == 1
    assert "@张三" not in Content.from_json(asking(session).content).plain
    answer(bench, "李四", "不同意", minute=22, session=session)
    assert ask(bench, session, minute=23) == 0
    with pytest.raises(Conflict):
        publish(session)


def test_words_that_were_changed_are_asked_about_again(bench):
    session = hold(bench)
    ask(bench, session, Outlet.MEMBERS)
    answer(bench, "李四", "同意", minute=22, session=session)
    publish(session, Outlet.MEMBERS)
    first = drafted(session).kept[0]
    edit = Edit("text", first.id, text="李四从来没有这样说过。", seen=first.text)
    actions.edit_draft(actor=SYSTEM, session_id=session.pk, edit=edit)
    with pytest.raises(Conflict):
        publish(session, Outlet.MEMBERS, minute=50)
    assert "从来没有" not in body(session)
    assert ask(bench, session, Outlet.MEMBERS, minute=51) == 1, "and whoever has not answered is not pressed"
    session.refresh_from_db()
    with pytest.raises(Conflict):
        publish(session, Outlet.SITE, minute=52)


def test_what_was_agreed_to_is_taken_back_at_once(bench):
    session = hold(bench)
    ask(bench, session)
    for name in ("李四", "张三"):
        answer(bench, name, "同意", minute=22, session=session)
    publish(session)
    assert "用纸写还是用软件写" in body(session)
    answer(bench, "张三", "不同意", minute=50, session=session)
    assert "用纸写还是用软件写" not in body(session)
    assert "张三" not in body(session)
    answer(bench, "李四", "no", minute=51, session=session)
    item = Item.objects.get()
    assert item.published is None
    assert item.taken_down_why
    assert AuditEntry.objects.filter(action="session.consent_refused").count() == 2


def test_a_member_answers_on_their_page_and_nobody_elses(bench):
    session = hold(bench)
    ask(bench, session)
    visits = {}
    for name in ("张三", "李四"):
        path = members.make_link(actor=SYSTEM, member_id=bench.member(name).pk, community_id=bench.home_id)
        link, secret = members.open_link(token=path.strip("/").rpartition("/")[2])
        visits[name] = people.visit(link.ref, secret)
    (mine,) = reads.asked_of(visits["张三"])
    assert reads.own_words(mine) == ["笔记用纸写还是用软件写比较好？"]
    with pytest.raises(NotFound):
        actions.answer_on_page(visit=visits["李四"], consent_id=mine.pk, state=ConsentState.YES)
    actions.answer_on_page(visit=visits["张三"], consent_id=mine.pk, state=ConsentState.YES)
    assert state_of(bench, "张三") == "yes"


# ------------------------------------------------------------------ by plan
def test_a_plan_publishes_the_same_night(bench):
    with clock.at(START):
        session = actions.begin_session(
            actor=SYSTEM,
            group_id=group_of(bench),
            topic="按计划发布",
            key="planned",
            plan=["group", "members", "site"],
        )
    talk(bench)
    with clock.at(at(20)):
        actions.end_session(actor=SYSTEM, session_id=session.pk)
        deliver_pending()
        actions.finish(actor=SYSTEM, session_id=session.pk)
    bench.deliver(at(20))
    assert any("按计划发布" in text and "每条笔记只写一件事" in text for text in bench.said()), "the group at once"
    answer(bench, "李四", "同意", minute=21, session=session)
    with clock.at(at(22)):
        assert actions.publish_due() == 0, "张三 has not answered yet"
    answer(bench, "张三", "不同意", minute=23, session=session)
    with clock.at(at(24)):
        assert actions.publish_due() == 2
        assert actions.publish_due() == 0
    session.refresh_from_db()
    assert session.outlets == ["group", "members", "site"]
    assert "用软件写" not in body(session)


def test_the_site_needs_a_lead(bench):
    from qunce.kernel.actor import Role as StaffRole
    from qunce.kernel.errors import NotAllowed

    session = hold(bench)
    ask(bench, session)
    answer(bench, "李四", "同意", minute=22, session=session)
    operator = world.actor(world.member_of_staff(roles={bench.home_id: StaffRole.OPERATOR}))
    with pytest.raises(NotAllowed):
        publish(session, actor=operator)
    assert publish(session, Outlet.MEMBERS, actor=operator).outlets == ["members"]


def test_only_what_is_public_reaches_the_site(bench):
    session = hold(bench)
    ask(bench, session)
    answer(bench, "李四", "同意", minute=22, session=session)
    actions.set_site(
        actor=SYSTEM, community_id=bench.home_id, enabled=True, slug="reading", intro="", language="zh-hans"
    )
    home = sites.open_site("reading")
    publish(session, Outlet.MEMBERS)
    assert not list(sites.entries(home))
    publish(session, Outlet.SITE, minute=41)
    (shown,) = sites.entries(home, text="一件事")
    assert sites.entry(home, shown.key).document.title == "读书笔记变文章"
    assert not list(sites.entries(home, text="没有这句"))
    actions.take_back(actor=SYSTEM, session_id=session.pk)
    with pytest.raises(NotFound):
        sites.entry(home, shown.key)
    with pytest.raises(Invalid):
        actions.set_site(
            actor=SYSTEM, community_id=bench.home_id, enabled=True, slug="A b", intro="", language="zh-hans"
        )


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
