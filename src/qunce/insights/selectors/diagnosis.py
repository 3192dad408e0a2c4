"""Everything that is said of one group's health, looked at afresh."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from qunce.community import selectors as community
from qunce.insights.models import Condition, Filled
from qunce.insights.policies import health, stages, warning
from qunce.insights.policies.proposals import proposals
from qunce.insights.policies.windows import Days, lived
from qunce.insights.selectors import series
from qunce.insights.selectors.facts import facts as read_facts
from qunce.insights.selectors.health import ended_on, plans_of, scores_before, signals_in_use, silences, yesterday
from qunce.insights.selectors.warnings import weights_in_force
from qunce.insights.signal import Signal
from qunce.insights.types import Diagnosis, Facts, Finding, Panel, Proposal, Silence, Span, Turn
from qunce.kernel.actor import Actor

LIFE = 366 * 5
"""Days of a group's past that are looked at for its stages."""
STAGE_READS = ("active", "new_speakers", "returning")


def diagnosis(actor: Actor, group_id: int, until: date | None = None, facts: Facts | None = None) -> Diagnosis:
    """A group that the actor may see, as of ``until``: by default its last day of which anything is known.

    ``facts``: the group's messages of the last ninety days, where the caller has read them already.
    """
    community.group(actor, group_id)
    day = until or last_day(group_id)
    kinds = signals_in_use()
    panel = with_plans(series.panel([group_id], daily_keys(kinds), day, health.DAYS))
    severities = {key: kind.measure(panel) for key, kind in kinds.items()}
    weights = {key: kind.weight for key, kind in kinds.items()}
    weighed = health.weigh(severities, weights, panel)
    titles = {key: kind.title for key, kind in kinds.items()}
    judgement = health.judgement(weighed, 0, severities, weights, titles)
    is_observed = bool(health.observed(panel)[0])
    plan = silences([group_id], day).get(group_id)
    found: list[Finding] = []
    if is_observed and not panel.planned_silence[0]:
        facts = facts or read_facts(group_id, panel.stretch)
        found = _findings(panel, kinds, {key: float(each[0]) for key, each in severities.items()}, facts)
    on_purpose = float(np.nan_to_num(severities[health.FINISHED][0])) >= health.ON_PURPOSE
    over = ended_on(group_id, day)
    if over is None and on_purpose and plan is None:
        over = _fell_silent(panel)
    spans, turns = _timeline(group_id, day, over)
    before = scores_before([group_id], day).get(group_id)
    return Diagnosis(
        group_id=group_id,
        day=day,
        observed=is_observed or not panel.age[0] >= 1,  # what has only just begun is young, not unread
        judgement=judgement,
        change=None if before is None or judgement.score is None else judgement.score - before,
        stage=spans[-1].stage if spans and (is_observed or plan or over) else None,
        findings=found,
        proposals=_proposals(found, kinds),
        spans=spans,
        turns=turns,
        missing=[titles[key] for key, each in severities.items() if np.isnan(each[0])],
        warning=warning.warned(panel, 0, weights_in_force()) if is_observed else None,
        silence=plan,
    )


def last_day(group_id: int) -> date:
    """The last whole day of which anything is known of a group. No guard: not for pages."""
    through = Filled.objects.filter(group_id=group_id).values_list("through", flat=True).first()
    known = Condition.objects.filter(group_id=group_id).values_list("day", flat=True).first()
    return min(yesterday(), through or known or yesterday())


def daily_keys(kinds: dict[str, Signal]) -> list[str]:
    """The series that the signals and the early warning read."""
    return sorted({key for kind in kinds.values() for key in kind.reads} | set(warning.READS))


def with_plans(panel: Panel) -> Panel:
    """The panel as its planned silences want it: holidays say nothing, and what is over is silent on purpose."""
    row = {group_id: row for row, group_id in enumerate(panel.group_ids)}
    over, away = panel.planned_silence.copy(), np.zeros((len(row), panel.stretch.count), np.bool_)
    for plan in plans_of(row):
        if Silence(plan.kind).ends_the_group:
            over[row[plan.group_id]] |= plan.begins_on <= panel.stretch.last
        elif plan.ends_on is not None:
            first, last = (max(0, (day - panel.stretch.first).days) for day in (plan.begins_on, plan.ends_on))
            away[row[plan.group_id], first : last + 1] |= plan.ends_on >= panel.stretch.first
    series_left = {key: np.where(away, np.float32(np.nan), days) for key, days in panel.series.items()}
    return replace(panel, series=series_left if away.any() else panel.series, planned_silence=over)


def strongest(severities: Mapping[str, float], kinds: Mapping[str, Signal]) -> list[str]:
    """The keys of the signals worth a sentence: trouble by what it takes, then good news."""
    said = [key for key, severity in severities.items() if severity >= health.SAID_FROM]
    return sorted(said, key=lambda key: (kinds[key].weight <= 0, -abs(kinds[key].weight) * severities[key], key))


def _findings(
    panel: Panel, kinds: dict[str, Signal], severities: dict[str, float], facts: Facts | None
) -> list[Finding]:
    return [kinds[key].explain(panel, 0, severities[key], facts) for key in strongest(severities, kinds)]


def _proposals(found: list[Finding], kinds: dict[str, Signal]) -> dict[str, Proposal]:
    named = {each.signal: kinds[each.signal].proposal for each in found}
    return {signal: proposals[key] for signal, key in named.items() if key in proposals}


def _fell_silent(panel: Panel) -> date:
    """The day after the last on which anybody spoke."""
    spoken = np.flatnonzero(np.nan_to_num(panel["active"][0]) > 0)
    last = int(spoken[-1]) if spoken.size else 0
    return panel.stretch.first + timedelta(days=last + 1)


def _timeline(group_id: int, day: date, over: date | None) -> tuple[list[Span], list[Turn]]:
    life = with_plans(series.panel([group_id], STAGE_READS, day, LIFE))
    active, fresh = life_of(life)
    monday, codes = stages.by_week(active, fresh, life.stretch.first)
    _same, people = stages.weekly(active, life.stretch.first)
    return stages.spans(codes[0], monday, day, over), stages.turns(people[0], monday)


def life_of(panel: Panel) -> tuple[Days, Days]:
    """People a day, and new and returning ones, since each group began."""
    active, new, back = (lived(panel, key) for key in STAGE_READS)
    return active, new + np.nan_to_num(back)
