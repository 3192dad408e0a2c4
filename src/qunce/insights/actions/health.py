"""Health: assessed every day for all groups, and told where it matters."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.insights.models import Condition, Filled, Health
from qunce.insights.policies import health, stages, warning
from qunce.insights.policies.windows import Column
from qunce.insights.selectors.diagnosis import STAGE_READS, daily_keys, life_of, strongest, with_plans
from qunce.insights.selectors.health import scores_before, signals_in_use, silences, stored, yesterday
from qunce.insights.selectors.series import panel as read_panel
from qunce.insights.selectors.warnings import weights_in_force
from qunce.insights.signal import Signal
from qunce.insights.types import Finding, Panel, Stage, Stretch
from qunce.kernel import clock, live, locks
from qunce.kernel.actor import SYSTEM
from qunce.team import actions as team
from qunce.team.selectors import visible_alerts
from qunce.team.types import Severity

PORTION = 5000
STAGE_DAYS = 7 * 104
KEPT_FINDINGS = 3
WEEK = 7
_WRITING = "insights.assess"
_Before: TypeAlias = tuple[float | None, Mapping[str, float]]
"""What was known of a group: its risk and its severities."""
HISTORY = "history"
"""The platform of groups that hold nothing but what was imported."""


# ------------------------------------------------------------------ every day
def assess(*, group_ids: Collection[int] | None = None, until: date | None = None) -> int:
    """Find out how groups are as of ``until`` (yesterday), and keep it; of all groups: those not assessed since.

    Groups with nothing but an imported history are assessed as of its last day. Returns how many were assessed.
    Running it twice, or again after a crash, does no harm.
    """
    day = until or yesterday()
    done = 0
    for last, ids in _by_last_day(group_ids, day):
        for group_id in _without_past(ids) if group_ids is None and last < day else ():
            assess_past(group_id=group_id)
        for first in range(0, len(ids), PORTION):
            portion = ids[first : first + PORTION]
            _assess(portion, last, tells=last == yesterday())
            done += len(portion)
    return done


def assess_past(*, group_id: int) -> int:
    """Find out how a group was at the end of each week of its past, and keep it; returns how many weeks."""
    rows = _past_of(group_id)
    with transaction.atomic():
        locks.patiently(_WRITING)
        Health.objects.filter(group_id=group_id, day__lte=yesterday()).delete()
        Condition.objects.filter(group_id=group_id).delete()
        Health.objects.bulk_create(rows)
        live.touch(f"group:{group_id}", "health")
    return len(rows)


@dataclass(frozen=True)
class _Judged:
    """All rows of a panel, judged."""

    panel: Panel
    severities: Mapping[str, Column]
    weighed: health.Weighed

    def score(self, row: int) -> float | None:
        return _number(float(self.weighed.scores[row]), 1)

    @cached_property
    def strengths(self) -> list[dict[str, float]]:
        """Of each row, by the signal's key; what is not known is left out."""
        columns = [np.round(each.astype(np.float64), 3).tolist() for each in self.severities.values()]
        return [
            {key: value for key, value in zip(self.severities, row, strict=True) if value == value}  # noqa: PLR0124 (NaN is unlike itself)
            for row in zip(*columns, strict=True)
        ]

    def stage(self, row: int, by_rules: Stage | None) -> Stage | None:
        """What the series say, unless it is over on purpose."""
        return Stage.FINISHED if self.strengths[row].get(health.FINISHED, 0) >= health.ON_PURPOSE else by_rules

    def kept(self, row: int, group_id: int, day: date, by_rules: Stage | None) -> Health:
        stage = self.stage(row, by_rules)
        return Health(
            group_id=group_id,
            day=day,
            score=self.score(row),
            stage=stage.value if stage else "",
            severities=self.strengths[row],
        )


