"""What a finding rests on, opened: people by name, messages with their senders. One read for many findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qunce.chat.selectors import messages
from qunce.chat.selectors.messages import Line
from qunce.community import selectors as community
from qunce.insights.types import Finding, MessageKey
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
    names = dict(members.visible_members(actor).filter(pk__among=people).values_list("pk", "name"))
    lines = said(actor, group_id, [finding.evidence.messages for finding in findings], MOST)
    return [
        Opened(
            {key: names[key] for key in finding.evidence.people[:MOST] if key in names},
            shown,
            max(0, len(finding.evidence.people) - MOST),
        )
        for finding, shown in zip(findings, lines, strict=True)
    ]


def said(actor: Actor, group_id: int, shown: Sequence[Sequence[MessageKey]], most: int = 3) -> list[list[Line]]:
    """The first messages of each of several lists of keys of one group that are still there, in their order."""
    community.group(actor, group_id)
    keys = {key for each in shown for key in each[:most] if key[0] == group_id}
    found = messages.by_keys(keys)
    lines = {line.message.pk: line for line in messages.lines(list(found.values()))}
    return [[lines[found[key].pk] for key in each[:most] if key in found] for each in shown]
