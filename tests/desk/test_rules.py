"""Keyword rules: who may make, change and see them; what is refused; nothing of anybody's is lost."""

from dataclasses import replace
from threading import Barrier, Thread

import pytest
from django.db import connections

from qunce.desk import actions, selectors
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.types import Match, RuleDraft, RuleFilter
from qunce.kernel import audit, clock, revisions
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import AuditEntry
from tests.chat.support import account, adopted

DRAFT = RuleDraft(keywords=("报名", "Sign up"), answer="{昵称}，{群名}的报名在这里。", cooldown_seconds=60)


def of(role, *community_ids):
    return Actor(id=5, name="Mei", grants=dict.fromkeys(community_ids or [None], role))


def two_groups():
    """One group in each of two communities."""
    made = account()
    return adopted(made, "!a")["!a"], adopted(made, "!b")["!b"]


@pytest.mark.django_db
class TestMaking:
    def test_a_rule_is_made_and_said_and_every_process_is_told(self):
        before = revisions.current().get(actions.SCOPE, 0)
        rule = actions.create_rule(actor=of(Role.OPERATOR), draft=DRAFT)
        assert selectors.live_rules()[0].keywords == ("报名", "Sign up")
        assert revisions.current()[actions.SCOPE] == before + 1
        entry = AuditEntry.objects.get(object_kind="keyword_rule")
        assert audit.say(entry) == "Mei made the keyword rule “报名, Sign up”."
        assert (entry.object_id, entry.community_id) == (str(rule.pk), None)

    def test_keywords_are_tidied_and_the_first_of_equals_stays(self):
        draft = replace(DRAFT, keywords=(" Price ", "", "ｐｒｉｃｅ", "价 格", "\u200b"))
        assert actions.create_rule(actor=SYSTEM, draft=draft).keywords == ["Price", "价 格"]

    @pytest.mark.parametrize(
        ("change", "field", "says"),
        [
            ({"keywords": (" ", "\u200b")}, "keywords", "no keyword"),
            ({"keywords": ("x" * 101,)}, "keywords", "at most 100 keywords of 100 characters"),
            ({"keywords": tuple(f"k{n}" for n in range(101))}, "keywords", "too many"),
            ({"answer": " \n"}, "answer", "no answer"),
            ({"answer": "x" * 2001}, "answer", "2001 characters"),
            (
                {"answer": "Dear {nmae}"},
                "answer",
                "no variable {nmae}. Variables are {name} {昵称}, {group} {群名}, {community} {社群}, ",
            ),
            ({"answer": "at {name"}, "answer", "A brace stands alone. Variables"),
            ({"cooldown_seconds": -1}, "cooldown", "seven days"),
            ({"cooldown_seconds": 604801}, "cooldown", "seven days"),
            ({"community_id": 1, "group_id": 1}, "scope", "in one group, or"),
        ],
    )
    def test_what_is_refused_says_where_and_how_to_mend_it(self, change, field, says):
        with pytest.raises(Invalid) as refused:
            actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, **change))
        assert refused.value.field == field
        assert says in str(refused.value)
        assert not KeywordRule.objects.exists()

    def test_who_may_make_a_rule_where(self):
        here, there = two_groups()
        everywhere, ours, group = (
            DRAFT,
            replace(DRAFT, community_id=here.community_id),
            replace(DRAFT, group_id=here.pk),
        )
        operator = of(Role.OPERATOR, here.community_id)
        for draft in (ours, group):
            assert actions.create_rule(actor=operator, draft=draft).pk
            for role in (Role.VIEWER, Role.SERVICE):
                with pytest.raises(NotAllowed):
                    actions.create_rule(actor=of(role, here.community_id), draft=draft)
            with pytest.raises(NotFound):
                actions.create_rule(actor=of(Role.OWNER, there.community_id), draft=draft)
        with pytest.raises(NotAllowed):
            actions.create_rule(actor=of(Role.OWNER, here.community_id), draft=everywhere)
        assert actions.create_rule(actor=of(Role.OPERATOR), draft=everywhere).pk


