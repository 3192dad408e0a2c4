"""Targets begin: tracks are made of what triggers find, once per target and occurrence."""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.kernel import clock, live, revisions, wire
from qunce.kernel.events import Event
from qunce.kernel.ids import new_id
from qunce.members import selectors as members
from qunce.playbooks.actions.waking import soon
from qunce.playbooks.models import Run
from qunce.playbooks.policies.moments import moment
from qunce.playbooks.selectors import runs as reads
from qunce.playbooks.selectors.playbooks import Compiled, compiled
from qunce.playbooks.types import Audience, RunState, Start, TrackState

log = logging.getLogger(__name__)
AT_ONCE = 5000
SCOPE = "playbooks"
"""The revision that changes when a run begins, pauses, goes on or ends."""
_INSTANT = timedelta(microseconds=1)

_INSERT = """
INSERT INTO playbooks_track (id, run_id, version_id, group_id, member_id, occurrence, state, step, began_at, due_at,
next_at, waits_for, before_pause, turn, attempts, reason, data)
SELECT s.id, %b::bigint, %b::bigint, s.group_id, s.member_id, s.occurrence, %b::text, %b::text, s.at, s.due_at,
s.due_at, '', '', 0, 0, '', s.data::jsonb
FROM unnest(%b::uuid[], %b::bigint[], %b::bigint[], %b::bigint[], %b::timestamptz[], %b::timestamptz[], %b::text[])
AS s(id, group_id, member_id, occurrence, at, due_at, data)
ON CONFLICT (run_id, group_id, member_id, occurrence) DO NOTHING RETURNING id
"""


def look_for_starts(*, now: datetime | None = None) -> int:
    """Ask the trigger of each living run who has begun since it was last asked; returns how many tracks are new.

    Each run in a transaction of its own; one that another worker looks at is left to it. What cannot be asked is
    logged and asked again the next time. Runs that begin with their targets end when all of these are through.
    """
    until = now or clock.now()
    begun = 0
    facts: dict[int, GroupFacts] | None = None
    for run_id in reads.living():
        if facts is None:
            facts = {each.id: each for each in community.all_group_facts()}
        try:
            begun += look(run_id, until, facts)
        except Exception:
            log.exception("run %s could not be asked who begins", run_id)
    _end_what_is_through(until)
    return begun


def look(run_id: int, until: datetime, facts: Mapping[int, GroupFacts]) -> int:
    """Ask the trigger of one run; returns how many tracks are new."""
    with transaction.atomic():
        alive = Run.objects.filter(pk=run_id, state=RunState.RUNNING, by_trigger=True, begins_at__lte=until)
        run = alive.select_for_update(skip_locked=True, no_key=True).first()
        if run is None or run.looked_at >= until:
            return 0
        version = compiled(run.version_id)
        if version.trigger is None:
            return 0
        if version.trigger.with_run:
            starts = _with_run(run, version, until, facts)
        else:
            groups = [facts[key] for key in reads.group_ids_of(run) if key in facts]
            audience = version.document.audience
            starts = list(
                version.trigger.starts(version.trigger_config, groups, audience, run.looked_at, until)
                if groups
                else ()
            )
        begun = begin(run, version, starts, facts)
        Run.objects.filter(pk=run_id).update(looked_at=until)
    return len(begun)


_seen: dict[int, int] = {}
"""At which revision of the groups this process last looked for groups that joined a run."""


def _with_run(run: Run, version: Compiled, until: datetime, facts: Mapping[int, GroupFacts]) -> list[Start]:
    """Every target when the run begins; later, where it grows, those of groups that have joined since."""
    first = run.looked_at < run.begins_at
    revision = revisions.current().get("groups", 0)
    if not first and (not run.grows or _seen.get(run.pk) == revision):
        return []
    groups = {key for key in reads.group_ids_of(run) if key in facts}
    if not first:
        groups -= reads.groups_with_tracks(run.pk)
    transaction.on_commit(lambda: _seen.__setitem__(run.pk, revision))
    return targets_of(groups, version.document.audience, run.begins_at if first else until)


