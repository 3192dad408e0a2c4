"""The notice of groups: made from the community's texts, pushed where the platform can, else a task; the last wins."""

import threading

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import actions as chat
from qunce.chat import selectors
from qunce.chat.actions import deliveries
from qunce.chat.actions.outcomes import Outcome
from qunce.chat.connector import connectors
from qunce.chat.models import Delivery, GroupNotice
from qunce.chat.types import DeliveryState, GroupSeen, NoticeState, SetNotice, operation_from_json
from qunce.community import actions as community
from qunce.community import policies
from qunce.community import selectors as groups
from qunce.community.models import Group
from qunce.community.types import CommunityProfile
from qunce.kernel import events
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.team import actions as team
from qunce.team.models import Task
from tests.chat import support
from tests.support import world

pytestmark = pytest.mark.django_db
TEXT = "欢迎来到{group}\n目标:{共同目标}\n\n\n找 {contact}"


def a_home(*rooms):
    account = support.account(enabled=True)
    made = support.adopted(account, *rooms)
    return account, made, next(iter(made.values())).community


def write(home, text=TEXT, **more):
    return community.set_notice(actor=SYSTEM, community_id=home.pk, text=text, **more)


def push(home, **more):
    return chat.push_notices(actor=more.pop("actor", SYSTEM), community_id=home.pk, **more)


def states(home):
    return {view.group.external_id: view.state for view in selectors.notices(SYSTEM, home.pk)}


def told(group, state=DeliveryState.PLANNED):
    """The texts on their way to a group, oldest first."""
    rows = Delivery.objects.filter(group_id=group.pk, key__startswith="notice:", state=state).order_by("id")
    return [operation_from_json(row.operation, group.external_id).text for row in rows]


def settle(account, epoch, state=DeliveryState.SENT, **more):
    """Claim what is due, and let this become of it; returns the texts."""
    claims = deliveries.claim(account_id=account.pk, epoch=epoch, limit=100)
    outcomes = [Outcome(each.id, state, **more) for each in claims]
    chat.settle(account_id=account.pk, epoch=epoch, outcomes=outcomes)
    return [each.operation.text for each in claims]


def change(home, **texts):
    profile = groups.profile_of(groups.community(SYSTEM, home.pk))
    values = {field: getattr(profile, field) for field in profile.__dataclass_fields__} | texts
    community.change_community(actor=SYSTEM, community_id=home.pk, profile=CommunityProfile(**values))
    events.deliver_pending()


# ------------------------------------------------------------------ the text
def test_lines_without_anything_to_say_are_left_out():
    values = dict.fromkeys(policies.NOTICE_VARIABLES, "") | {"group": "一群"}
    assert policies.notice_text(TEXT, values) == "欢迎来到一群"
    assert policies.notice_text(TEXT, values | {"contact": "小陈"}) == "欢迎来到一群\n\n找 小陈"


@given(st.lists(st.sampled_from(["", "{group}", "{contact}", "字 {{", "{purpose}{promise}"]), max_size=12))
def test_a_notice_has_no_empty_edges_and_no_double_gaps(lines):
    text = policies.notice_text("\n".join(lines), dict.fromkeys(policies.NOTICE_VARIABLES, "") | {"group": "一群"})
    assert text == text.strip()
    assert "\n\n\n" not in text


def test_who_may_write_it_and_what_it_cannot_be():
    _account, made, home = a_home("a")
    for wrong in ("", "{群主}", "一个 { 括号", "长" * 2001):
        with pytest.raises(Invalid) as refused:
            write(home, wrong)
        assert refused.value.field == "text"
    viewer = world.actor(world.member_of_staff(roles={home.pk: Role.VIEWER}))
    stranger = world.actor(world.member_of_staff(roles={world.a_community("别处").pk: Role.OWNER}))
    for actor, error in ((viewer, NotAllowed), (stranger, NotFound)):
        with pytest.raises(error):
            community.set_notice(actor=actor, community_id=home.pk, text="x")
        with pytest.raises(error):
            push(home, actor=actor)
    unwritten = groups.notice(SYSTEM, home.pk)
    assert "群 a" in groups.notice_texts(unwritten, made.values())[made["a"].pk]


