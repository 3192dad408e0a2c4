"""A digest: what was said in a stretch, in lines that each name their messages, and what they leave out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from qunce.insights.types.health import MessageKey


class LineKind(StrEnum):
    """What a line tells."""

    NOTICE = "notice"
    """What was announced or decided by those who lead."""
    THREAD = "thread"
    """What was talked about."""
    QUESTION = "question"
    """What nobody has answered."""
    LINK = "link"
    THANKS = "thanks"
    """Who was thanked for what: the first message is what for, the others are the thanks."""
    NEWCOMER = "newcomer"
    """Who came anew: their message, and whoever turned to them."""


class LeftOut(StrEnum):
    """Why a message is in no thread of the digest."""

    MACHINE = "machine"
    WORDLESS = "wordless"
    """Pictures, stickers and signs without words, and what was taken back."""
    ADVERT = "advert"
    REPEATED = "repeated"
    GREETING = "greeting"
    PASSING = "passing"
    """Said in passing: nobody took it up."""
    SMALL = "small"
    """In conversations too small for a digest of this length."""


class Writer(StrEnum):
    """Who put a line into words: nobody (it is quoted), a model, a person."""

    QUOTED = "quoted"
    MODEL = "model"
    PERSON = "person"


class DigestState(StrEnum):
    """What has become of a digest: being made; a page; waiting for a person's word; posted; or not to be posted."""

    MAKING = "making"
    KEPT = "kept"
    WAITING = "waiting"
    POSTED = "posted"
    DECLINED = "declined"


class DigestChannel(StrEnum):
    """Where a digest goes besides its page: nowhere; to the team; into its own group, at once or after a look."""

    PAGE = "page"
    TEAM = "team"
    GROUP = "group"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line. ``keys``: the messages that it rests on; the first ``quoted`` of them are shown. No keys, no line.

    ``words``: what a thread is called by; all of them are said in it. ``messages``, ``people``: of the whole thread.
    ``first``, ``last``: when it was, in seconds since 1970. ``groups``: where, in a digest over several groups.
    ``said``: how ``writer`` put it, at ``said_at``; empty where the messages are quoted. ``hidden``: taken out.
    """

    kind: LineKind
    keys: Sequence[MessageKey]
    quoted: int = 1
    words: Sequence[str] = ()
    messages: int = 1
    people: int = 1
    first: float = 0.0
    last: float = 0.0
    url: str = ""
    groups: Sequence[int] = ()
    said: str = ""
    said_at: float = 0.0
    writer: Writer = Writer.QUOTED
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Covered:
    """Of ``messages`` so many are in the digest's threads; ``left``: why the others are not.

    ``hours``: per hour of the stretch (at most the hours of a week, then days) how many there were and how many
    are in threads. ``unread``: seconds of which perhaps not everything was read.
    """

    messages: int = 0
    covered: int = 0
    people: int = 0
    left: Mapping[LeftOut, int] = field(default_factory=dict)
    hours: Sequence[tuple[int, int]] = ()
    unread: float = 0.0

    @property
    def worth_telling(self) -> int:
        """Messages but for those of machines, adverts, and what has no words."""
        out = (LeftOut.MACHINE, LeftOut.ADVERT, LeftOut.WORDLESS, LeftOut.REPEATED)
        return self.messages - sum(self.left.get(why, 0) for why in out)


@dataclass(frozen=True, slots=True)
class DroppedLine:
    """What a model said and nobody reads as the digest: why it was dropped."""

    said: str
    why: str


@dataclass(frozen=True, slots=True)
class DigestDocument:
    """A digest as it is kept. ``groups``: what each group adds to one over several, by its id.

    ``trouble``: a message id of what went wrong with the model, if anything did.
    """

    lines: Sequence[DigestLine] = ()
    coverage: Covered = field(default_factory=Covered)
    groups: Mapping[int, Covered] = field(default_factory=dict)
    dropped: Sequence[DroppedLine] = ()
    trouble: str = ""

    def of(self, kind: LineKind) -> list[DigestLine]:
        """Its lines of one kind."""
        return [line for line in self.lines if line.kind is kind]

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        stored: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DigestDocument":
        """As `to_json` made it."""
        return _ADAPTER.validate_python(stored)


_ADAPTER: TypeAdapter[DigestDocument] = TypeAdapter(DigestDocument)
