"""All groups at once: how many are how well, a page of them in any order, and where an hour of a person counts.

What is asked here was kept by the last assessment; the database counts, orders and cuts, so that a page costs the
same with ten groups and with ten thousand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import overload

from django.db.models import Avg, Count, F, Min, Q, QuerySet, Sum
from django.db.models.functions import Floor
from django.utils.translation import ngettext

from qunce.community import selectors as community
from qunce.community.selectors import Group
from qunce.community.types import GroupFilter
from qunce.insights.models import Condition
from qunce.insights.policies.proposals import proposals
from qunce.insights.selectors.health import say, signals_in_use, silences, yesterday
from qunce.insights.selectors.writing import FAIR
from qunce.insights.signal import Signal
from qunce.insights.types import Finding, GroupHealth, GroupOrder, LifecyclePoint, NextHour, Stage
from qunce.kernel.actor import Actor
from qunce.kernel.words import sentences

MOST_POINTS = 300
"""Of more groups those that stand near each other on the picture are one point."""
OVER_FOR = 28
"""Days after which the last day of a history lies in the past."""
HIGH, WIDE = 5.0, 0.25
"""How near: of health, and of the trend."""
_DRAWN = Q(score__isnull=False, trend__isnull=False, size__isnull=False) & ~Q(stage="")
_ORDERS = {
    GroupOrder.WORST: F("score").asc(nulls_last=True),
    GroupOrder.FALLING: F("change").asc(nulls_last=True),
    GroupOrder.RISK: F("risk").desc(nulls_last=True),
    GroupOrder.LARGEST: F("size").desc(nulls_last=True),
}


def _groups(actor: Actor, community_id: int | None) -> QuerySet[Group]:
    """Every open group that the actor may see, by name."""
    return community.find_groups(actor, GroupFilter(community_id=community_id)).select_related(None)


def _conditions(actor: Actor, community_id: int | None) -> QuerySet[Condition]:
    return Condition.objects.filter(group_id__in=_groups(actor, community_id).order_by().values("pk"))


def _helped() -> Q:
    """Where an hour may help."""
    return Q(mend__in=list(signals_in_use()), day__gte=yesterday() - timedelta(days=OVER_FOR))


# ------------------------------------------------------------------ how many
@dataclass(frozen=True, slots=True)
class Counts:
    """Open groups: all, those with a score, and of these the ones in trouble and those that are getting quieter.

    ``assessed``: ever; ``drawn``: of which health, trend and size are known; ``worth``: of an hour, in all of them.
    """

    groups: int
    assessed: int
    scored: int
    bad: int
    quieter: int
    drawn: int
    worth: float


def counts(actor: Actor, community_id: int | None = None) -> Counts:
    """How many of the groups that the actor may see are how well. Two statements."""
    scored = Q(score__isnull=False)
    found = _conditions(actor, community_id).aggregate(
        assessed=Count("pk"),
        drawn=Count("pk", filter=_DRAWN),
        worth=Sum("worth", filter=_helped(), default=0.0),
        scored=Count("pk", filter=scored),
        bad=Count("pk", filter=Q(score__lt=FAIR)),
        quieter=Count("pk", filter=scored & Q(stage=Stage.DECLINING)),
    )
    return Counts(_groups(actor, community_id).count(), **found)


# ------------------------------------------------------------------ a page of them
class Listed(Sequence[GroupHealth]):
    """Groups in an order, of which only the ones that are asked for are read: three statements for any slice.

    Those that were never assessed come last; where a stage is asked for they are left out.
    """

    def __init__(
        self, actor: Actor, community_id: int | None, stage: str, order: GroupOrder, counted: Counts | None
    ) -> None:
        self._groups, self._order = _groups(actor, community_id), order
        self._known = _conditions(actor, community_id)
        if stage:
            self._known = self._known.filter(stage=stage)
            self._groups = self._groups.filter(pk__in=self._known.values("group_id"))
        known = counted if not stage else None
        self._assessed = known.assessed if known else self._known.count()
        self._count = known.groups if known else self._groups.count()

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> GroupHealth: ...
    @overload
    def __getitem__(self, index: slice) -> "Sequence[GroupHealth]": ...
    def __getitem__(self, index: int | slice) -> "GroupHealth | Sequence[GroupHealth]":
        """One, or those from one place to another."""
        if not isinstance(index, slice):
            return self[index : index + 1][0]
        first, last, _step = index.indices(self._count)
        ids = self._ids(first, last)
        homes = dict(self._groups.order_by().filter(pk__among=ids).values_list("pk", "community"))
        names, known = community.group_names(ids), Condition.objects.in_bulk(ids)
        planned, kinds = silences(ids, yesterday()), signals_in_use()
        return [
            _health_of(
                known.get(group_id) or Condition(group_id=group_id, day=yesterday()),
                names.get(group_id, ""),
                homes.get(group_id),
                planned=group_id in planned,
                kinds=kinds,
            )
            for group_id in ids
        ]

    def _ids(self, first: int, last: int) -> list[int]:
        if self._order is GroupOrder.NAME:
            return list(self._groups.values_list("pk", flat=True)[first:last])
        known = self._known.order_by(_ORDERS[self._order], "group_id").values_list("group_id", flat=True)
        found = list(known[first:last])
        if last <= self._assessed:
            return found
        others = self._groups.exclude(pk__in=self._known.values("group_id")).values_list("pk", flat=True)
        return found + list(others[max(0, first - self._assessed) : last - self._assessed])


def listed(
    actor: Actor,
    *,
    community_id: int | None = None,
    stage: str = "",
    order: GroupOrder = GroupOrder.NAME,
    counted: Counts | None = None,
) -> Listed:
    """Every open group that the actor may see: how it is by the last assessment.

    ``counted``, here and below: `counts` of the same groups, where the caller has them.
    """
    return Listed(actor, community_id, stage, order, counted)


def _health_of(
    known: Condition, name: str, home: int | None, *, planned: bool, kinds: Mapping[str, Signal]
) -> GroupHealth:
    findings = _kept(known.findings, kinds)
    return GroupHealth(
        group_id=known.group_id,
        name=name,
        community_id=home,
        day=known.day,
        score=known.score,
        change=known.change,
        stage=Stage(known.stage) if known.stage else None,
        trend=known.trend,
        size=known.size,
        risk=known.risk,
        findings=[say(each) for each in findings],
        planned=planned,
    )


def _kept(rows: Sequence[Sequence[object]], kinds: Mapping[str, Signal]) -> list[Finding]:
    return [
        Finding(str(signal), float(severity), str(sentence), values)  # type: ignore[arg-type]
        for signal, severity, sentence, values in rows
        if signal in kinds
    ]


# ------------------------------------------------------------------ one picture
def lifecycle(actor: Actor, community_id: int | None = None, counted: Counts | None = None) -> list[LifecyclePoint]:
    """The groups of which health, trend and size are known, for one picture of all; two or three statements.

    Of more than MOST_POINTS groups, those of one stage that stand near each other are one point.
    """
    known = _conditions(actor, community_id).filter(_DRAWN)
    many = counted.drawn if counted else known.count()
    near = known.annotate(health=Floor(F("score") / HIGH), moved=Floor(F("trend") / WIDE))
    by = ("health", "moved", "stage") if many > MOST_POINTS else ("group_id", "stage")
    found = (
        near.values(*by)
        .annotate(n=Count("pk"), one=Min("group_id"), at=Avg("score"), to=Avg("trend"), members=Sum("size"))
        .order_by("one")
        .values_list("one", "n", "at", "to", "members", "stage")
    )
    rows = list(found)
    names = community.group_names([one for one, n, *_rest in rows if n == 1])
    return [
        LifecyclePoint(one, names.get(one, ""), score, trend, size, Stage(stage), groups=n)
        for one, n, score, trend, size, stage in rows
    ]


# ------------------------------------------------------------------ where an hour counts
def next_hour(
    actor: Actor, n: int = 10, community_id: int | None = None, counted: Counts | None = None
) -> list[NextHour]:
    """Where one hour of a person counts most, over all groups that the actor may see: at most one entry per group.

    Worth (`policies.health.worth`) is the number of people × how bad what somebody can mend is × how likely an
    hour mends it. What has been planned to be silent since the last assessment is left out, and histories that ended
    long ago: no hour helps there.
    """
    kinds = signals_in_use()
    worth = _conditions(actor, community_id).filter(_helped(), worth__gt=0)
    whole = (counted.worth if counted else worth.aggregate(whole=Sum("worth"))["whole"]) or 1
    rows = list(worth.order_by("-worth", "group_id")[: 2 * n])
    planned = silences([row.group_id for row in rows], yesterday())
    rows = [row for row in rows if row.group_id not in planned][:n]
    names = community.group_names([row.group_id for row in rows])
    found = []
    for row in rows:
        finding = next((each for each in _kept(row.findings, kinds) if each.signal == row.mend), None)
        if finding is not None:
            found.append(
                NextHour(
                    group_id=row.group_id,
                    name=names.get(row.group_id, ""),
                    worth=row.worth,
                    share=row.worth / whole,
                    signal=finding.signal,
                    reason=_reason(row, finding),
                    proposal=proposals.get(kinds[finding.signal].proposal),
                )
            )
    return found


def _reason(row: Condition, finding: Finding) -> str:
    count = round(row.size or 0)
    people = ngettext("It concerns %(count)d person.", "It concerns %(count)d people.", count) % {"count": count}
    return sentences(say(finding), people if count else "")
