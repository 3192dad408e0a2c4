"""Every read of keyword rules, and who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Func, Max, Q, QuerySet, Sum, TextField, Value
from django.utils.translation import gettext as _

from qunce.community import selectors as communities
from qunce.desk import policies
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.types import LONGEST_ANSWER, VARIABLES, Explanation, Fate, Hit, Judged, Match, Rule, RuleFilter, Scope
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.kernel.paging import Slice, by_key
from qunce.kernel.variables import BadTextError, FillableText, fillable, known


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as the console shows it. ``place``: the community's or group's name, empty for everywhere."""

    rule: KeywordRule
    place: str
    may_change: bool
    uses: int
    last_use: datetime | None


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How many rules are on and off."""

    on: int
    off: int


# ------------------------------------------------------------------ rules
def visible_rules(actor: Actor, wanted: RuleFilter | None = None) -> QuerySet[KeywordRule]:
    """The rules that count in groups which the actor may see, and of those the wanted ones."""
    rules = _visible(actor, KeywordRule.objects.filter(deleted_at=None))
    return _wanted(actor, rules, wanted) if wanted else rules


def _visible(actor: Actor, rules: QuerySet[KeywordRule]) -> QuerySet[KeywordRule]:
    allowed = actor.communities(Permission.VIEW)
    if allowed is None:
        return rules
    reaching = Q(community_id__in=allowed) | Q(group_id__in=communities.visible_groups(actor).values("pk"))
    return rules.filter(reaching | _EVERYWHERE) if allowed else rules.none()


_EVERYWHERE = Q(community_id=None, group_id=None)


def _wanted(actor: Actor, rules: QuerySet[KeywordRule], wanted: RuleFilter) -> QuerySet[KeywordRule]:
    if wanted.text:
        keywords = Func(F("keywords"), Value("\n"), function="array_to_string", output_field=TextField())
        rules = rules.alias(words=keywords).filter(Q(words__icontains=wanted.text) | Q(answer__icontains=wanted.text))
    if wanted.everywhere:
        rules = rules.filter(_EVERYWHERE)
    if wanted.community_id is not None:
        of_it = communities.visible_groups(actor).filter(community=wanted.community_id).values("pk")
        rules = rules.filter(Q(community_id=wanted.community_id) | Q(group_id__in=of_it))
    if wanted.group_id is not None:
        rules = rules.filter(group_id=wanted.group_id)
    return rules if wanted.enabled is None else rules.filter(enabled=wanted.enabled)


def rule_page(actor: Actor, wanted: RuleFilter, *, cursor: str = "") -> Slice[RuleView]:
    """One page of the wanted rules, newest first."""
    cut = by_key(visible_rules(actor, wanted), cursor=cursor)
    return Slice(_views(actor, cut.items), newer=cut.newer, older=cut.older)


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


def place_of(actor: Actor, scope: Scope, permission: Permission = Permission.VIEW) -> tuple[str, int | None]:
    """The name of where a rule counts (empty: everywhere) and the community it belongs to.

    NotFound where the actor may not see that, NotAllowed where he may not do there what ``permission`` says.
    """
    community_id, group_id = scope
    if group_id is not None:
        group = communities.group(actor, group_id, permission)
        return group.name, group.community_id
    if community_id is not None:
        return communities.community(actor, community_id, permission).name, community_id
    actor.require(permission)
    return "", None


def _views(actor: Actor, rules: Sequence[KeywordRule]) -> list[RuleView]:
    """Rules with names and uses, in three statements however many they are."""
    groups = communities.visible_groups(actor).in_bulk({rule.group_id for rule in rules} - {None})
    named = communities.visible_communities(actor).in_bulk({rule.community_id for rule in rules} - {None})
    uses = {
        rule_id: (times, last)
        for rule_id, times, last in KeywordUse.objects.filter(rule__in=rules)
        .values_list("rule_id")
        .annotate(Sum("times"), Max("last_at"))
    }
    views = []
    for rule in rules:
        group = groups.get(rule.group_id)
        place = group or named.get(rule.community_id)
        times, last = uses.get(rule.pk, (0, None))
        at = group.community_id if group else rule.community_id
        views.append(RuleView(rule, place.name if place else "", actor.may(Permission.OPERATE, at), times, last))
    return views


def deleted_rule(actor: Actor, rule_id: int) -> RuleView | None:
    """A rule that was deleted and that the actor may bring back; None where there is no such."""
    found = _visible(actor, KeywordRule.objects.filter(pk=rule_id, deleted_at__isnull=False)).first()
    view = _views(actor, [found])[0] if found else None
    return view if view and view.may_change else None


# ------------------------------------------------------------------ which rule answers
def parse_answer(text: str) -> FillableText:
    """An answer, cut at its variables. Raises Invalid where it is none, too long, or names unknown variables."""
    if not text:
        raise Invalid(_("There is no answer."), fix=_("Enter what is said back."), field="answer")
    if len(text) > LONGEST_ANSWER:
        raise Invalid(
            _("The answer has %(length)d characters.") % {"length": len(text)},
            fix=_("At most %(longest)d fit.") % {"longest": LONGEST_ANSWER},
            field="answer",
        )
    try:
        return fillable(text, VARIABLES)
    except BadTextError as error:
        said = (
            _("There is no variable {%(name)s}.") % {"name": error.name} if error.name else _("A brace stands alone.")
        )
        fix = _("Variables are %(known)s; for a brace itself write it twice.") % {"known": known(VARIABLES)}
        raise Invalid(said, fix=fix, field="answer") from error


def live_rules() -> list[Rule]:
    """All rules that are on, for the pipeline. No guard: not for pages."""
    return _compilable(KeywordRule.objects.filter(enabled=True, deleted_at=None))


def words(rule: Rule, *, name: str, group: str) -> str:
    """What a rule answers to somebody of that name in the group of that name."""
    return fillable(rule.answer, VARIABLES).fill({"name": name, "group": group})


def explain(actor: Actor, *, group_id: int, text: str, name: str) -> Explanation:
    """Which rule would answer now if somebody of that name wrote ``text`` in the group, and why the others do not.

    Decided by the same code as for live messages; nothing is sent, counted or cooled down. Rules that are off
    are shown where they would be met.
    """
    group = communities.group(actor, group_id)
    here = Q(group_id=group_id) | Q(community_id=group.community_id, group_id=None) | _EVERYWHERE
    rules = KeywordRule.objects.filter(here, deleted_at=None)
    on, off = (
        policies.Matcher(_compilable(rules.filter(enabled=enabled))).hits(
            text, group_id=group_id, community_id=group.community_id
        )
        for enabled in (True, False)
    )
    judged = [Judged(hit, Fate.OFF) for hit in off if not hit.cut]
    if not on or on[0].cut:
        return Explanation(policies.normalise(text), None, (*(Judged(hit, Fate.CUT) for hit in on), *judged))
    best, *others = on
    until = _cooling_until(best, group_id)
    first = Judged(best, Fate.COOLING if until else Fate.ANSWERS, until)
    lost = [Judged(hit, policies.lost_by(hit, best)) for hit in others]
    answer = None if until else words(best.rule, name=name, group=group.name)
    return Explanation(policies.normalise(text), answer, (first, *lost, *judged))


def _compilable(rules: QuerySet[KeywordRule]) -> list[Rule]:
    rows = rules.order_by("id").values_list(
        "id", "match", "keywords", "answer", "cooldown_seconds", "community_id", "group_id"
    )
    return [
        Rule(key, Match(match), tuple(keywords), answer, cooldown, community_id, group_id)
        for key, match, keywords, answer, cooldown, community_id, group_id in rows
    ]


def _cooling_until(hit: Hit, group_id: int) -> datetime | None:
    """When the rule may answer again in the group; None where it may now."""
    used = KeywordUse.objects.filter(rule=hit.rule.id, group_id=group_id).first()
    if used is None or not hit.rule.cooldown_seconds:
        return None
    until = used.last_at + timedelta(seconds=hit.rule.cooldown_seconds)
    return until if until > clock.now() else None
