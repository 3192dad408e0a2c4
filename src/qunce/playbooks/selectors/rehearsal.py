"""What a rehearsal came to: messages, load of groups and people, clashes, allowances, what was left out."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import get_language

from qunce.chat.actions.clones import AccountCopy, Recorded
from qunce.chat.connector import connectors
from qunce.community.types import GroupFacts
from qunce.kernel.actor import Actor, Permission
from qunce.playbooks.models import Execution, Track
from qunce.playbooks.policies.checks import TOO_CLOSE
from qunce.playbooks.selectors import checks
from qunce.playbooks.selectors.playbooks import Compiled
from qunce.playbooks.types import Document, ExecutionState, said
from qunce.playbooks.types.rehearsal import Clash, LeftOut, Load, Quota, Rehearsal, Said
from qunce.team import selectors as team

MOST_CLASHES = 100
BY_HAND_MINUTES = 1
_SHORT_WAIT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the stage has seen; groups by their copies where ``original`` tells whose copy each is."""

    document: Document
    version: Compiled
    actor: Actor
    began_at: datetime
    ended_at: datetime
    run_id: int
    run_ids: set[int]
    originals: Mapping[int, GroupFacts]
    original: Mapping[int, int]
    accounts: Mapping[int, AccountCopy]
    messages: Sequence[Recorded]
    lost: Sequence[tuple[str, int, str]]
    answers: int
    members: int
    notes: Sequence[str]
    seconds: float
    stopped_early: bool
    simulated: bool

    def day(self, group_id: int, at: datetime) -> str:
        """The day of a moment where a copy's group is."""
        return at.astimezone(self.originals[self.original[group_id]].zone).date().isoformat()


def told(heard: Heard) -> Rehearsal:
    """The whole account, within the rehearsal's transaction."""
    steps = dict(Track.objects.filter(run__in=heard.run_ids).values_list("id", "group_id"))
    minutes = _minutes(heard, steps)
    return Rehearsal(
        key=heard.document.key,
        title=said(heard.document.title, get_language() or ""),
        began_at=heard.began_at,
        ended_at=heard.ended_at,
        groups=len(heard.originals),
        members=heard.members,
        tracks=len(steps),
        answers=heard.answers,
        minutes=sum(each for _group, _day, each in minutes),
        seconds=round(heard.seconds, 2),
        messages=[_said(heard, each) for each in heard.messages],
        by_group=_by_group(heard, minutes),
        by_operator=_by_operator(heard, minutes),
        by_day=dict(sorted(Counter(heard.day(each.group_id, each.at) for each in heard.messages).items())),
        clashes=_clashes(heard),
        quotas=_quotas(heard),
        left_out=_left_out(heard),
        notes=list(heard.notes),
        stopped_early=heard.stopped_early,
        simulated=heard.simulated,
        zone=Counter(each.zone.key for each in heard.originals.values()).most_common(1)[0][0],
    )


def step_of(key: str) -> str:
    """The step whose delivery this is: ``playbook:<track>:<step>:<turn>…``."""
    parts = key.split(":")
    return parts[2] if key.startswith("playbook:") and len(parts) > 3 else key.rpartition(":")[0]  # noqa: PLR2004


def _said(heard: Heard, message: Recorded) -> Said:
    group = heard.originals[heard.original[message.group_id]]
    waited = message.at - message.planned_at
    return Said(
        message.at,
        group.id,
        group.name,
        step_of(message.key),
        message.text,
        message.campaign,
        round(waited / timedelta(minutes=1)) if waited > _SHORT_WAIT and not message.operation else 0,
        message.operation,
    )


# ------------------------------------------------------------------ load
_Minutes = list[tuple[int, str, int]]
"""Copy of a group, day, minutes of a person."""


