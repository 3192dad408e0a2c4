"""Which rules meet at the same words in the same groups, and which of them then answers.

Asked of the matcher that answers live messages: each keyword of a rule is put to it as if somebody had written it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from django.db.models import Count, Max

from qunce.community import selectors as communities
from qunce.desk import policies
from qunce.desk.models import KeywordRule
from qunce.desk.selectors.answers import live_rules
from qunce.desk.selectors.places import visible
from qunce.desk.types import EVERYWHERE, Fate, Hit, Match, Reach, Rule, Scope
from qunce.kernel import revisions
from qunce.kernel.actor import Actor

RULES, GROUPS = "keyword_rules", "groups"
"""The revisions that conflicts depend on."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """Another rule that ``text`` meets too where this one counts; ``wins``: that one answers, and why it does or not.

    ``hours``: the one that answers has hours; outside them the other one does.
    """

    other: Rule
    text: str
    wins: bool
    fate: Fate
    hours: bool


def meetings(actor: Actor, rule: Rule) -> list[Meeting]:
    """Where a rule (perhaps not yet made: id 0) meets others that are on and that the actor may see; wins first."""
    index = _index()
    rule = rule if rule.id else _last(rule)
    own = policies.Matcher([rule])
    found: dict[int, Meeting] = {}
    for text in _samples(rule):
        mine = own.anywhere(text)
        for hit in index.matcher.anywhere(text) if mine else ():
            other = hit.rule
            if other.id not in {rule.id, *found} and not hit.cut and index.meet(rule.scope, other.scope):
                found[other.id] = _meeting(mine[0], hit, text)
    for other, texts in index.samples:
        if other.id not in {rule.id, *found} and index.meet(rule.scope, other.scope):
            for text in texts:
                mine = own.anywhere(text)
                if mine and not mine[0].cut:
                    theirs = next(hit for hit in index.matcher.anywhere(text) if hit.rule.id == other.id)
                    found[other.id] = _meeting(mine[0], theirs, text)
                    break
    seen = set(visible(actor, KeywordRule.objects.filter(pk__among=found)).values_list("pk", flat=True))
    return sorted((found[key] for key in seen), key=lambda each: (not each.wins, each.other.id))


def overridden() -> Mapping[int, tuple[str, int]]:
    """Rules to one of whose own keywords another rule answers instead wherever they count: keyword and that rule.

    By the overridden rule's id. No guard: the other one counts wherever this one does.
    """
    return _index().overridden


def _last(rule: Rule) -> Rule:
    """A rule that is not made yet is younger than all others."""
    return replace(rule, id=1 << 62)


def _meeting(mine: Hit, theirs: Hit, text: str) -> Meeting:
    wins = theirs.rank < mine.rank
    winner, loser = (theirs, mine) if wins else (mine, theirs)
    hours = winner.rule.hours is not None and not winner.rule.away
    return Meeting(theirs.rule, text, wins, policies.lost_by(loser, winner), hours)


def _samples(rule: Rule) -> Sequence[str]:
    """What somebody writes who means this rule; a pattern has no such words of its own."""
    if rule.match is Match.PATTERN:
        return ()
    return (" ".join(rule.keywords),) if rule.match is Match.ALL else rule.keywords


class _Index:
    """All rules that are on, compiled, and the groups that each scope reaches."""

    def __init__(self) -> None:
        rules = live_rules()
        self.matcher = policies.Matcher(rules)
        self.samples = [(rule, _samples(rule)) for rule in rules]
        self.reached: dict[Scope, set[int]] = {}
        for group in communities.all_group_facts():
            for scope in policies.scopes_of(group):
                self.reached.setdefault(scope, set()).add(group.id)

    def meet(self, one: Scope, other: Scope) -> bool:
        """Whether rules of both scopes count in one group."""
        if one == other or EVERYWHERE in {one, other}:
            return True
        return not self.reached.get(one, set()).isdisjoint(self.reached.get(other, set()))

    def covers(self, wide: Scope, scope: Scope) -> bool:
        """Whether a rule of the one scope counts wherever one of the other does."""
        if wide in {scope, EVERYWHERE}:
            return True
        inner = self.reached.get(scope, set())
        return bool(inner) and inner <= self.reached.get(wide, set())

    @cached_property
    def overridden(self) -> dict[int, tuple[str, int]]:
        """See `overridden`. A rule that keeps hours is not judged: the others answer outside them.

        Nor does a rule for a whole message override another for a part of it: that one answers all else.

        Each text is put to the matcher once, however many rules have it.
        """
        found: dict[int, tuple[str, int]] = {}
        asked: dict[str, list[Hit]] = {}
        for rule, texts in self.samples:
            for text in texts if rule.hours is None or rule.away else ():
                if text not in asked:
                    asked[text] = self._best(text)
                winner = self._winner(rule, asked[text])
                if winner is not None and rule.id not in found:
                    found[rule.id] = (text, winner)
        return found

    def _best(self, text: str) -> list[Hit]:
        """The rules of each scope that answer the text at whatever time, for the whole message and else."""
        best: dict[tuple[Scope, bool], Hit] = {}
        for hit in self.matcher.anywhere(text):
            if not hit.cut and (hit.rule.hours is None or hit.rule.away):
                best.setdefault((hit.rule.scope, hit.rule.match is Match.EXACT), hit)
        return list(best.values())

    def _winner(self, rule: Rule, best: Sequence[Hit]) -> int | None:
        """Which rule answers instead of this one wherever it counts."""
        for hit in best:
            scope = hit.rule.scope
            if hit.rule.id == rule.id:
                return None
            if hit.rule.match is Match.EXACT and rule.match is not Match.EXACT:
                continue
            if (scope.reach is not Reach.GROUP or scope == rule.scope) and self.covers(scope, rule.scope):
                return hit.rule.id if scope.reach <= rule.scope.reach else None
        return None


def _index() -> _Index:
    now = revisions.current()
    known = KeywordRule.objects.aggregate(Max("pk"), Count("pk"))
    return _indexed((now.get(RULES, 0), now.get(GROUPS, 0), *known.values()))


@lru_cache(maxsize=1)
def _indexed(_state: tuple[int | None, ...]) -> _Index:
    """The index at these revisions, kept by this process until they move on."""
    return _Index()