# ------------------------------------------------------------------ pushing
def test_it_is_pushed_once_and_again_when_something_in_it_changes():
    account, made, home = a_home("a", "b")
    epoch = support.lease(account)
    change(home, shared_goal="读完一本书")
    write(home, contact="小陈")
    assert states(home) == {"a": NoticeState.NEVER, "b": NoticeState.NEVER}
    assert push(home) == 2
    assert push(home) == 0
    assert told(made["a"]) == ["欢迎来到群 a\n目标:读完一本书\n\n找 小陈"]
    assert set(states(home).values()) == {NoticeState.ON_ITS_WAY}
    settle(account, epoch)
    assert set(states(home).values()) == {NoticeState.CURRENT}
    change(home, promise="没有出现在公告里")
    assert set(states(home).values()) == {NoticeState.CURRENT}
    change(home, shared_goal="读完两本书")
    assert set(states(home).values()) == {NoticeState.OUTDATED}
    assert push(home, group_ids=[made["a"].pk]) == 1
    assert states(home) == {"a": NoticeState.ON_ITS_WAY, "b": NoticeState.OUTDATED}


def test_kept_current_it_follows_texts_names_and_newcomers():
    account, made, home = a_home("a")
    write(home, keep_current=True)
    events.deliver_pending()
    assert told(made["a"]) == ["欢迎来到群 a"]
    change(home, shared_goal="跑完半马")
    support.live(account, GroupSeen("a", "晨跑群"), GroupSeen("b", "新群"))
    events.deliver_pending()
    assert told(made["a"]) == ["欢迎来到晨跑群\n目标:跑完半马"]
    assert Delivery.objects.filter(state=DeliveryState.SKIPPED).count() == 2
    newcomer = Group.objects.get(external_id="b")
    chat.adopt(actor=SYSTEM, community_id=home.pk, group_ids=[newcomer.pk])
    events.deliver_pending()
    assert told(newcomer) == ["欢迎来到新群\n目标:跑完半马"]


def test_without_the_tick_nothing_moves_by_itself():
    account, made, home = a_home("a")
    write(home)
    support.live(account, GroupSeen("a", "晨跑群"))
    events.deliver_pending()
    assert not told(made["a"])


def test_what_was_refused_is_tried_again_by_a_person_only():
    account, made, home = a_home("a")
    epoch = support.lease(account)
    write(home, keep_current=True)
    events.deliver_pending()
    settle(account, epoch, DeliveryState.FAILED, detail="不是管理员")
    view = selectors.notices(SYSTEM, home.pk)[0]
    assert (view.state, view.reason) == (NoticeState.FAILED, "不是管理员")
    assert chat.keep_notices(community_id=home.pk) == 0
    assert push(home) == 1
    settle(account, epoch)
    assert states(home) == {"a": NoticeState.CURRENT}
    assert made


def test_where_no_account_can_it_is_a_task_and_the_last_text_stays(monkeypatch):
    _account, made, home = a_home("a")
    kind = connectors["sandbox"]
    less = kind.capabilities.performs - {SetNotice}
    monkeypatch.setattr(kind, "capabilities", __import__("dataclasses").replace(kind.capabilities, performs=less))
    write(home)
    push(home)
    task = Task.objects.get()
    assert (task.details, task.community_id) == ("欢迎来到群 a", home.pk)
    assert states(home) == {"a": NoticeState.BY_HAND}
    write(home, "另一句 {group}")
    assert states(home) == {"a": NoticeState.OUTDATED}
    push(home)
    assert list(Task.objects.order_by("id").values_list("state", "details")) == [
        ("cancelled", "欢迎来到群 a"),
        ("open", "另一句 群 a"),
    ]
    team.complete_task(actor=SYSTEM, task_id=Task.objects.get(state="open").pk)
    assert states(home) == {"a": NoticeState.CURRENT}
    assert made
    assert not Delivery.objects.exists()


# ------------------------------------------------------------------ races
def test_an_older_text_put_off_by_the_platform_does_not_come_after_the_newer():
    account, made, home = a_home("a")
    epoch = support.lease(account)
    write(home, "一")
    push(home)
    first = deliveries.claim(account_id=account.pk, epoch=epoch, limit=9)
    write(home, "二")
    push(home)
    late = Outcome(first[0].id, DeliveryState.PLANNED, "429", never_left=True)
    chat.settle(account_id=account.pk, epoch=epoch, outcomes=[late])
    assert settle(account, epoch) == ["二"]
    assert told(made["a"]) == []
    assert states(home) == {"a": NoticeState.CURRENT}


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_the_last_text_is_pushed():
    _account, made, home = a_home("a", "b")
    write(home, keep_current=True)
    chat.keep_notices(community_id=home.pk)
    together = threading.Barrier(2)

    def work(text):
        together.wait()
        try:
            for number in range(5):
                write(home, f"{text} {number}", keep_current=True)
                chat.keep_notices(community_id=home.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[text]) for text in ("左", "右")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = groups.notice(SYSTEM, home.pk).text
    for group in made.values():
        assert told(group) == [last]
        assert GroupNotice.objects.get(pk=group.pk).text == last
    assert set(states(home).values()) == {NoticeState.ON_ITS_WAY}
