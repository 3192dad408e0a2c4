"""The playbooks' part of the pipeline, and what they do about events."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from qunce.chat.stage import Inflow, NewMessage, Stage
from qunce.community import selectors as community
from qunce.community.events import GroupsArchived, GroupsReleased, GroupsTagged
from qunce.content import actions as content
from qunce.content.events import SessionCalled, SessionEnded
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.events import subscriber
from qunce.members import selectors as members
from qunce.members.events import MemberTagged
from qunce.playbooks import actions
from qunce.playbooks.actions.calls import CALLS
from qunce.playbooks.actions.lateness import event_of
from qunce.playbooks.actions.starting import SCOPE, begin_caught, begin_heard
from qunce.playbooks.actions.waking import soon
from qunce.playbooks.models import Run
from qunce.playbooks.selectors.engine import groups_with_calls
from qunce.playbooks.selectors.playbooks import Compiled, compiled
from qunce.playbooks.selectors.runs import listening
from qunce.playbooks.selectors.speakers import has_turn
from qunce.playbooks.types import Audience, Start
from qunce.team.events import ApprovalDecided, TaskEnded


class PlaybookSteps(Stage):
    """Notes answers to open calls, and lets targets begin by what is said.

    Which runs listen, and where calls are open, is read anew when that has changed; where nothing is, a batch costs
    nothing.
    """

    name = "playbooks"

    def __init__(self) -> None:
        self._revision: tuple[int, int] | None = None
        self._listening: list[tuple[Run, Compiled, frozenset[int]]] = []

        self._calls = -1
        self._asked: frozenset[int] = frozenset()

    def run(self, inflow: Inflow) -> None:
        """Write answers to open calls down, then begin what was called for; little where nothing was."""
        self._note_answers(inflow)
        revision = inflow.revisions.get(SCOPE, 0), inflow.revisions.get("groups", 0)
        if revision != self._revision:
            self._listening = [(row, compiled(row.version_id), groups) for row, groups in listening()]
            self._revision = revision
        if not self._listening:
            return
        heard: dict[int, list[tuple[NewMessage, Compiled]]] = defaultdict(list)
        people = [message for message in inflow.messages if not message.from_us and not message.from_bot]
        for row, version, groups in self._listening:
            trigger = version.trigger
            for message in people if trigger else ():
                if (
                    message.group.id in groups
                    and message.sent_at >= row.begins_at
                    and trigger is not None
                    and trigger.hears(version.trigger_config, message)
                ):
                    heard[row.pk].append((message, version))
        if heard and begin_heard({key: _starts(met) for key, met in heard.items()}):
            soon()

    def _note_answers(self, inflow: Inflow) -> None:
        """What is said where no call is open costs nothing; groups whose calls were closed are asked in vain."""
        revision = inflow.revisions.get(CALLS, 0)
        if revision != self._calls:
            self._asked, self._calls = groups_with_calls(), revision
        if self._asked and any(message.group.id in self._asked for message in inflow.messages):
            actions.wake_all(events=actions.note_answers(inflow=inflow))


def _starts(met: Sequence[tuple[NewMessage, Compiled]]) -> list[Start]:
    """One start per target; where a target may begin again and again, one a day."""
    people: Mapping[int, Any] = {}
    if met[0][1].document.audience is Audience.MEMBER:
        people = members.who({message.identity_id for message, _version in met})
    starts: dict[tuple[int, int | None, int], Start] = {}
    for message, version in met:
        member = people[message.identity_id].member_id if message.identity_id in people else None
        if member is None and version.document.audience is Audience.MEMBER:
            continue
        again = version.trigger is not None and version.trigger.recurs
        day = _day(message, message.group.zone) if again else 0
        starts.setdefault(
            (message.group.id, member, day),
            Start(message.group.id, member, message.sent_at, day, {"text": message.text[:500]}),
        )
    return list(starts.values())


def _day(message: NewMessage, zone: ZoneInfo) -> int:
    return int(message.sent_at.astimezone(zone).strftime("%Y%m%d"))


@subscriber(TaskEnded)
def task_was_waited_for(event: TaskEnded) -> None:
    """Tracks go on whose step asked for the task (``task:<its key>``), or was late and a person has decided."""
    if event.key:
        data = {"done": event.done, "task_id": event.task_id}
        actions.wake(event=event_of(event.key) or f"task:{event.key}", data=data)


@subscriber(ApprovalDecided)
def approval_was_waited_for(event: ApprovalDecided) -> None:
    """Tracks go on whose step asked for it (``approval:<its key>``)."""
    if event.key:
        data = {"approved": event.approved, "approval_id": event.approval_id, "by": event.decided_by}
        actions.wake(event=f"approval:{event.key}", data=data)


@subscriber(SessionEnded)
def session_was_waited_for(event: SessionEnded) -> None:
    """Tracks go on whose step holds it (``session:<its key>``)."""
    actions.wake(event=f"session:{event.key}", data={"session": event.session_id, "count": event.said})


@subscriber(SessionCalled)
def whose_turn_it_is_may_begin(event: SessionCalled) -> None:
    """Somebody of the group has said the words that begin a session: it begins where they have the turn that day."""
    facts = community.group_facts([event.group_id])
    if not facts or not has_turn(event.group_id, event.identity_id, event.at.astimezone(facts[0].zone).date()):
        return
    with suppress(Conflict, Invalid), transaction.atomic():
        content.begin_called(
            by=members.who({event.identity_id})[event.identity_id].name,
            group_id=event.group_id,
            topic=event.topic,
            key=event.key,
            speaker_ids=[event.identity_id],
            began_at=event.at,
        )


@subscriber(GroupsReleased)
def released_groups_stop(event: GroupsReleased) -> None:
    """Playbooks do not go on in groups that are not ours any more."""
    actions.stop_in_groups(group_ids=event.group_ids)


@subscriber(GroupsArchived)
def archived_groups_stop(event: GroupsArchived) -> None:
    """Nor in those that are not served any more."""
    actions.stop_in_groups(group_ids=event.group_ids)


@subscriber(MemberTagged)
def tagged_members_begin(event: MemberTagged) -> None:
    """Playbooks begin that were waiting for the tag."""
    begin_caught(event=event)


@subscriber(GroupsTagged)
def tagged_groups_begin(event: GroupsTagged) -> None:
    """The same for groups."""
    begin_caught(event=event)
