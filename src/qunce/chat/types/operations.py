"""What a connector can be asked to do besides sending: to our messages, to a group, to its members.

Which of them a platform knows is said by `Capabilities.performs`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from qunce.chat.types.content import Content
from qunce.chat.types.inbound import Inbound


# ------------------------------------------------------------------ done by the gateway itself
@dataclass(frozen=True, slots=True)
class Recall:
    """Take back a message that we sent."""

    group: str
    external_id: str
    delivery_id: str


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read one page of a group's past, newest first, from ``before`` (None: from now); about ``limit`` messages."""

    group: str
    before: str | None = None
    limit: int = 100


# ------------------------------------------------------------------ planned in the ledger, like messages
@dataclass(frozen=True, slots=True)
class Edit:
    """Let a message that we sent say something else."""

    group: str
    external_id: str
    content: Content


@dataclass(frozen=True, slots=True)
class Delete:
    """Take away a message of somebody else."""

    group: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Pin:
    """Keep a message at the top of the group, or (``on`` False) not any more."""

    group: str
    external_id: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class SetNotice:
    """The group's standing notice: what its platform shows of the group itself (topic, announcement, description)."""

    group: str
    text: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Let a member (external id) not speak for so many seconds; 0: speak again, None: for good."""

    group: str
    member: str
    seconds: int | None


@dataclass(frozen=True, slots=True)
class MuteAll:
    """Let nobody but administrators speak, or (``on`` False) everybody again."""

    group: str
    on: bool


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a member (external id); ``ban``: for good, they cannot come back."""

    group: str
    member: str
    ban: bool = False


@dataclass(frozen=True, slots=True)
class Readmit:
    """Lift a ban: the member (external id) may come back."""

    group: str
    member: str


@dataclass(frozen=True, slots=True)
class DecideJoin:
    """Answer somebody's wish to join; ``reference`` as in JoinRequested, ``reason`` for a refusal."""

    group: str
    member: str
    accept: bool
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MakeInvitation:
    """A link of its own into the group; who comes by it has ``name`` as their source."""

    group: str
    name: str


Operation: TypeAlias = (
    Recall
    | ReadHistory
    | Edit
    | Delete
    | Pin
    | SetNotice
    | Mute
    | MuteAll
    | Remove
    | Readmit
    | DecideJoin
    | MakeInvitation
)
Planable: TypeAlias = (
    Edit | Delete | Pin | SetNotice | Mute | MuteAll | Remove | Readmit | DecideJoin | MakeInvitation
)
_PLANABLE: Mapping[str, type[Planable]] = {
    "edit": Edit,
    "delete": Delete,
    "pin": Pin,
    "notice": SetNotice,
    "mute": Mute,
    "mute_all": MuteAll,
    "remove": Remove,
    "readmit": Readmit,
    "decide_join": DecideJoin,
    "invitation": MakeInvitation,
}


def kind_of(operation: Planable) -> str:
    """The name of an operation's kind, as the ledger stores it."""
    return next(key for key, kind in _PLANABLE.items() if isinstance(operation, kind))


def operation_to_json(operation: Planable) -> dict[str, Any]:
    """As the ledger stores it; the group is the delivery's own."""
    fields = asdict(operation) | {"is": kind_of(operation)}
    if isinstance(operation, Edit):
        fields["content"] = operation.content.to_json()
    del fields["group"]
    return fields


def operation_from_json(stored: Mapping[str, Any], group: str) -> Planable:
    """As `operation_to_json` made it, for the group with this external id."""
    fields = {key: value for key, value in stored.items() if key != "is"}
    if "content" in fields:
        fields["content"] = Content.from_json(fields["content"])
    return _PLANABLE[stored["is"]](group=group, **fields)


# ------------------------------------------------------------------ what comes of it
@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of the past; ``before`` of the next one, None at the beginning."""

    events: Sequence[Inbound]
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """An operation was carried out. ``result``: what it made, such as an invitation's address."""

    result: str = ""


Performed: TypeAlias = Done | HistoryPage
