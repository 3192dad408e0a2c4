"""Reads of health: how well groups are, why, and where an hour of a person counts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext, ngettext

from qunce.community import selectors as community
from qunce.insights.models import Condition, Health, PlannedSilence
from qunce.insights.policies.proposals import proposals
from qunce.insights.signal import Signal, signals
from qunce.insights.types import Finding, GroupHealth, HealthDay, LifecyclePoint, NextHour, Silence, Stage
from qunce.kernel import clock
from qunce.kernel.actor import Actor
from qunce.kernel.words import sentences

WORTH_AN_HOUR = 0.2
"""Weaker findings are not worth a person's hour."""
LIKELY = {Stage.DORMANT: 0.2, Stage.FINISHED: 0.0, Stage.DECLINING: 1.0}
"""How likely help still helps, by stage; 0.8 otherwise: our convention, for the order of the list alone."""


# ------------------------------------------------------------------ signals
def signals_in_use() -> dict[str, Signal]:
    """The signals whose parts of the product are there, by key."""
    return {
        key: kind() for key, kind in signals.items() if all(apps.is_installed(f"qunce.{need}") for need in kind.needs)
    }


def say(finding: Finding) -> str:
    """What a finding says, in the reader's language."""
    return gettext(finding.sentence) % finding.values


def yesterday() -> date:
    """The last whole day, where the installation is."""
    return clock.today(settings.DEFAULT_COMMUNITY_ZONE) - timedelta(days=1)


# ------------------------------------------------------------------ all groups
def latest(actor: Actor) -> list[GroupHealth]:
    """Every open group that the actor may see, by name: how it is by the last assessment."""
    homes = community.communities_of_groups(actor)
    names = community.group_names(homes)
    known = Condition.objects.in_bulk(list(homes))
    planned, kinds = silences(homes, yesterday()), signals_in_use()
    found = [
        _health_of(
            known.get(group_id) or Condition(group_id=group_id, day=yesterday()),
            names.get(group_id, ""),
            home,
            planned=group_id in planned,
            findings=_kept(known[group_id].findings, kinds) if group_id in known else [],
        )
        for group_id, home in homes.items()
    ]
    return sorted(found, key=lambda each: (each.name, each.group_id))


def lifecycle(actor: Actor) -> list[LifecyclePoint]:
    """The groups of which health, trend and size are known, for one picture of all."""
    return [
        LifecyclePoint(each.group_id, each.name, each.community_id, each.score, each.trend, each.size, each.stage)
        for each in latest(actor)
        if each.score is not None and each.trend is not None and each.size is not None and each.stage is not None
    ]


def next_hour(actor: Actor, n: int = 10) -> list[NextHour]:
    """Where one hour of a person counts most, over all groups that the actor may see: at most one entry per group.

    Worth is the number of people × how bad what somebody can mend is × how likely an hour mends it.
    """
    kinds = signals_in_use()
    found = []
    for each in latest(actor):
        finding = _to_mend(each, kinds)
        if finding is not None:
            found.append((_worth(each, finding, kinds[finding.signal]), each, finding))
    whole = sum(worth for worth, _, _ in found) or 1
    found.sort(key=lambda entry: (-entry[0], entry[1].group_id))
    return [
        NextHour(
            group_id=each.group_id,
            name=each.name,
            community_id=each.community_id,
            worth=worth,
            share=worth / whole,
            signal=finding.signal,
            reason=_reason(each, finding),
            proposal=proposals.get(kinds[finding.signal].proposal),
        )
        for worth, each, finding in found[:n]
    ]


def history(actor: Actor, group_id: int) -> list[HealthDay]:
    """What was kept of a group that the actor may see, oldest day first."""
    community.group(actor, group_id)
    kept = Health.objects.filter(group_id=group_id).order_by("day").values_list("day", "score", "stage")
    return [HealthDay(day, score, Stage(stage) if stage else None) for day, score, stage in kept]


# ------------------------------------------------------------------ planned silence
def silences(group_ids: Collection[int], day: date) -> dict[int, Silence]:
    """Which of the groups are silent on purpose on a day, and why. No guard: not for pages."""
    found = PlannedSilence.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=day), group_id__among=group_ids, begins_on__lte=day
    )
    return {each.group_id: Silence(each.kind) for each in found.order_by("begins_on", "pk")}


def plans_of(group_ids: Collection[int]) -> list[PlannedSilence]:
    """Every silence that is or was planned for the groups. No guard: not for pages."""
    return list(PlannedSilence.objects.filter(group_id__among=group_ids))


def ended_on(group_id: int, day: date) -> date | None:
    """Since when the group is over on purpose, if it is so on that day. No guard: not for pages."""
    over = PlannedSilence.objects.filter(
        group_id=group_id,
        begins_on__lte=day,
        ends_on=None,
        kind__in=[each for each in Silence if each.ends_the_group],
    )
    return over.order_by("begins_on").values_list("begins_on", flat=True).first()


def planned_silences(actor: Actor, group_id: int) -> list[PlannedSilence]:
    """The silences that are planned for a group that the actor may see, the latest first."""
    community.group(actor, group_id)
    return list(PlannedSilence.objects.filter(group_id=group_id).order_by("-begins_on", "-pk"))


# ------------------------------------------------------------------ for actions
def scores_before(group_ids: Collection[int], day: date) -> Mapping[int, float]:
    """Each group's score about 30 days before a day. No guard: not for pages."""
    kept = Health.objects.filter(
        group_id__among=group_ids,
        day__gte=day - timedelta(days=33),
        day__lte=day - timedelta(days=27),
    )
    near: dict[int, tuple[int, float]] = {}
    for group_id, on, score in kept.values_list("group_id", "day", "score"):
        off = abs((day - on).days - 30)
        if score is not None and (group_id not in near or off < near[group_id][0]):
            near[group_id] = (off, score)
    return {group_id: score for group_id, (_, score) in near.items()}


def stored(finding: Finding) -> list[object]:
    """A finding as it is kept: what `Condition.findings` holds."""
    return [finding.signal, round(finding.severity, 3), finding.sentence, dict(finding.values)]


def _health_of(known: Condition, name: str, home: int, *, planned: bool, findings: Sequence[Finding]) -> GroupHealth:
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
        findings_kept=findings,
    )


def _kept(rows: Sequence[Sequence[object]], kinds: Mapping[str, Signal]) -> list[Finding]:
    return [
        Finding(str(signal), float(severity), str(sentence), values)  # type: ignore[arg-type]
        for signal, severity, sentence, values in rows
        if signal in kinds
    ]


def _to_mend(each: GroupHealth, kinds: Mapping[str, Signal]) -> Finding | None:
    """What an hour mends best; None where there is nothing, or the silence is meant."""
    if each.score is None or each.planned:
        return None
    able = [
        finding
        for finding in each.findings_kept
        if finding.severity >= WORTH_AN_HOUR and kinds[finding.signal].chance > 0
    ]
    return max(able, key=lambda finding: _worth(each, finding, kinds[finding.signal]), default=None)


def _worth(each: GroupHealth, finding: Finding, kind: Signal) -> float:
    likely = LIKELY.get(each.stage, 0.8) if each.stage else 0.8
    return (each.size or 1) * finding.severity * kind.weight / 100 * kind.chance * likely


def _reason(each: GroupHealth, finding: Finding) -> str:
    count = round(each.size or 0)
    people = ngettext("It concerns %(count)d person.", "It concerns %(count)d people.", count) % {"count": count}
    return sentences(say(finding), people if count else "")