def _minutes(heard: Heard, groups: Mapping[UUID, int]) -> _Minutes:
    """What people have to do: tasks and approvals as their steps say, and what is carried over by hand."""
    each_takes = {
        key: ready.kind.minutes(ready.config) for key, ready in heard.version.steps.items() if ready.kind is not None
    }
    rows = Execution.objects.filter(
        run_id=heard.run_id,
        step__in=[key for key, minutes in each_takes.items() if minutes],
        state__in=[ExecutionState.DONE, ExecutionState.WAITING],
    ).values_list("track_id", "step", "began_at")
    found = [(groups[track], heard.day(groups[track], at), each_takes[step]) for track, step, at in rows]
    for message in heard.messages:
        platform = heard.originals[heard.original[message.group_id]].platform
        if platform in connectors and connectors[platform].capabilities.by_hand:
            found.append((message.group_id, heard.day(message.group_id, message.at), BY_HAND_MINUTES))
    return found


def _load(name: str, days: Counter[str], minutes: int) -> Load:
    busiest_day, busiest = max(days.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return Load(name, days.total(), busiest, busiest_day, minutes)


def _by_group(heard: Heard, minutes: _Minutes) -> list[Load]:
    """Messages per group, the one that hears most on a day first."""
    days: dict[int, Counter[str]] = defaultdict(Counter)
    for message in heard.messages:
        if not message.operation:
            days[message.group_id][heard.day(message.group_id, message.at)] += 1
    spent: Counter[int] = Counter()
    for group_id, _day, each in minutes:
        spent[group_id] += each
    found = [
        _load(heard.originals[original].name, days[copy], spent[copy]) for copy, original in heard.original.items()
    ]
    return sorted(found, key=lambda load: (-load.busiest, -load.total, load.name))


def _by_operator(heard: Heard, minutes: _Minutes) -> list[Load]:
    """Minutes per person and day, shared by those who operate the group's community."""
    there = team.at_work()
    shares: dict[str, Counter[str]] = defaultdict(Counter)
    for group_id, day, each in minutes:
        home = heard.originals[heard.original[group_id]].community_id
        able = [actor.name for actor in there if actor.may(Permission.OPERATE, home)] or ["–"]
        for place, name in enumerate(able):
            shares[name][day] += each // len(able) + (place < each % len(able))
    found = [_load(name, days, days.total()) for name, days in shares.items()]
    return sorted(found, key=lambda load: (-load.minutes, load.name))


# ------------------------------------------------------------------ clashes, allowances, what was left out
def _clashes(heard: Heard) -> list[Clash]:
    if heard.simulated:
        return []
    others = checks.others(heard.actor, list(heard.originals.values()), heard.began_at, not_run=heard.run_id)
    found: dict[tuple[str, str], Clash] = {}
    for message in heard.messages:
        if message.operation:
            continue
        for other in others:
            if abs(other.at - message.at) < TOO_CLOSE:
                step = step_of(message.key)
                found.setdefault((step, other.title), Clash(step, other.title, other.at))
    return sorted(found.values(), key=lambda clash: clash.at)[:MOST_CLASHES]


def _quotas(heard: Heard) -> list[Quota]:
    days: dict[int, Counter[str]] = defaultdict(Counter)
    for message in heard.messages:
        days[message.account_id][heard.day(message.group_id, message.at)] += 1
    found = []
    for account_id, row in heard.accounts.items():
        busiest = max(days[account_id].values(), default=0)
        allowed = connectors[row.platform].capabilities.pace.per_day if row.platform in connectors else {}
        found.append(Quota(row.name, busiest, allowed.get("message")))
    return sorted(found, key=lambda quota: (-quota.busiest, quota.account))


def _left_out(heard: Heard) -> list[LeftOut]:
    counts = Counter((step_of(key), reason) for key, _group, reason in heard.lost)
    rows = Execution.objects.filter(
        run_id__in=heard.run_ids, state__in=[ExecutionState.SKIPPED, ExecutionState.FAILED]
    )
    counts.update(rows.values_list("step", "detail"))
    return [LeftOut(step, reason, count) for (step, reason), count in sorted(counts.items())]
