"""What a finding rests on, opened: people by name, messages with their senders. One read for many findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Line
from qunce.community import selectors as community
from qunce.insights.types import Finding
from qunce.kernel.actor import Actor
from qunce.members import selectors as members

MOST = 8
"""Of people, and of messages, that are shown of one finding."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The people and the messages of one finding that are still there; ``more``: people beyond those."""

    people: Mapping[int, str]
    lines: Sequence[Line]
    more: int


def opened(actor: Actor, group_id: int, findings: Sequence[Finding]) -> list[Opened]:
    """The evidence of each finding of one group, in their order. At most six statements."""
    community.group(actor, group_id)
    people = {key for finding in findings for key in finding.evidence.people[:MOST]}
    keys = {key for finding in findings for key in finding.evidence.messages[:MOST] if key[0] == group_id}
    names = dict(members.visible_members(actor).filter(pk__among=people).values_list("pk", "name"))
    found = messages.by_keys(keys)
    lines = {line.message.pk: line for line in messages.lines(list(found.values()))}
    return [
        Opened(
            {key: names[key] for key in finding.evidence.people[:MOST] if key in names},
            [lines[found[key].pk] for key in finding.evidence.messages[:MOST] if key in found],
            max(0, len(finding.evidence.people) - MOST),
        )
        for finding in findings
    ]
