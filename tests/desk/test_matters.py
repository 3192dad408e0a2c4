"""What needs a person: raised and settled by what is said, answered, given and closed by people; races are decided."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from qunce.chat import actions as chat
from qunce.chat.actions.outcomes import Outcome
from qunce.chat.models import Delivery, Message
from qunce.chat.types import DeliveryState, Mention, MessageDeleted, Purpose, Text
from qunce.desk import actions, selectors
from qunce.desk.models import Answer, Matter
from qunce.desk.types import OUR_ACCOUNT, InboxFilter, MatterState, RuleDraft, Tab
from qunce.kernel import audit, clock, events
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.ids import new_id
from qunce.kernel.models import AuditEntry
from qunce.members.models import Member
from tests.chat.support import NOON, account, adopted, live, minutes, said
from tests.support import world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def noon():
    from qunce.chat.actions.ingest import stages

    stages.cache_clear()
    with clock.at(NOON):
        yield
    stages.cache_clear()


@pytest.fixture
def made():
    return account()


@pytest.fixture
def group(made):
    return adopted(made, "!a")["!a"]


def of(role, *community_ids, key=5, name="Mei"):
    return Actor(id=key, name=name, grants=dict.fromkeys(community_ids or [None], role))


def key_of(external_id):
    message = Message.objects.get(external_id=external_id)
    return message.group_id, message.sent_at, message.id


def states():
    return dict(Matter.objects.values_list("external_id", "state"))


# ------------------------------------------------------------------ the pipeline's part
def test_questions_are_raised_and_nothing_else(made, group):
    actions.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=("报名",), answer="在这里"))
    live(
        made,
        said("!a", "几点开始？", key="$1"),
        said("!a", "大家好", key="$2"),
        said("!a", "怎么报名？", key="$3"),  # a keyword answers
        said("!a", "谁有讲义？", key="$4", by="@bot", is_bot=True),
        said("!a", "今晚来吗？", key="$5", by=made.external_id),
    )
    assert states() == {"$1": "open"}
    live(made, said("!a", "几点开始？", key="$1"))
    assert Matter.objects.count() == 1


def test_mentions_of_our_account_and_of_the_team_are_raised(made, group):
    lin = world.member_of_staff("林芝", roles={group.community_id: Role.SERVICE})
    world.member_of_staff("赵敏", roles={group.community_id: Role.VIEWER})  # could not answer
    elsewhere = world.a_community()
    world.member_of_staff("孙悦", roles={elsewhere.pk: Role.OWNER})
    live(
        made,
        said("!a", "@林芝 收到", key="$1"),
        said("!a", "赵敏和孙悦都在", key="$2"),
        said("!a", "你好", key="$3", parts=(Mention(made.external_id, "群秘书"), Text("你好"))),
        said("!a", "@群秘书 你好", key="$4"),
        said("!a", "林芝说几点开始？", key="$5"),
        said("!a", "谁来接？", key="$6", name="林芝"),  # the team's own question
    )
    found = {each.external_id: (each.asks, each.mentioned) for each in Matter.objects.all()}
    assert found == {
        "$1": (False, [lin.pk]),
        "$3": (False, [OUR_ACCOUNT]),
        "$4": (False, [OUR_ACCOUNT]),
        "$5": (True, [lin.pk]),
    }


def test_a_question_is_answered_by_a_reply_and_likely_by_what_is_said_next(made, group):
    live(made, said("!a", "几点开始？", key="$1"), said("!a", "在哪里？", key="$2", by="@li", name="李四"))
    assert states() == {"$1": "open", "$2": "open"}  # a question is no answer
    live(made, said("!a", "八点", by="@wang", name="王五", at=NOON + minutes(1)))
    assert states() == {"$1": "likely", "$2": "likely"}
    live(made, said("!a", "八点", by="@zhao", name="赵六", reply_to="$1", at=NOON + minutes(60)))
    assert states() == {"$1": "answered", "$2": "likely"}
    assert Matter.objects.get(external_id="$1").settled_by_name == "赵六"


def test_in_one_batch_too_and_late_words_answer_nothing(made, group):
    live(
        made,
        said("!a", "几点开始？", key="$1"),
        said("!a", "八点", by="@wang", name="王五", at=NOON + timedelta(seconds=5)),
        said("!a", "在哪里？", key="$2", at=NOON + minutes(1)),
    )
    assert states() == {"$1": "likely", "$2": "open"}
    live(made, said("!a", "哈哈", by="@wang", at=NOON + minutes(12)))
    assert states()["$2"] == "open"
    live(made, said("!a", "哈哈", by=made.external_id, at=NOON + minutes(13), reply_to="$2"))
    assert states()["$2"] == "answered"


def test_what_a_person_has_decided_is_not_settled_again(made, group):
    live(made, said("!a", "几点开始？", key="$1"))
    actions.mark_done(actor=of(Role.SERVICE), message=key_of("$1"))
    live(made, said("!a", "八点", by="@wang", reply_to="$1", at=NOON + minutes(1)))
    assert states() == {"$1": "done"}


def test_a_quiet_batch_costs_one_statement(made, group, django_assert_num_queries):
    from qunce.chat.stage import Inflow, NewMessage
    from qunce.community import selectors as communities
    from qunce.desk.subscribers import Matters

    (facts,) = communities.group_facts([group.pk])
    stage = Matters()

    def run(text):
        heard = [NewMessage(new_id(), facts, f"${n}", NOON, n, "", text, False, False) for n in range(100)]
        inflow = Inflow(made.pk, NOON, {}, heard)
        stage.foresee(inflow)
        stage.run(inflow)

    run("大家好")
    with django_assert_num_queries(1):
        run("大家好")


# ------------------------------------------------------------------ people's part
def asked(made, text="几点开始？", key="$1"):
    live(made, said("!a", text, key=key))
    return key_of(key)


def test_an_answer_is_planned_as_a_reply_and_written_down(made, group):
    message = asked(made)
    written = actions.answer(actor=of(Role.SERVICE), message=message, text=" 八点\r\n开始 ", key=new_id(), seen=0)
    delivery = Delivery.objects.get()
    assert (delivery.pk, delivery.purpose, delivery.reply_to) == (written.delivery_id, Purpose.SERVICE, "$1")
    assert (delivery.content[0]["text"], delivery.account_id) == ("八点\n开始", made.pk)
    matter = Matter.objects.get()
    assert (matter.state, matter.settled_by, matter.settled_by_name) == ("answered", 5, "Mei")
    entry = AuditEntry.objects.get(action="matter.answered")
    assert audit.say(entry) == "Mei answered “几点开始？” in “群 !a”."
    (given,) = selectors.answers(of(Role.SERVICE), matter)
    assert (given.state, given.failed) == ("planned", False)


def test_pressing_twice_sends_once(made, group):
    message, key = asked(made), new_id()
    for _time in range(2):
        actions.answer(actor=of(Role.SERVICE), message=message, text="八点", key=key, seen=0)
    assert Delivery.objects.count() == Answer.objects.count() == 1


def test_the_second_who_answers_is_told_before_anything_is_sent(made, group):
    message = asked(made)
    actions.answer(actor=of(Role.SERVICE), message=message, text="八点", key=new_id(), seen=0)
    li, key = of(Role.SERVICE, key=6, name="Li"), new_id()
    with pytest.raises(Conflict, match="Mei was quicker and wrote: “八点” Nothing of yours was sent"):
        actions.answer(actor=li, message=message, text="九点", key=key, seen=0)
    assert Delivery.objects.count() == 1
    actions.answer(actor=li, message=message, text="九点", key=key, seen=1)
    assert Delivery.objects.count() == 2


def at_once(*calls):
    """Run them at the same moment; what each returned or raised."""
    barrier, results = Barrier(len(calls)), [None] * len(calls)

    def run(place, call):
        with clock.at(NOON):
            barrier.wait()
            try:
                results[place] = call()
            except Conflict as error:
                results[place] = error
        connections.close_all()

    threads = [Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_answers_at_once_one_is_sent(made, group):
    message = asked(made)
    actors = [of(Role.SERVICE, key=n, name=f"P{n}") for n in (1, 2)]
    results = at_once(
        *(
            lambda each=each: actions.answer(actor=each, message=message, text=each.name, key=new_id(), seen=0)
            for each in actors
        )
    )
    assert sorted(type(each).__name__ for each in results) == ["Answer", "Conflict"]
    assert Delivery.objects.count() == 1
    assert Answer.objects.get().by_name in str(next(each for each in results if isinstance(each, Conflict)))


def test_given_and_done_at_once_end_in_one_of_both_orders(made, group):
    message = asked(made)
    lin = world.member_of_staff("林芝", roles={group.community_id: Role.SERVICE})
    given, done = at_once(
        lambda: actions.assign(actor=of(Role.OPERATOR), message=message, staff_id=lin.pk),
        lambda: actions.mark_done(actor=of(Role.OPERATOR, key=6), message=message),
    )
    matter = Matter.objects.get()
    assert isinstance(done, Matter)
    assert matter.state == "done"
    assert isinstance(given, Conflict) == (matter.assignee_id is None)


def test_any_message_can_be_taken_up_and_two_who_do_so_meet(made, group):
    message = asked(made, "大家好")
    assert not Matter.objects.exists()
    lin = world.member_of_staff("林芝", roles={group.community_id: Role.SERVICE})
    at_once(
        lambda: actions.assign(actor=of(Role.OPERATOR), message=message, staff_id=lin.pk),
        lambda: actions.assign(actor=of(Role.OPERATOR), message=message, staff_id=lin.pk),
    )
    assert Matter.objects.get().assignee_name == "林芝"
    assert AuditEntry.objects.filter(action="matter.assigned").count() == 1


def test_giving_taking_back_closing_and_opening_again(made, group):
    message = asked(made)
    lin = world.member_of_staff("林芝", roles={group.community_id: Role.SERVICE})
    viewer = world.member_of_staff("赵敏", roles={group.community_id: Role.VIEWER})
    mei = of(Role.OPERATOR)
    actions.assign(actor=mei, message=message, staff_id=lin.pk)
    with pytest.raises(Invalid):
        actions.assign(actor=mei, message=message, staff_id=viewer.pk)
    assert selectors.counts(world.actor(lin)).mine == 1
    actions.mark_done(actor=mei, message=message)
    with pytest.raises(Conflict, match="Mei has closed this"):
        actions.assign(actor=mei, message=message, staff_id=None)
    matter = actions.reopen(actor=mei, message=message)
    assert (matter.state, matter.assignee_id, matter.settled_by_name) == (MatterState.OPEN, lin.pk, "")
    actions.assign(actor=mei, message=message, staff_id=None)
    assert [audit.say(entry) for entry in AuditEntry.objects.filter(object_kind="matter").order_by("id")] == [
        "Mei gave “几点开始？” in “群 !a” to 林芝.",
        "Mei marked “几点开始？” in “群 !a” as done.",
        "Mei opened “几点开始？” in “群 !a” again.",
        "Mei gave “几点开始？” in “群 !a” to nobody in particular.",
    ]


def test_viewers_see_and_strangers_do_not(made, group):
    message = asked(made)
    viewer, stranger = of(Role.VIEWER), of(Role.OWNER, world.a_community().pk)
    assert selectors.item(viewer, message).matter.asks
    for act in (actions.mark_done, actions.reopen):
        with pytest.raises(NotAllowed):
            act(actor=viewer, message=message)
        with pytest.raises(NotFound):
            act(actor=stranger, message=message)
    with pytest.raises(NotAllowed):
        actions.answer(actor=viewer, message=message, text="八点", key=new_id(), seen=0)
    with pytest.raises(NotFound):
        selectors.item(stranger, message)
    assert selectors.counts(stranger).unanswered == 0
    for tab in Tab:
        assert not selectors.inbox(stranger, InboxFilter(tab=tab)).items
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(("text", "says"), [(" ", "Write what"), ("读" * 4001, "At most 4000")])
def test_what_cannot_be_sent_is_refused(made, group, text, says):
    with pytest.raises(Invalid, match=says):
        actions.answer(actor=SYSTEM, message=asked(made), text=text, key=new_id(), seen=0)
    assert states() == {"$1": "open"}


def test_without_an_account_nothing_is_sent(made, group):
    message = asked(made)
    chat.set_account_enabled(actor=SYSTEM, account_id=made.pk, enabled=False)
    with pytest.raises(Conflict, match="No account of ours"):
        actions.answer(actor=SYSTEM, message=message, text="八点", key=new_id(), seen=0)


def test_what_failed_is_sent_again_by_hand_and_only_that(made, group):
    message = asked(made)
    written = actions.answer(actor=SYSTEM, message=message, text="八点", key=new_id(), seen=0)
    with pytest.raises(Conflict):
        actions.answer_again(actor=SYSTEM, answer_id=written.pk)
    Delivery.objects.update(state=DeliveryState.FAILED)
    with pytest.raises(NotAllowed):
        actions.answer_again(actor=of(Role.VIEWER), answer_id=written.pk)
    actions.answer_again(actor=of(Role.SERVICE), answer_id=written.pk)
    assert Delivery.objects.get().state == DeliveryState.PLANNED


def test_an_answer_that_does_not_arrive_is_none(made, group):
    message = asked(made)
    written = actions.answer(actor=of(Role.SERVICE), message=message, text="八点", key=new_id(), seen=0)
    ((_account, epoch),) = chat.acquire_leases(holder="g", room_for=1)
    (claimed,) = chat.claim(account_id=made.pk, epoch=epoch, limit=1)
    chat.settle(account_id=made.pk, epoch=epoch, outcomes=[Outcome(claimed.id, DeliveryState.FAILED, "no right")])
    events.deliver_pending()
    matter = Matter.objects.get()
    assert (matter.state, matter.assignee_id, matter.assignee_name) == ("open", 5, "Mei")
    actions.answer_again(actor=of(Role.SERVICE), answer_id=written.pk)
    assert states() == {"$1": "answered"}
    actions.mark_done(actor=of(Role.SERVICE), message=message)
    actions.answers_were_lost(delivery_ids=[written.delivery_id])
    assert states() == {"$1": "done"}


def test_what_the_team_asks_is_no_matter_under_whatever_name(made, group):
    live(made, said("!a", "大家好", by="@helper", key="$0"))
    Member.objects.filter(identities__external_id="@helper").update(is_team=True)
    with clock.at(NOON + timedelta(minutes=2)):
        live(made, said("!a", "谁还没有交作业？", by="@helper", key="$1", at=clock.now()))
    assert states() == {}


# ------------------------------------------------------------------ lists
def test_lists_and_filters(made):
    groups = adopted(made, "!a", "!b")
    live(
        made,
        said("!a", "几点开始？", key="$1"),
        said("!b", "@群秘书 你好", key="$2", at=NOON + minutes(1)),
        said("!b", "晚安", key="$3", at=NOON + minutes(2)),
        said("!a", "打错了", key="$4", at=NOON + minutes(3)),
    )
    live(made, MessageDeleted("!a", "$4", NOON + minutes(4)))
    while chat.make_searchable():
        pass

    def shown(**wanted):
        return [each.line.message.external_id for each in selectors.inbox(SYSTEM, InboxFilter(**wanted))]

    assert shown() == ["$3", "$2", "$1"]
    assert shown(group_id=groups["!b"].pk) == ["$3", "$2"]
    assert shown(tag="新手") == []
    assert shown(tab=Tab.UNANSWERED) == ["$1"]
    assert shown(tab=Tab.MENTIONS) == ["$2"]
    assert shown(text="晚安") == ["$3"]
    actions.mark_done(actor=SYSTEM, message=key_of("$1"))
    actions.answer(actor=SYSTEM, message=key_of("$3"), text="安", key=new_id(), seen=0)
    assert set(shown(tab=Tab.DONE)) == {"$1", "$3"}
    assert shown(tab=Tab.UNANSWERED) == []
    assert selectors.counts(SYSTEM).oldest is None


def test_a_message_among_its_neighbours(made, group):
    live(made, *(said("!a", str(n), key=f"${n}", at=NOON + timedelta(seconds=n // 2)) for n in range(60)))
    around = selectors.said_around(SYSTEM, key_of("$30"))
    texts = [line.message.text for line in around]
    assert "30" in texts
    assert len(texts) == 33
    assert [line.message.sent_at for line in around] == sorted(line.message.sent_at for line in around)
