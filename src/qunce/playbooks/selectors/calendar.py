"""What is on: broadcasts, steps to come of runs, human tasks, holidays; over all groups that one may see."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from qunce.chat import policies as chat_policies
from qunce.chat import selectors as chat
from qunce.chat.selectors import broadcasts as broadcasts_sent
from qunce.chat.selectors import schedules
from qunce.chat.types import Rhythm
from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.playbooks.models import Feed, Run
from qunce.playbooks.policies import holidays
from qunce.playbooks.policies.timeline import Planned, timeline
from qunce.playbooks.selectors.checks import lengths
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.selectors.runs import group_ids_of, runs_that_reach, visible_runs
from qunce.playbooks.types import RunState, StepSpec
from qunce.team import selectors as team

FARTHEST = timedelta(days=35)
"""So far ahead steps are computed from their documents."""
MOST_BUNCHES, MOST_TIMES = 2000, 400
MOST_TIMES_OF_A_DAY = 3
"""A step that comes at more times of one day, because its targets began one by one, is shown once."""
OPEN = ("due", "waiting", "paused")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at: between two moments; ``community_id`` and ``group_id`` restrict."""

    since: datetime
    until: datetime
    community_id: int | None = None
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class BroadcastDue:
    """A planned broadcast at one of its times; ``once``: it has no other, and may be put elsewhere."""

    schedule_id: int
    title: str
    at: datetime
    once: bool
    community_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StepDue:
    """A step of a run, for so many targets; None: as many as begin then.

    ``whole``: whether the actor sees all of the run, not only what it does in some groups.
    """

    run: Run
    step: StepSpec
    at: datetime
    targets: int | None
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day with a name (a key of policies.holidays)."""

    day: date
    name: str


# ---------------------------------------------------------------- broadcasts, tasks, holidays
def broadcasts(actor: Actor, wanted: Wanted) -> list[BroadcastDue]:
    """Every time at which a planned broadcast goes out."""
    found: list[BroadcastDue] = []
    rows = schedules.coming(actor).filter(next_at__lt=wanted.until)
    if wanted.community_id is not None:
        rows = rows.filter(community_ids__contains=[wanted.community_id])
    for row in rows:
        rhythm, at = schedules.rhythm_of(row), row.next_at
        ids = tuple(row.community_ids)
        if wanted.group_id is not None and not _reaches(actor, row, wanted.group_id):
            continue
        for _time in range(MOST_TIMES):
            if at is None or at >= wanted.until:
                break
            if at >= wanted.since:
                found.append(BroadcastDue(row.pk, row.title, at, not rhythm.weekdays, ids))
            at = _after(rhythm, at)
    return found


def _reaches(actor: Actor, row: chat.Schedule, group_id: int) -> bool:
    return chat.selectable(actor, schedules.selection_of(row)).filter(pk=group_id).exists()


def _after(rhythm: Rhythm, at: datetime) -> datetime | None:
    return chat_policies.next_occurrence(rhythm, at) if rhythm.weekdays else None


def gone_out(actor: Actor, wanted: Wanted) -> list[broadcasts_sent.GoingOut]:
    """Broadcasts that went out, and the next wave of those that are under way."""
    groups = [wanted.group_id] if wanted.group_id is not None else None
    found = broadcasts_sent.going_out(actor, wanted.since, wanted.until, group_ids=groups)
    if wanted.community_id is None:
        return found
    return [each for each in found if wanted.community_id in each.broadcast.community_ids]


def tasks(actor: Actor, wanted: Wanted) -> list[team.Task]:
    """Open human tasks that are due then."""
    found = team.visible_tasks(actor).filter(due_at__gte=wanted.since, due_at__lt=wanted.until)
    if wanted.community_id is not None:
        found = found.filter(community_id=wanted.community_id)
    return list(found) if wanted.group_id is None else []


def days_with_names(first: date, last: date) -> list[Holiday]:
    """Holidays and seasons between two days, both included."""
    found = [
        Holiday(day, name)
        for year in range(first.year, last.year + 1)
        for name in holidays.NAMED
        for day in holidays.days(name, year)
        if first <= day <= last
    ]
    return sorted(found, key=lambda each: each.day)


# ---------------------------------------------------------------- steps of runs
_BUNCHES = """
SELECT t.run_id, t.version_id, t.step, date_trunc('minute', t.began_at), date_trunc('minute', t.due_at), count(*)
FROM playbooks_track t WHERE t.run_id = ANY(%s) AND t.state = ANY(%s)
AND (%s::bigint[] IS NULL OR t.group_id = ANY(%s::bigint[]))
GROUP BY 1, 2, 3, 4, 5 ORDER BY 6 DESC LIMIT %s
"""


def steps(actor: Actor, wanted: Wanted) -> list[StepDue]:
    """Steps to come of what is under way or will begin: from the documents, as if nobody answered meanwhile.

    Targets that stand at the same place are one: the number of statements does not depend on how many there are.
    """
    alive = runs_that_reach(actor).filter(state=RunState.RUNNING)
    if wanted.community_id is not None:
        alive = alive.filter(community_ids__contains=[wanted.community_id])
    runs = {row.pk: row for row in alive}
    whole = set(visible_runs(actor).filter(pk__in=list(runs)).values_list("pk", flat=True))
    within = _groups(actor, wanted)
    until = min(wanted.until, clock.now() + FARTHEST)
    zones = _zones(actor)
    counted: dict[tuple[int, str, datetime], int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_BUNCHES, [list(runs), list(OPEN), within, within, MOST_BUNCHES])
        bunches = cursor.fetchall()
    specs: dict[tuple[int, str], StepSpec] = {}
    lasts: dict[int, dict[str, timedelta]] = {}
    for run_id, version_id, step, began_at, due_at, count in bunches:
        version = compiled(version_id)
        if version_id not in lasts:
            lasts[version_id] = lengths(version)
        plan = timeline(version.document, began_at, _zone(runs[run_id], zones), lasts[version_id])
        for each in _ahead(plan, step, due_at):
            if wanted.since <= each.at < until:
                counted[run_id, each.step.id, each.at] += count
                specs[run_id, each.step.id] = each.step
    found = [
        StepDue(runs[run_id], specs[run_id, step], at, count, run_id in whole)
        for (run_id, step, at), count in counted.items()
    ]
    for row in runs.values():
        begun = _not_begun(row, within, wanted.since, until, _zone(row, zones))
        found += [replace(each, whole=row.pk in whole) for each in begun]
    return sorted(found, key=lambda each: each.at)


def _groups(actor: Actor, wanted: Wanted) -> list[int] | None:
    """The groups in which it is looked; None: all there are."""
    if wanted.group_id is None and wanted.community_id is None and actor.communities(Permission.VIEW) is None:
        return None
    found = community.visible_groups(actor)
    if wanted.community_id is not None:
        found = found.filter(community=wanted.community_id)
    if wanted.group_id is not None:
        found = found.filter(pk=wanted.group_id)
    return list(found.order_by().values_list("pk", flat=True))


def _zones(actor: Actor) -> dict[int, ZoneInfo]:
    rows = community.visible_communities(actor).values_list("pk", "zone")
    return {key: ZoneInfo(zone) for key, zone in rows}


def _zone(row: Run, zones: dict[int, ZoneInfo]) -> ZoneInfo:
    """By the clock of its first community."""
    return next((zones[key] for key in row.community_ids if key in zones), ZoneInfo(settings.DEFAULT_COMMUNITY_ZONE))


def _ahead(plan: Sequence[Planned], step: str, due_at: datetime) -> Iterator[Planned]:
    """From the step at which a target stands, what it will still come to on the main way."""
    place = next((number for number, each in enumerate(plan) if each.step.id == step), None)
    if place is None:
        return
    here = plan[place]
    yield Planned(here.step, due_at, here.path)
    late = max(due_at - here.at, timedelta())
    for each in plan[place + 1 :]:
        if not each.path:
            yield Planned(
                each.step, max(each.at, due_at) if each.step.when.after is None else each.at + late, each.path
            )


def _not_begun(
    row: Run, within: Sequence[int] | None, since: datetime, until: datetime, zone: ZoneInfo
) -> list[StepDue]:
    """What targets will come to that begin at a known time."""
    version = compiled(row.version_id)
    if version.trigger is None or not row.by_trigger:
        return []
    begins_with_it = version.trigger.with_run and row.looked_at < row.begins_at
    if not begins_with_it and not (version.trigger.by_clock and row.begins_at < until):
        return []
    groups = group_ids_of(row)
    if within is not None:
        groups = sorted(set(groups).intersection(within))
    begins: Sequence[tuple[datetime, int | None]] = ()
    if groups and begins_with_it:
        begins = [(row.begins_at, None)]
    elif groups:
        begins = _times(row, groups, max(since, clock.now()), until)
    return [
        StepDue(row, each.step, each.at, count)
        for at, count in begins
        for each in timeline(version.document, at, zone, lengths(version))
        if not each.path and since <= each.at < until
    ]


def _times(
    row: Run, group_ids: Sequence[int], since: datetime, until: datetime
) -> Sequence[tuple[datetime, int | None]]:
    """When a trigger lets its targets begin that goes by the clock alone: how many, by moment."""
    version = compiled(row.version_id)
    facts = community.group_facts(group_ids)
    if version.trigger is None or not facts:
        return []
    counted: dict[datetime, int] = defaultdict(int)
    for start in version.trigger.starts(version.trigger_config, facts, version.document.audience, since, until):
        if start.at > since:
            counted[start.at] += 1
    return sorted(counted.items())[:MOST_TIMES]


def by_day(found: Sequence[StepDue], zone: ZoneInfo) -> list[StepDue]:
    """The same with steps that come at many times of a day once, at the first of them; days are those of a zone."""
    days: dict[tuple[int, str, date], list[StepDue]] = defaultdict(list)
    for each in found:
        days[each.run.pk, each.step.id, each.at.astimezone(zone).date()].append(each)
    kept = [same if len(same) <= MOST_TIMES_OF_A_DAY else [_together(same)] for same in days.values()]
    return sorted((each for same in kept for each in same), key=lambda each: each.at)


def _together(same: Sequence[StepDue]) -> StepDue:
    counts = [each.targets for each in same if each.targets is not None]
    return replace(same[0], targets=sum(counts) if len(counts) == len(same) else None)


# ---------------------------------------------------------------- the feed
def feed(actor: Actor) -> Feed | None:
    """The actor's own secret address, as far as it is known here."""
    return Feed.objects.filter(staff_id=actor.id).first() if actor.id is not None else None


def reader_of(token: str) -> Actor:
    """Whose calendar a token opens; NotFound where it opens none, or its owner is not in the team any more."""
    row = Feed.objects.filter(token_hash=sha256(token.encode()).hexdigest()).first()
    if row is None:
        raise NotFound
    return team.actor_by_id(row.staff_id)
