"""Keyword replies in the pipeline: who is answered, how often, and why."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import DatabaseError, connections, transaction

from qunce.chat import actions as chat
from qunce.chat.actions.ingest import stages
from qunce.chat.actions.recognition import memory
from qunce.chat.models import Delivery, SetAside
from qunce.chat.stage import Inflow, NewMessage
from qunce.chat.types import Batch, Origin, Purpose
from qunce.community import selectors as communities
from qunce.desk import actions, selectors
from qunce.desk.models import KeywordUse
from qunce.desk.subscribers import KeywordReplies
from qunce.desk.types import Fate, Match, RuleDraft
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import NotFound
from qunce.kernel.ids import new_id
from tests.chat.support import NOON, account, adopted, live, minutes, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def afresh(settings):
    settings.INBOUND_STAGES = ["qunce.desk.subscribers.KeywordReplies"]
    memory.forget()
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


def rule(*keywords, answer="答", **more):
    return actions.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=keywords, answer=answer, **more))


def answers():
    """What is to be said, oldest first: text, and the message it replies to."""
    return [(d.content[0]["text"], d.reply_to) for d in Delivery.objects.order_by("id")]


def test_a_keyword_is_answered_once_in_reply_to_its_message(made, group):
    first = rule("报名", answer="{name}，{群名}的报名在这里 {{}}")
    live(made, said("!a", "怎么报名？", key="$1"), said("!a", "你好", key="$2"))
    delivery = Delivery.objects.get()
    assert answers() == [("张三，群 !a的报名在这里 {}", "$1")]
    assert (delivery.group_id, delivery.purpose) == (group.pk, Purpose.REPLY)
    assert delivery.not_after == NOON + minutes(10)
    assert delivery.key == f"rule:{first.pk}:{group.pk}:$1"
    live(made, said("!a", "怎么报名？", key="$1"))
    assert Delivery.objects.count() == 1
    assert KeywordUse.objects.get().times == 1


def test_braces_in_a_name_are_a_name(made, group):
    rule("嗨", answer="{name}")
    live(made, said("!a", "嗨", name="{group}"))
    assert answers()[0][0] == "{group}"


def test_only_the_best_rule_answers(made, group):
    rule("报名", answer="far")
    rule("报名", answer="near", group_id=group.pk)
    live(made, said("!a", "报名"))
    assert [text for text, _to in answers()] == ["near"]


def test_bots_and_we_are_never_answered(made, group):
    rule("嗨")
    live(made, said("!a", "嗨", by="@bot", is_bot=True), said("!a", "嗨", by=made.external_id))
    assert answers() == []


def test_the_past_is_not_answered(made, group):
    rule("嗨")
    chat.ingest(Batch(made.pk, Origin.BACKFILL, [said("!a", "嗨")]))
    live(made, said("!a", "嗨", at=NOON - minutes(11)))
    assert answers() == []
    live(made, said("!a", "嗨", at=NOON - minutes(9)))
    assert len(answers()) == 1


def test_a_change_counts_from_the_next_message_on(made, group):
    first = rule("嗨")
    live(made, said("!a", "嗨"))
    actions.set_rule_enabled(actor=SYSTEM, rule_id=first.pk, enabled=False)
    live(made, said("!a", "嗨"))
    assert len(answers()) == 1
    actions.set_rule_enabled(actor=SYSTEM, rule_id=first.pk, enabled=True)
    actions.change_rule(
        actor=SYSTEM, rule_id=first.pk, draft=RuleDraft(("喂",), "new", Match.EXACT), seen=first.changed_at
    )
    live(made, said("!a", "嗨"), said("!a", "喂"))
    assert answers()[-1][0] == "new"
    assert len(answers()) == 2


def test_what_meets_no_rule_costs_no_statement_and_what_does_one(made, group, django_assert_num_queries):
    rule("报名")
    (facts,) = communities.group_facts([group.pk])
    stage = KeywordReplies()

    def run(*texts):
        messages = [
            NewMessage(new_id(), facts, f"${n}", NOON, 1, "", text, False, False) for n, text in enumerate(texts)
        ]
        inflow = Inflow(made.pk, NOON, {actions.SCOPE: 1}, messages)
        stage.foresee(inflow)
        stage.run(inflow)

    run()
    with django_assert_num_queries(0):
        run(*(f"不问{n}" for n in range(100)))
    with django_assert_num_queries(1):
        run(*(f"报名{n}" for n in range(100)))


# ------------------------------------------------------------------ cool-down
def test_a_rule_answers_again_after_its_cooldown_in_each_group_by_itself(made):
    groups = adopted(made, "!a", "!b")
    first = rule("嗨", cooldown_seconds=300)
    live(made, said("!a", "嗨", key="$1"), said("!a", "嗨", key="$2"), said("!b", "嗨", key="$3"))
    assert {to for _text, to in answers()} == {"$1", "$3"}
    for later, count in ((299, 2), (300, 3), (599, 3), (600, 4)):
        with clock.at(NOON + timedelta(seconds=later)):
            live(made, said("!a", "嗨", at=NOON + timedelta(seconds=later)))
        assert len(answers()) == count, later
    use = KeywordUse.objects.get(rule=first, group_id=groups["!a"].pk)
    assert (use.times, use.last_at) == (3, NOON + timedelta(seconds=600))


def test_without_cooldown_everybody_is_answered(made, group):
    rule("嗨")
    live(made, *(said("!a", "嗨", key=f"${n}") for n in range(5)))
    assert [to for _text, to in answers()] == [f"${n}" for n in range(5)]
    assert KeywordUse.objects.get().times == 5


def test_while_the_best_rule_cools_down_no_other_answers(made, group):
    rule("嗨", answer="far")
    rule("嗨", answer="near", group_id=group.pk, cooldown_seconds=60)
    live(made, said("!a", "嗨"), said("!a", "嗨"))
    live(made, said("!a", "嗨"))
    assert [text for text, _to in answers()] == ["near"]


def test_a_shorter_cooldown_counts_at_once(made, group):
    first = rule("嗨", cooldown_seconds=3600)
    live(made, said("!a", "嗨"))
    actions.change_rule(
        actor=SYSTEM, rule_id=first.pk, draft=RuleDraft(("嗨",), "答", cooldown_seconds=60), seen=first.changed_at
    )
    with clock.at(NOON + minutes(2)):
        live(made, said("!a", "嗨", at=NOON + minutes(2)))
    assert len(answers()) == 2


def test_two_connections_at_once_use_a_rule_once(group):
    first = rule("嗨", cooldown_seconds=60)
    use_at_once = Barrier(2)
    used = []

    def use():
        use_at_once.wait()
        try:
            with transaction.atomic():
                used.append(len(actions.use_rules(asked={(first.pk, group.pk): 1}, at=NOON)))
        finally:
            connections.close_all()

    for _round in range(5):
        KeywordUse.objects.all().delete()
        used.clear()
        together([use, use])
        assert sorted(used) == [0, 1]
        assert KeywordUse.objects.get().times == 1


def test_the_second_waits_for_the_first_and_takes_its_place_where_that_fails(group):
    """The interleaving forced: the first holds the row when the second asks, then is undone."""
    first = rule("嗨", cooldown_seconds=60)
    holding, used = Barrier(2), []

    def fails():
        try:
            with transaction.atomic():
                used.append(("first", len(actions.use_rules(asked={(first.pk, group.pk): 1}, at=NOON))))
                holding.wait()
                transaction.set_rollback(True)
        finally:
            connections.close_all()

    def waits():
        holding.wait()
        try:
            with transaction.atomic():
                used.append(("second", len(actions.use_rules(asked={(first.pk, group.pk): 1}, at=NOON))))
        finally:
            connections.close_all()

    together([fails, waits])
    assert used == [("first", 1), ("second", 1)]
    assert KeywordUse.objects.get().times == 1


def test_many_rules_and_groups_in_any_order_do_not_block_each_other(made):
    groups = adopted(made, *(f"!{n}" for n in range(6)))
    rules = [rule(f"词{n}") for n in range(6)]
    keys = [(each.pk, group.pk) for each in rules for group in groups.values()]
    at_once, failed = Barrier(2), []

    def use(order):
        at_once.wait()
        try:
            for _round in range(10):
                with transaction.atomic():
                    actions.use_rules(asked=dict.fromkeys(order, 1), at=NOON)
        except DatabaseError as error:
            failed.append(error)
        finally:
            connections.close_all()

    together([lambda: use(keys), lambda: use(keys[::-1])])
    assert failed == []
    assert {use.times for use in KeywordUse.objects.all()} == {20}


def test_a_rule_that_has_just_gone_does_not_answer_and_harms_nobody(made, group):
    """The batch still has the old rules when another transaction deletes one: as between compiling and using."""
    first, second = rule("嗨"), rule("喂")
    actions.delete_rule(actor=SYSTEM, rule_id=first.pk)
    with transaction.atomic():
        allowed = actions.use_rules(asked={(first.pk, group.pk): 1, (second.pk, group.pk): 1}, at=NOON)
    assert allowed == {(second.pk, group.pk): 0}
    assert SetAside.objects.count() == 0


def together(tasks):
    threads = [Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# ------------------------------------------------------------------ which rule answers, and why
def fates(explanation):
    return [(judged.hit.rule.answer, judged.fate) for judged in explanation.judged]


def explained(group, text, actor=SYSTEM):
    return selectors.explain(actor, group_id=group.pk, text=text, name="张三")


def test_the_explanation_is_what_happens(made, group):
    near = rule("报名", answer="{name}: near", group_id=group.pk, cooldown_seconds=60)
    rule("报名时间", answer="far")
    rule("报名", answer="exact", match=Match.EXACT, group_id=group.pk)
    off = rule("报", answer="off")
    actions.set_rule_enabled(actor=SYSTEM, rule_id=off.pk, enabled=False)
    rule("ad", answer="cut")
    said_text = "报名时间 bad"
    before = explained(group, said_text)
    assert before.answer == "张三: near"
    assert before.read_as == "报名时间bad"
    assert fates(before) == [
        ("{name}: near", Fate.ANSWERS),
        ("far", Fate.FARTHER),
        ("cut", Fate.CUT),
        ("off", Fate.OFF),
    ]
    assert Delivery.objects.count() == KeywordUse.objects.count() == 0
    live(made, said("!a", said_text))
    assert [text for text, _to in answers()] == [before.answer]
    after = explained(group, said_text)
    assert after.answer is None
    assert (after.judged[0].fate, after.judged[0].until) == (Fate.COOLING, NOON + timedelta(seconds=60))
    assert after.judged[0].hit.rule.id == near.pk
    with clock.at(NOON + timedelta(seconds=60)):
        assert explained(group, said_text).answer == before.answer


def test_the_explanation_of_nothing(group):
    rule("ad")
    assert explained(group, "hello").judged == ()
    assert [fate for _answer, fate in fates(explained(group, "bad"))] == [Fate.CUT]
    assert explained(group, "bad").answer is None


def test_one_explains_only_what_one_may_see(made, group):
    other = adopted(made, "!b")["!b"]
    rule("嗨", answer="other", group_id=other.pk)
    viewer = Actor(id=4, name="Wei", grants={group.community_id: Role.VIEWER})
    assert explained(group, "嗨", viewer).judged == ()
    with pytest.raises(NotFound):
        explained(other, "嗨", viewer)
    assert replace(explained(other, "嗨"), judged=()).answer == "other"