def targets_of(group_ids: Collection[int], audience: Audience, at: datetime) -> list[Start]:
    """Each group, or each person who is in one of them."""
    if audience is Audience.GROUP:
        return [Start(group_id, None, at) for group_id in sorted(group_ids)]
    return [Start(group_id, member_id, at) for group_id, member_id in members.people_here(group_ids)]


def begin(run: Run, version: Compiled, starts: Iterable[Start], facts: Mapping[int, GroupFacts]) -> list[UUID]:
    """Make tracks of starts, in the caller's transaction; who has begun already is left as it is.

    Returns the new ones. Bots, our own people and who does not want to be written to never begin.
    """
    wanted = _wanted([each for each in starts if each.group_id in facts and each.at >= run.begins_at - _INSTANT])
    first = version.walk.first
    state = TrackState.DUE if first else TrackState.DONE
    made: list[UUID] = []
    for number in range(0, len(wanted), AT_ONCE):
        some = wanted[number : number + AT_ONCE]
        due = [_first_due(version, each, facts[each.group_id]) for each in some]
        with wire.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [
                    *(run.pk, run.version_id, state.value, first),
                    [new_id() for _ in some],
                    [each.group_id for each in some],
                    [each.member_id for each in some],
                    [each.occurrence for each in some],
                    [each.at for each in some],
                    due,
                    [_dump(each.data) for each in some],
                ],
                binary=True,
            )
            made += [key for (key,) in cursor.fetchall()]
    if made:
        live.touch("playbooks", f"run:{run.pk}")
    return made


def _dump(data: Mapping[str, object]) -> str:
    """What came of the start, as if a step named ``start`` had left it."""
    return json.dumps({"start": dict(data)} if data else {}, ensure_ascii=False)


def _wanted(starts: Sequence[Start]) -> list[Start]:
    pairs = {(each.group_id, each.member_id) for each in starts if each.member_id is not None}
    people = members.addressed(pairs)
    return [
        each
        for each in starts
        if each.member_id is None
        or ((person := people.get((each.group_id, each.member_id))) is not None and not person.unasked)
    ]


def _first_due(version: Compiled, start: Start, group: GroupFacts) -> datetime:
    first = version.walk.first
    return (
        max(moment(version.walk.steps[first].when, start.at, start.at, group.zone), start.at) if first else start.at
    )


def _end_what_is_through(now: datetime) -> None:
    """Runs that began with their targets, and those that belong to another playbook's, when nothing is left to do."""
    able = [row.pk for row in reads.that_end_by_themselves()]
    if not able:
        return
    with transaction.atomic():
        ended = Run.objects.filter(pk__in=reads.through(able), state=RunState.RUNNING)
        if ended.update(state=RunState.ENDED, ended_at=now):
            revisions.bump(SCOPE)
            live.touch("playbooks", *(f"run:{key}" for key in able))


# ------------------------------------------------------------------ what is said
def begin_heard(heard: Mapping[int, Sequence[Start]]) -> int:
    """Targets of runs (by id) that begin by what was just said, in the batch's transaction; returns how many."""
    if not heard:
        return 0
    facts = {
        each.id: each
        for each in community.group_facts({start.group_id for starts in heard.values() for start in starts})
    }
    begun = 0
    rows = Run.objects.filter(pk__in=heard, state=RunState.RUNNING)
    by_run: dict[int, list[Start]] = defaultdict(list, {key: list(starts) for key, starts in heard.items()})
    for run in rows:
        begun += len(begin(run, compiled(run.version_id), by_run[run.pk], facts))
    return begun


# ------------------------------------------------------------------ what happens below
def begin_caught(*, event: Event) -> int:
    """Targets of the runs whose triggers catch an event, in the transaction that hands it on; returns how many."""
    begun = 0
    for run in reads.catching():
        version = compiled(run.version_id)
        facts = {each.id: each for each in community.group_facts(reads.group_ids_of(run))}
        if version.trigger is not None and facts:
            audience = version.document.audience
            starts = version.trigger.caught(version.trigger_config, event, list(facts.values()), audience)
            begun += len(begin(run, version, starts, facts))
    if begun:
        soon()
    return begun
