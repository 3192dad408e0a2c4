"""Keyword rules as pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, Func, Max, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value

from qunce.community import selectors as communities
from qunce.content.selectors import Item
from qunce.content.types import Attached
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.selectors.conflicts import overridden
from qunce.desk.selectors.library import items_in
from qunce.desk.selectors.places import visible
from qunce.desk.types import RuleFilter, RuleOrder
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.kernel.paging import SIZE, Slice, by_key


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as the console shows it.

    ``place``: the community's or group's name, empty where it is bound to none. ``overridden``: a keyword of its own
    to which another rule answers instead wherever this one counts, and that rule's id. ``item``: of the library; it
    goes along, or does not for the reason ``lacks`` (a message id).
    """

    rule: KeywordRule
    place: str
    may_change: bool
    uses: int
    last_use: datetime | None
    overridden: tuple[str, int] | None = None
    item: Item | None = None
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How many rules are on and off."""

    on: int
    off: int


def visible_rules(actor: Actor, wanted: RuleFilter | None = None) -> QuerySet[KeywordRule]:
    """The rules that count in groups which the actor may see, and of those the wanted ones."""
    rules = visible(actor, KeywordRule.objects.filter(deleted_at=None))
    return _wanted(actor, rules, wanted) if wanted else rules


def _wanted(actor: Actor, rules: QuerySet[KeywordRule], wanted: RuleFilter) -> QuerySet[KeywordRule]:
    if wanted.text:
        rules = _with_text(rules, wanted.text)
    if wanted.everywhere:
        rules = rules.filter(community_id=None, group_id=None, tag="")
    if wanted.community_id is not None:
        of_it = communities.visible_groups(actor).filter(community=wanted.community_id).values("pk")
        rules = rules.filter(Q(community_id=wanted.community_id) | Q(group_id__in=of_it))
    if wanted.never_used:
        rules = rules.filter(~Exists(_USES))
    if wanted.overridden:
        rules = rules.filter(pk__among=overridden())
    limits = {
        "group_id": wanted.group_id,
        "tag": wanted.tag or None,
        "match": wanted.match,
        "enabled": wanted.enabled,
    }
    return rules.filter(**{name: limit for name, limit in limits.items() if limit is not None})


def _with_text(rules: QuerySet[KeywordRule], text: str) -> QuerySet[KeywordRule]:
    """Those that have the text in a keyword or in something that they say."""

    def joined(column: str) -> Func:
        return Func(F(column), Value("\n"), function="array_to_string", output_field=TextField())

    rules = rules.alias(words=joined("keywords"), further=joined("variants"))
    columns = ("words", "answer", "further", "away")
    wanted = Q()
    for column in columns:
        wanted |= Q(**{f"{column}__icontains": text})
    return rules.filter(wanted)


_USES = KeywordUse.objects.filter(rule=OuterRef("pk")).order_by()
_ORDERS = {
    RuleOrder.MOST_USED: (Sum("times"), F("used").desc(nulls_last=True)),
    RuleOrder.LAST_USED: (Max("last_at"), F("used").desc(nulls_last=True)),
    RuleOrder.LONG_UNUSED: (Max("last_at"), F("used").asc(nulls_first=True)),
}


def rule_page(actor: Actor, wanted: RuleFilter, *, cursor: str = "") -> Slice[RuleView]:
    """One page of the wanted rules, in the wanted order; those alike, newest first."""
    rules = visible_rules(actor, wanted)
    if wanted.order is RuleOrder.NEWEST:
        cut = by_key(rules, cursor=cursor)
        return Slice(_views(actor, cut.items), newer=cut.newer, older=cut.older)
    start = int(cursor) if cursor.isdecimal() else 0
    counted, order = _ORDERS[wanted.order]
    ordered = rules.alias(used=Subquery(_USES.values("rule").annotate(used=counted).values("used")))
    found = list(ordered.order_by(order, "-pk")[start : start + SIZE + 1])
    return Slice(
        _views(actor, found[:SIZE]),
        newer=str(max(0, start - SIZE)) if start else "",
        older=str(start + SIZE) if len(found) > SIZE else "",
    )


def rule_counts(actor: Actor) -> RuleCounts:
    """How many of the rules that the actor may see are on and off."""
    counted = visible_rules(actor).aggregate(all=Count("pk"), on=Count("pk", filter=Q(enabled=True)))
    return RuleCounts(on=counted["on"], off=counted["all"] - counted["on"])


def rule(actor: Actor, rule_id: int) -> RuleView:
    """One rule. NotFound where the actor may not see it."""
    found = visible_rules(actor).filter(pk=rule_id).first()
    if found is None:
        raise NotFound
    return _views(actor, [found])[0]


def rule_file(actor: Actor, rule_id: int, sha256: str) -> Attached:
    """A file of a rule that the actor may see. NotFound where the rule has no such file."""
    for stored in rule(actor, rule_id).rule.files:
        if stored["sha256"] == sha256:
            return Attached(**stored)
    raise NotFound


def _views(actor: Actor, rules: Sequence[KeywordRule]) -> list[RuleView]:
    """Rules with names and uses, in a few statements however many they are."""
    groups = communities.visible_groups(actor).in_bulk({rule.group_id for rule in rules} - {None})
    named = communities.visible_communities(actor).in_bulk({rule.community_id for rule in rules} - {None})
    uses = {
        rule_id: (times, last)
        for rule_id, times, last in KeywordUse.objects.filter(rule__in=rules)
        .values_list("rule_id")
        .annotate(Sum("times"), Max("last_at"))
    }
    lost, items = overridden(), items_in(rule.item_id for rule in rules)
    views = []
    for rule in rules:
        group = groups.get(rule.group_id)
        place = group or named.get(rule.community_id)
        times, last = uses.get(rule.pk, (0, None))
        at = group.community_id if group else rule.community_id
        name, may_change = place.name if place else "", actor.may(Permission.OPERATE, at)
        views.append(
            RuleView(rule, name, may_change, times, last, lost.get(rule.pk), *items.get(rule.item_id, (None, "")))
        )
    return views


def deleted_rule(actor: Actor, rule_id: int) -> RuleView | None:
    """A rule that was deleted and that the actor may bring back; None where there is no such."""
    found = visible(actor, KeywordRule.objects.filter(pk=rule_id, deleted_at__isnull=False)).first()
    view = _views(actor, [found])[0] if found else None
    return view if view and view.may_change else None