def _by_last_day(group_ids: Collection[int] | None, day: date) -> Iterator[tuple[date, list[int]]]:
    """Groups with series by the day as of which they are assessed."""
    every = list(community.communities_of_groups(SYSTEM)) if group_ids is None else list(group_ids)
    past = set(community.visible_groups(SYSTEM).filter(platform=HISTORY).values_list("pk", flat=True))
    marks = Filled.objects.filter(group_id__among=every).order_by("group_id")
    kept = Condition.objects.all() if group_ids is None else Condition.objects.none()
    known = {key: (on, at) for key, on, at in kept.values_list("group_id", "day", "at")}
    found: dict[date, list[int]] = {}
    for group_id, first, through, at in marks.values_list("group_id", "first", "through", "at"):
        is_past = group_id in past
        last = min(through, day) if is_past else day
        if group_id in known:
            on, looked_at = known[group_id]
            if on == last and not (is_past and at > looked_at):
                continue
        if first <= last:
            found.setdefault(last, []).append(group_id)
    return iter(sorted(found.items()))


def _without_past(ids: Sequence[int]) -> list[int]:
    """Those of the groups of which nothing was ever said."""
    known = set(Health.objects.filter(group_id__among=ids).values_list("group_id", flat=True))
    return [group_id for group_id in ids if group_id not in known]


def _assess(ids: Sequence[int], day: date, *, tells: bool) -> None:
    kinds = signals_in_use()
    read = read_panel(ids, daily_keys(kinds), day, health.DAYS)
    judged = _judge(with_plans(read), kinds)
    life = with_plans(read_panel(ids, STAGE_READS, day, STAGE_DAYS, like=read))
    _monday, codes = stages.by_week(*life_of(life), life.stretch.first)
    rows = _conditions(judged, stages.latest(codes), kinds)
    with transaction.atomic():
        locks.patiently(_WRITING)
        previous = {
            group_id: (risk, severities)
            for group_id, risk, severities in Condition.objects.filter(group_id__among=ids).values_list(
                "group_id", "risk", "severities"
            )
        }
        _store(rows)
        if tells:
            _tell(rows, previous, kinds)
        live.touch("health", "today")


class _Now(NamedTuple):
    """How a group is, as `Condition` keeps it; ten thousand of its rows would take a second to be made."""

    group_id: int
    day: date
    score: float | None
    change: float | None
    stage: str
    trend: float | None
    size: float | None
    risk: float | None
    severities: Mapping[str, float]
    findings: Sequence[object]
    worth: float
    mend: str
    at: datetime


def _conditions(judged: _Judged, by_rules: Sequence[Stage | None], kinds: Mapping[str, Signal]) -> list[_Now]:
    """How each group of the panel is at its end."""
    panel, day, now = judged.panel, judged.panel.stretch.last, clock.now()
    seen, away = health.observed(panel), silences(panel.group_ids, day)
    trends, sizes = health.trend(panel).tolist(), health.members(panel).tolist()
    risks = warning.probabilities(panel, weights_in_force()).tolist()
    before, findings = scores_before(panel.group_ids, day), _findings(judged, kinds)
    rows = []
    for row, group_id in enumerate(panel.group_ids):
        score = judged.score(row)
        stage = judged.stage(row, by_rules[row] if seen[row] or group_id in away else None)
        size = _number(sizes[row], 0)
        worth, mend = _worth(findings[row], kinds, size, stage)
        rows.append(
            _Now(
                group_id=group_id,
                day=day,
                score=score,
                change=None if score is None or group_id not in before else round(score - before[group_id], 1),
                stage=stage.value if stage else "",
                trend=_number(trends[row], 3) if seen[row] else None,
                size=size,
                risk=_number(risks[row], 3) if seen[row] else None,
                severities=judged.strengths[row],
                findings=[stored(each) for each in findings[row]],
                worth=worth,
                mend=mend,
                at=now,
            )
        )
    return rows


def _judge(panel: Panel, kinds: Mapping[str, Signal]) -> _Judged:
    severities = {key: kind.measure(panel) for key, kind in kinds.items()}
    weighed = health.weigh(severities, {key: kind.weight for key, kind in kinds.items()}, panel)
    return _Judged(panel, severities, weighed)


