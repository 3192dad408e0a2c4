"""Health: assessed every day for all groups, told where it matters, and exempted where silence is planned."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.insights.models import Condition, Filled, Health, PlannedSilence
from qunce.insights.policies import health, stages, warning
from qunce.insights.policies.windows import Column, row_of
from qunce.insights.selectors.diagnosis import STAGE_READS, daily_keys, life_of, strongest, with_plans
from qunce.insights.selectors.health import scores_before, signals_in_use, silences, stored, yesterday
from qunce.insights.selectors.series import panel as read_panel
from qunce.insights.signal import Signal
from qunce.insights.types import Finding, Panel, Silence, Stage, Stretch
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.team import actions as team
from qunce.team.selectors import visible_alerts
from qunce.team.types import Severity

PORTION = 1000
STAGE_DAYS = 7 * 104
KEPT_FINDINGS = 3
WEEK = 7
_WRITING = "insights.assess"
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


@dataclass(frozen=True, slots=True)
class _Judged:
    """All rows of a panel, judged."""

    panel: Panel
    severities: Mapping[str, Column]
    weighed: health.Weighed

    def score(self, row: int) -> float | None:
        return _number(self.weighed.scores[row], 1)

    def strengths(self, row: int) -> dict[str, float]:
        return {key: round(float(each[row]), 3) for key, each in self.severities.items() if np.isfinite(each[row])}

    def stage(self, row: int, by_rules: Stage | None) -> Stage | None:
        """What the series say, unless it is over on purpose."""
        return Stage.FINISHED if self.strengths(row).get(health.FINISHED, 0) >= health.ON_PURPOSE else by_rules

    def kept(self, row: int, group_id: int, day: date, by_rules: Stage | None) -> Health:
        stage = self.stage(row, by_rules)
        return Health(
            group_id=group_id,
            day=day,
            score=self.score(row),
            stage=stage.value if stage else "",
            severities=self.strengths(row),
        )


def _by_last_day(group_ids: Collection[int] | None, day: date) -> Iterator[tuple[date, list[int]]]:
    """Groups with series by the day as of which they are assessed."""
    groups = {facts.id: facts for facts in community.all_group_facts()}
    marks = Filled.objects.filter(group_id__among=list(groups) if group_ids is None else list(group_ids))
    known = dict(Condition.objects.values_list("group_id", "at")) if group_ids is None else {}
    days = dict(Condition.objects.values_list("group_id", "day")) if group_ids is None else {}
    found: dict[date, list[int]] = {}
    for mark in marks.order_by("group_id"):
        is_past = mark.group_id in groups and groups[mark.group_id].platform == HISTORY
        last = min(mark.through, day) if is_past else day
        if group_ids is None and days.get(mark.group_id) == last and not (is_past and mark.at > known[mark.group_id]):
            continue
        if mark.first <= last:
            found.setdefault(last, []).append(mark.group_id)
    return iter(sorted(found.items()))


def _without_past(ids: Sequence[int]) -> list[int]:
    """Those of the groups of which nothing was ever said."""
    known = set(Health.objects.filter(group_id__among=ids).values_list("group_id", flat=True))
    return [group_id for group_id in ids if group_id not in known]


def _assess(ids: Sequence[int], day: date, *, tells: bool) -> None:
    kinds = signals_in_use()
    judged = _judge(with_plans(read_panel(ids, daily_keys(kinds), day, health.DAYS)), kinds)
    life = with_plans(read_panel(ids, STAGE_READS, day, STAGE_DAYS))
    _monday, codes = stages.by_week(*life_of(life), life.stretch.first)
    rows = _conditions(judged, stages.latest(codes), kinds)
    with transaction.atomic():
        locks.patiently(_WRITING)
        previous = Condition.objects.in_bulk(list(ids))
        Health.objects.filter(group_id__among=ids, day=day).delete()
        Health.objects.bulk_create(
            Health(group_id=each.group_id, day=day, score=each.score, stage=each.stage, severities=each.severities)
            for each in rows
        )
        Condition.objects.filter(group_id__among=ids).delete()
        Condition.objects.bulk_create(rows)
        if tells:
            _tell(rows, previous, kinds)
        live.touch("health", "today")


def _conditions(judged: _Judged, by_rules: Sequence[Stage | None], kinds: Mapping[str, Signal]) -> list[Condition]:
    """How each group of the panel is at its end."""
    panel, day, now = judged.panel, judged.panel.stretch.last, clock.now()
    seen, away = health.observed(panel), silences(panel.group_ids, day)
    trends, sizes, risks = health.trend(panel), health.members(panel), warning.probabilities(panel)
    before = scores_before(panel.group_ids, day)
    rows = []
    for row, group_id in enumerate(panel.group_ids):
        score = judged.score(row)
        stage = judged.stage(row, by_rules[row] if seen[row] or group_id in away else None)
        size = _number(sizes[row], 0)
        findings = _findings(judged, row, kinds) if score is not None else []
        worth, mend = _worth(findings, kinds, size, stage)
        rows.append(
            Condition(
                group_id=group_id,
                day=day,
                score=score,
                change=None if score is None or group_id not in before else round(score - before[group_id], 1),
                stage=stage.value if stage else "",
                trend=_number(trends[row], 3) if seen[row] else None,
                size=size,
                risk=_number(risks[row], 3) if seen[row] else None,
                severities=judged.strengths(row),
                findings=[stored(each) for each in findings],
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


def _findings(judged: _Judged, row: int, kinds: Mapping[str, Signal]) -> list[Finding]:
    strengths = judged.strengths(row)
    keys = strongest(strengths, dict(kinds))[:KEPT_FINDINGS]
    one = row_of(judged.panel, row)
    return [kinds[key].explain(one, 0, strengths[key]) for key in keys]


def _number(value: float | np.float32, digits: int) -> float | None:
    return round(float(value), digits) if np.isfinite(value) else None


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
def _tell(rows: Sequence[Condition], previous: Mapping[int, Condition], kinds: Mapping[str, Signal]) -> None:
    """Raise an alert where something has become bad since the last assessment; end those whose cause is gone.

    What was bad when a group was looked at for the first time is seen on its page, and alarms nobody.
    """
    groups = {facts.id: facts for facts in community.group_facts([each.group_id for each in rows])}
    alerts = visible_alerts(SYSTEM).filter(key__startswith="health:")
    going_on = set(alerts.values_list("key", flat=True))
    for each in rows:
        facts = groups.get(each.group_id)
        for key, sentence, is_bad, is_calm in _causes(each, previous.get(each.group_id), kinds) if facts else ():
            name = f"health:{each.group_id}:{key}"
            if is_bad and facts:
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
            if is_calm and name in going_on:
                team.resolve_alert(key=name)


_MAY_END = gettext_noop(
    "%(group)s may fall silent within 30 days: of 100 groups like it %(risk)s would, by rules of thumb."
)
_FELL = gettext_noop("The health of %(group)s has fallen by %(lost)s points within 30 days, to %(score)s.")


def _causes(
    now: Condition, known: Condition | None, kinds: Mapping[str, Signal]
) -> Iterator[tuple[str, str, bool, bool]]:
    """What may be told of a group: key, sentence, whether it has become bad just now, whether it is over."""
    lost = -(now.change or 0)
    yield (
        "score",
        _FELL,
        now.score is not None and now.score < health.FALLEN and lost >= health.FALL,
        now.score is None or lost < health.RECOVERED,
    )
    risk, risk_before = now.risk or 0, (known.risk or 0) if known is not None else 1
    yield "risk", _MAY_END, risk >= warning.SOON > risk_before, risk < warning.SOON / 2
    for key, kind in kinds.items():
        severity = now.severities.get(key, 0) if now.score is not None else 0
        if kind.alarm:
            before = known.severities.get(key, 0) if known is not None else 1
            bad = severity >= health.ALARMING and before < health.ALARMING
            yield key, kind.alarm, bad, severity < health.CALM


# ------------------------------------------------------------------ planned silence
def plan_end(
    *, actor: Actor, group_id: int, kind: Silence, begins_on: date, ends_on: date | None = None
) -> PlannedSilence:
    """Say that a group is to be silent: a course or project is over from that day on, or a holiday lasts until a day.

    Its silence is then no decline: it is not scored meanwhile. Needs an operator of its community.
    """
    group = community.group(actor, group_id, Permission.OPERATE)
    if kind.ends_the_group and ends_on is not None:
        raise Invalid(_("What is over does not begin again on a day: plan a holiday instead."), field="ends_on")
    if not kind.ends_the_group and ends_on is None:
        raise Invalid(_("Say until when the holiday lasts."), field="ends_on")
    if ends_on is not None and ends_on < begins_on:
        raise Invalid(_("It ends before it begins."), field="ends_on")
    with transaction.atomic():
        locks.name(f"silence:{group_id}")
        meets = PlannedSilence.objects.filter(group_id=group_id)
        meets = meets.exclude(ends_on__lt=begins_on)
        if ends_on is not None:
            meets = meets.exclude(begins_on__gt=ends_on)
        if meets.exists():
            raise Invalid(_("Silence is planned for these days already."), fix=_("Take that plan back first."))
        plan = PlannedSilence.objects.create(
            group_id=group_id,
            kind=kind.value,
            begins_on=begins_on,
            ends_on=ends_on,
            planned_at=clock.now(),
            planned_by_name=actor.name,
        )
        audit.record(
            actor,
            "silence.planned",
            _PLANNED_END if kind.ends_the_group else _PLANNED_HOLIDAY,
            community_id=group.community_id,
            about=("group", group.pk),
            group=group.name,
            first=begins_on.isoformat(),
            last=ends_on.isoformat() if ends_on else None,
        )
        live.touch(f"group:{group_id}", "health")
    return plan


_PLANNED_END = gettext_noop("%(actor)s planned the end of %(group)s on %(first)s.")
_PLANNED_HOLIDAY = gettext_noop("%(actor)s planned a holiday of %(group)s from %(first)s to %(last)s.")


def take_back_plan(*, actor: Actor, plan_id: int) -> None:
    """Take back a planned silence: the group is scored again as any other. Needs an operator of its community."""
    plan = PlannedSilence.objects.filter(pk=plan_id).first()
    if plan is None:
        raise NotFound
    group = community.group(actor, plan.group_id, Permission.OPERATE)
    with transaction.atomic():
        locks.name(f"silence:{group.pk}")
        if not PlannedSilence.objects.filter(pk=plan_id).delete()[0]:
            return
        audit.record(
            actor,
            "silence.taken_back",
            gettext_noop("%(actor)s took back the planned silence of %(group)s from %(first)s on."),
            community_id=group.community_id,
            about=("group", group.pk),
            group=group.name,
            first=plan.begins_on.isoformat(),
        )
        live.touch(f"group:{group.pk}", "health")
