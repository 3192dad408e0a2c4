"""Authors are asked before their words leave the group; what they say counts at once; plans wait for them."""

from datetime import timedelta

import pytest

from qunce.chat.types import Content
from qunce.content import actions
from qunce.content.models import Item
from qunce.content.policies import leaving
from qunce.content.policies.drafts import Edit
from qunce.content.selectors import sessions as reads
from qunce.content.selectors import sites, writing
from qunce.content.types import ConsentState, Draft, Outlet, Passage
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.actor import Role as StaffRole
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.events import deliver_pending
from qunce.kernel.models import AuditEntry
from qunce.members import actions as members
from qunce.members import selectors as people
from tests.content.holding import answer, ask, asking, at, body, drafted, group_of, hold, publish, state_of, talk
from tests.steps.bench import START
from tests.support import world

pytestmark = pytest.mark.django_db


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


# ------------------------------------------------------------------ what stands where somebody is left out
def test_points_are_one_line_each_and_chinese_lines_meet_without_a_space():
    said = Passage(
        id="p1", identity_id=1, name="李四", text="好问题。\n每个季度清一次，\n用 Obsidian\n也行 at once\nor later。"
    )
    draft = Draft(points=("p1",), passages=(said,))
    assert leaving.points(draft) == ["好问题。每个季度清一次，用 Obsidian也行 at once or later。"]


def test_keywords_of_what_is_left_out_leave_with_nobody(bench):
    session = hold(bench)
    draft = drafted(session)
    session.draft = draft.model_copy(update={"keywords": ("笔记", "软件", "李四")}).model_dump(mode="json")
    session.save()
    ask(bench, session)
    answer(bench, "李四", "匿名", minute=22, session=session)
    answer(bench, "张三", "不同意", minute=23, session=session)
    publish(session)
    item = Item.objects.get()
    assert item.published.document["tags"] == ["笔记"], (
        "软件 was said by whom does not agree; 李四 is not to be named"
    )


def test_an_answer_stays_where_the_question_is_not_quoted(bench):
    session = hold(bench)
    ask(bench, session)
    answer(bench, "李四", "同意", minute=22, session=session)
    publish(session)
    out, lost = body(session), writing.headings("zh-hans")["unquoted"]
    assert "用纸写还是用软件写" not in out
    assert out.index("每条笔记只写一件事") < out.index(lost) < out.rindex("因为慢一点")