_STORE = """
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s) AS row (group_id int8, day date, score float8, change float8, stage text,
        trend float8, size float8, risk float8, severities jsonb, findings jsonb, worth float8, mend text,
        at timestamptz)
), kept AS (
    INSERT INTO insights_health (group_id, day, score, stage, severities)
    SELECT group_id, day, score, stage, severities FROM given
    ON CONFLICT (group_id, day) DO UPDATE
    SET score = excluded.score, stage = excluded.stage, severities = excluded.severities
)
INSERT INTO insights_condition
    (group_id, day, score, change, stage, trend, size, risk, severities, findings, worth, mend, at)
SELECT group_id, day, score, change, stage, trend, size, risk, severities, findings, worth, mend, at FROM given
ON CONFLICT (group_id) DO UPDATE SET day = excluded.day, score = excluded.score, change = excluded.change,
    stage = excluded.stage, trend = excluded.trend, size = excluded.size, risk = excluded.risk,
    severities = excluded.severities, findings = excluded.findings, worth = excluded.worth, mend = excluded.mend,
    at = excluded.at
"""


def _store(rows: Sequence[_Now]) -> None:
    """Keep how groups are, as of that day and as the latest.

    All rows go as one document: arrays of texts and of documents would be taken apart and quoted value by value.
    """
    told = json.dumps([row._asdict() for row in rows], default=str)
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [told])


def _worth(
    findings: Sequence[Finding], kinds: Mapping[str, Signal], size: float | None, stage: Stage | None
) -> tuple[float, str]:
    """What an hour is worth at most, and spent on what."""
    found = [(0.0, "")]
    for each in findings:
        kind = kinds[each.signal]
        given = {"severity": each.severity, "weight": kind.weight, "chance": kind.chance}
        found.append((round(health.worth(size=size, stage=stage, **given), 4), each.signal))
    worth, mend = max(found)
    return (worth, mend) if worth > 0 else (0.0, "")


def _findings(judged: _Judged, kinds: Mapping[str, Signal]) -> list[list[Finding]]:
    """Of each row that has a score its strongest findings; each signal explains all of its rows at once."""
    wanted: dict[str, dict[int, float]] = {key: {} for key in kinds}
    scored = np.flatnonzero(np.isfinite(judged.weighed.scores)).tolist()
    chosen = {row: strongest(judged.strengths[row], kinds)[:KEPT_FINDINGS] for row in scored}
    for row, keys in chosen.items():
        for key in keys:
            wanted[key][row] = judged.strengths[row][key]
    found = {key: kinds[key].explain_rows(judged.panel, rows) for key, rows in wanted.items()}
    return [[found[key][row] for key in chosen.get(row, ())] for row in range(len(judged.panel.group_ids))]


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None


# ------------------------------------------------------------------ the past of one group
def _past_of(group_id: int) -> list[Health]:
    """A group's health at the end of each week of all its days, oldest first."""
    filled = Filled.objects.filter(group_id=group_id).first()
    if filled is None:
        return []
    kinds, last = signals_in_use(), min(filled.through, yesterday())
    days = max(1, (last - filled.first).days + 1)
    whole = with_plans(read_panel([group_id], daily_keys(kinds), last, days))
    judged, by_rules = _judge(_weeks(whole), kinds), _stages_by_day(whole)
    return [
        judged.kept(row, group_id, whole.stretch.first + timedelta(days=end - 1), by_rules[end - 1])
        for row, end in enumerate(_ends(whole.stretch.count))
    ]


def _ends(count: int) -> list[int]:
    """How many days of a stretch have passed at the end of each week, counted back from its end."""
    return list(range(count, health.LEAST_AGE - 1, -WEEK))[::-1]


