"""Reads of health: the signals in use, what was kept of a group, and which silences are planned."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from django.apps import apps
from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from qunce.community import selectors as community
from qunce.insights.models import Health, PlannedSilence
from qunce.insights.signal import Signal, signals
from qunce.insights.types import Finding, HealthDay, Silence, Stage
from qunce.kernel import clock
from qunce.kernel.actor import Actor


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


# ------------------------------------------------------------------ one group
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