@pytest.mark.django_db
class TestChanging:
    def test_a_change_keeps_age_and_uses(self):
        rule = actions.create_rule(actor=SYSTEM, draft=DRAFT)
        KeywordUse.objects.create(rule=rule, group_id=1, last_at=clock.now(), times=4)
        draft = replace(DRAFT, match=Match.EXACT, answer="new")
        changed = actions.change_rule(actor=SYSTEM, rule_id=rule.pk, draft=draft, seen=rule.changed_at)
        view = selectors.rule(SYSTEM, rule.pk)
        assert (view.rule.match, view.rule.answer, view.uses) == ("exact", "new", 4)
        assert (view.rule.created_at, changed.pk) == (rule.created_at, rule.pk)

    def test_the_second_of_two_editors_is_told_and_nothing_is_lost(self):
        rule = actions.create_rule(actor=SYSTEM, draft=DRAFT)
        with clock.at(rule.changed_at):  # even within one tick of the clock
            actions.change_rule(actor=SYSTEM, rule_id=rule.pk, draft=replace(DRAFT, answer="A"), seen=rule.changed_at)
            with pytest.raises(Conflict, match="after you opened it"):
                actions.change_rule(
                    actor=SYSTEM, rule_id=rule.pk, draft=replace(DRAFT, answer="B"), seen=rule.changed_at
                )
        assert KeywordRule.objects.get().answer == "A"

    def test_switching_meanwhile_loses_nobody_anything(self):
        rule = actions.create_rule(actor=SYSTEM, draft=DRAFT)
        actions.set_rule_enabled(actor=SYSTEM, rule_id=rule.pk, enabled=False)
        actions.change_rule(actor=SYSTEM, rule_id=rule.pk, draft=replace(DRAFT, answer="A"), seen=rule.changed_at)
        stored = KeywordRule.objects.get()
        assert (stored.enabled, stored.answer) == (False, "A")
        assert selectors.live_rules() == []

    def test_moving_a_rule_needs_both_places(self):
        here, there = two_groups()
        rule = actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, group_id=here.pk))
        moved = replace(DRAFT, group_id=there.pk)
        change = {"rule_id": rule.pk, "draft": moved, "seen": rule.changed_at}
        for community in (here.community_id, there.community_id):
            with pytest.raises(NotFound):
                actions.change_rule(actor=of(Role.OWNER, community), **change)
        both = of(Role.OPERATOR, here.community_id, there.community_id)
        assert actions.change_rule(actor=both, **change).group_id == there.pk

    def test_deleting_is_undone_with_all_that_was_counted(self):
        rule = actions.create_rule(actor=SYSTEM, draft=DRAFT)
        KeywordUse.objects.create(rule=rule, group_id=1, last_at=clock.now(), times=4)
        actions.delete_rule(actor=SYSTEM, rule_id=rule.pk)
        assert selectors.live_rules() == []
        for gone in (
            lambda: selectors.rule(SYSTEM, rule.pk),
            lambda: actions.delete_rule(actor=SYSTEM, rule_id=rule.pk),
            lambda: actions.set_rule_enabled(actor=SYSTEM, rule_id=rule.pk, enabled=False),
        ):
            with pytest.raises(NotFound):
                gone()
        for _twice in range(2):
            actions.restore_rule(actor=SYSTEM, rule_id=rule.pk)
        assert selectors.rule(SYSTEM, rule.pk).uses == 4
        said = [audit.say(entry) for entry in AuditEntry.objects.order_by("id")]
        assert said[1:] == [
            "Qunce deleted the keyword rule “报名, Sign up”.",
            "Qunce brought back the keyword rule “报名, Sign up”.",
        ]

    def test_every_change_is_for_operators(self):
        here, _there = two_groups()
        rule = actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, group_id=here.pk))
        service = of(Role.SERVICE, here.community_id)
        for attempt in (
            lambda: actions.change_rule(actor=service, rule_id=rule.pk, draft=DRAFT, seen=rule.changed_at),
            lambda: actions.set_rule_enabled(actor=service, rule_id=rule.pk, enabled=False),
            lambda: actions.delete_rule(actor=service, rule_id=rule.pk),
            lambda: actions.restore_rule(actor=service, rule_id=rule.pk),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        with pytest.raises(NotFound):
            actions.delete_rule(actor=SYSTEM, rule_id=0)


@pytest.mark.django_db(transaction=True)
def test_two_editors_at_the_same_moment():
    rule = actions.create_rule(actor=SYSTEM, draft=DRAFT)
    together, outcomes = Barrier(2), []

    def edit(answer):
        together.wait()
        try:
            actions.change_rule(
                actor=SYSTEM, rule_id=rule.pk, draft=replace(DRAFT, answer=answer), seen=rule.changed_at
            )
            outcomes.append(answer)
        except Conflict:
            outcomes.append("told")
        finally:
            connections.close_all()

    editors = [Thread(target=edit, args=(answer,)) for answer in ("A", "B")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert sorted(outcomes) in (["A", "told"], ["B", "told"])
    assert KeywordRule.objects.get().answer in outcomes


@pytest.mark.django_db
class TestSeeing:
    def drawn(self):
        here, there = two_groups()
        rules = {
            name: actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, keywords=(name,), **where))
            for name, where in {
                "everywhere": {},
                "here": {"community_id": here.community_id},
                "group": {"group_id": here.pk},
                "there": {"community_id": there.community_id},
            }.items()
        }
        return here, there, rules

    def names(self, actor, **wanted):
        return [view.rule.keywords[0] for view in selectors.rule_page(actor, RuleFilter(**wanted)).items]

    def test_one_sees_the_rules_that_count_where_one_may_look(self):
        here, _there, rules = self.drawn()
        viewer = of(Role.VIEWER, here.community_id)
        assert self.names(viewer) == ["group", "here", "everywhere"]
        assert self.names(of(Role.VIEWER)) == ["there", "group", "here", "everywhere"]
        assert self.names(Actor(id=9, name="Nobody")) == []
        with pytest.raises(NotFound):
            selectors.rule(viewer, rules["there"].pk)

    def test_filters(self):
        here, _there, rules = self.drawn()
        actions.set_rule_enabled(actor=SYSTEM, rule_id=rules["there"].pk, enabled=False)
        assert self.names(SYSTEM, everywhere=True) == ["everywhere"]
        assert self.names(SYSTEM, community_id=here.community_id) == ["group", "here"]
        assert self.names(SYSTEM, group_id=here.pk) == ["group"]
        assert self.names(SYSTEM, enabled=False) == ["there"]
        assert self.names(SYSTEM, text="HER") == ["there", "here", "everywhere"]
        assert self.names(SYSTEM, text="的报名在", enabled=True) == ["group", "here", "everywhere"]
        assert selectors.rule_counts(SYSTEM) == selectors.RuleCounts(on=3, off=1)

    def test_a_view_says_where_and_what_one_may(self):
        here, _there, _rules = self.drawn()
        views = selectors.rule_page(of(Role.OPERATOR, here.community_id), RuleFilter()).items
        assert [(view.place, view.may_change) for view in views] == [
            (here.name, True),
            (here.community.name, True),
            ("", False),
        ]

    def test_a_page_costs_the_same_however_full(self, django_assert_num_queries):
        here, _there, rules = self.drawn()
        for n in range(30):
            rule = actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, keywords=(f"k{n}",), group_id=here.pk))
            KeywordUse.objects.create(rule=rule, group_id=here.pk, last_at=clock.now(), times=n)
        selectors.rule_page(SYSTEM, RuleFilter())  # which rule overrides which is remembered until rules change
        with django_assert_num_queries(6):
            assert len(selectors.rule_page(SYSTEM, RuleFilter())) == 34
        assert rules