def _weeks(whole: Panel) -> Panel:
    """One group's past as a panel: a row per week, with the days before its end. Ages are those of that time."""
    ends = np.array(_ends(whole.stretch.count))
    series = {}
    for key, values in whole.series.items():
        padded = np.concatenate([np.full(health.DAYS, np.nan, np.float32), values[0]])
        windows = np.lib.stride_tricks.sliding_window_view(padded, health.DAYS)
        series[key] = windows[ends] if len(ends) else np.zeros((0, health.DAYS), np.float32)
    rows = len(ends)
    return Panel(
        group_ids=[whole.group_ids[0]] * rows,
        stretch=Stretch(whole.stretch.last - timedelta(days=health.DAYS - 1), health.DAYS),
        series=series,
        age=ends.astype(np.float32),
        size=np.full(rows, whole.size[0], np.float32),
        planned_silence=np.zeros(rows, np.bool_),
    )


def _stages_by_day(whole: Panel) -> list[Stage | None]:
    """The stage that was known at the end of each day."""
    monday, codes = stages.by_week(*life_of(whole), whole.stretch.first)
    skip = (monday - whole.stretch.first).days
    found: list[Stage | None] = []
    for passed in range(1, whole.stretch.count + 1):
        week = (passed - skip) // WEEK - 1
        found.append(stages.latest(codes[:, : week + 1])[0] if week >= 0 else None)
    return found


# ------------------------------------------------------------------ telling the team
def _tell(rows: Sequence[_Now], previous: Mapping[int, _Before], kinds: Mapping[str, Signal]) -> None:
    """Raise an alert where something has become bad since the last assessment; end those whose cause is gone.

    What was bad when a group was looked at for the first time is seen on its page, and alarms nobody.
    """
    going_on = set(visible_alerts(SYSTEM).filter(key__startswith="health:").values_list("key", flat=True))
    bad: list[tuple[_Now, str, str]] = []
    for each in rows:
        for key, sentence, is_bad, is_calm in _causes(each, previous.get(each.group_id), kinds):
            name = f"health:{each.group_id}:{key}"
            if is_bad:
                bad.append((each, name, sentence))
            if is_calm and name in going_on:
                team.resolve_alert(key=name)
    groups = {facts.id: facts for facts in community.group_facts([each.group_id for each, *_rest in bad])}
    for each, name, sentence in bad:
        facts = groups.get(each.group_id)
        if facts is None:
            continue
        team.raise_alert(
            key=name,
            severity=Severity.WARNING,
            sentence=sentence,
            params={
                "group": facts.name,
                "score": round(each.score or 0),
                "lost": -round(each.change or 0),
                "risk": round(100 * (each.risk or 0)),
            },
            url=f"/groups/{each.group_id}/insight/",
            community_id=facts.community_id,
            steady=True,
        )


_MAY_END = gettext_noop(
    "%(group)s may fall silent within 30 days: of 100 groups like it %(risk)s would, by rules of thumb."
)
_FELL = gettext_noop("The health of %(group)s has fallen by %(lost)s points within 30 days, to %(score)s.")


def _causes(now: _Now, known: _Before | None, kinds: Mapping[str, Signal]) -> Iterator[tuple[str, str, bool, bool]]:
    """What may be told of a group: key, sentence, whether it has become bad just now, whether it is over."""
    lost = -(now.change or 0)
    yield (
        "score",
        _FELL,
        now.score is not None and now.score < health.FALLEN and lost >= health.FALL,
        now.score is None or lost < health.RECOVERED,
    )
    risk, risk_before = now.risk or 0, (known[0] or 0) if known is not None else 1
    yield "risk", _MAY_END, risk >= warning.SOON > risk_before, risk < warning.SOON / 2
    for key, kind in kinds.items():
        severity = now.severities.get(key, 0) if now.score is not None else 0
        if kind.alarm:
            before = known[1].get(key, 0) if known is not None else 1
            bad = severity >= health.ALARMING and before < health.ALARMING
            yield key, kind.alarm, bad, severity < health.CALM
