"""What a connector says of its platform and of an account there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from qunce.chat.types.inbound import Reads
from qunce.chat.types.operations import Operation


class Replay(StrEnum):
    """What the wire gives again after a break: from our cursor, what we have not acknowledged, history, nothing.

    Where it is ACK, taking the next arrival of `listen` acknowledges the one before: it is taken after the commit.
    """

    CURSOR = "cursor"
    ACK = "ack"
    HISTORY = "history"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Pace:
    """Published limits: messages per second and burst, for the account and for each chat.

    ``chat_per_minute``: never more than so many to one chat in any sixty seconds. None: no such limit.
    ``jitter``: after each message the account rests up to so many seconds longer, never the same: for platforms
    that watch for machines. ``per_day``: at most so many in any 24 hours, by kind: "message", and operations by the
    name that the ledger stores.
    """

    per_second: float
    burst: int
    chat_per_second: float
    chat_burst: int
    chat_per_minute: int | None = None
    jitter: float = 0.0
    per_day: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do through this connector; pages offer nothing else.

    ``media``: the kinds of files that may be sent, up to ``largest_file`` bytes; ``albums``: kinds of which several
    stand in one message, otherwise they come one after the other. ``by_hand``: no gateway serves
    it, a person carries the messages over. ``simulated``: nobody is really there, so nothing need wait.
    """

    replay: Replay
    reads: Reads
    pace: Pace
    idempotent_hours: float = 0
    echoes: bool = False
    performs: frozenset[type[Operation]] = frozenset()
    recall_hours: float | None = None
    reply: bool = False
    mention: bool = False
    media: frozenset[str] = frozenset()
    largest_file: int = 0
    albums: tuple[frozenset[str], ...] = ()
    polls: bool = False
    buttons: bool = False
    longest_text: int = 4000
    by_hand: bool = False
    simulated: bool = False

    def can(self, operation: type[Operation]) -> bool:
        """Whether it carries out operations of this kind."""
        return operation in self.performs


class AccountState(StrEnum):
    """How an account is: never checked, at work, waiting for its platform, or in need of a person."""

    NEW = "new"
    WORKING = "working"
    WAITING = "waiting"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Checked:
    """The account is alive: who it is on its platform, and remarks for the operator.

    ``secrets``: fields of Config that the platform gave in exchange for what was entered (a session's token);
    they are stored sealed and handed to the next instance. None: nothing new, the stored ones stay.
    """

    external_id: str
    name: str
    remarks: Sequence[str] = field(default_factory=tuple)
    secrets: Mapping[str, str] | None = None
