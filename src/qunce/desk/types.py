"""Words of the desk: keywords and how far rules reach, what became of a message, what needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

LONGEST_ANSWER = 2000
LONGEST_KEYWORD = 100
MOST_KEYWORDS = 100
LONGEST_COOLDOWN = 7 * 24 * 3600

ANSWER_WITHIN = timedelta(minutes=10)
"""After that the conversation has moved on, and an automatic answer only disturbs."""

VARIABLES: Mapping[str, str] = {"name": "昵称", "group": "群名"}
"""What an answer may say: the asker's name and the group's name."""


class Match(StrEnum):
    """How a keyword is compared with a message: it is all of it, or a part of it."""

    EXACT = "exact"
    CONTAINS = "contains"


class Reach(IntEnum):
    """How far a rule reaches; the nearer one wins."""

    GROUP = 0
    COMMUNITY = 1
    EVERYWHERE = 2


Scope = tuple[int | None, int | None]
"""(community, group) that a rule is bound to: at most one of them."""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What an operator enters of a rule. Lengths are in characters; a cool-down of 0 answers every time."""

    keywords: tuple[str, ...]
    answer: str
    match: Match = Match.CONTAINS
    cooldown_seconds: int = 0
    community_id: int | None = None
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which rules are wanted; what is empty does not restrict.

    ``text``: in a keyword or the answer. ``community_id``: of the community and of its groups.
    """

    text: str = ""
    everywhere: bool = False
    community_id: int | None = None
    group_id: int | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A keyword rule as the matcher needs it. ``keywords`` as the operator wrote them."""

    id: int
    match: Match
    keywords: tuple[str, ...]
    answer: str
    cooldown_seconds: int = 0
    community_id: int | None = None
    group_id: int | None = None

    @property
    def scope(self) -> Scope:
        """Where it counts."""
        return self.community_id, self.group_id

    @property
    def reach(self) -> Reach:
        """How far it reaches."""
        if self.group_id is not None:
            return Reach.GROUP
        return Reach.EVERYWHERE if self.community_id is None else Reach.COMMUNITY


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a message meets, and by which keyword (normalised). ``cut``: only inside a longer word."""

    rule: Rule
    keyword: str
    cut: bool = False

    @property
    def rank(self) -> tuple[bool, Reach, bool, int, int]:
        """Lower answers: nearer, then exact before contains, then the longer keyword, then the older rule."""
        rule = self.rule
        return self.cut, rule.reach, rule.match is not Match.EXACT, -len(self.keyword), rule.id


class Fate(StrEnum):
    """What becomes of a rule that a message meets."""

    ANSWERS = "answers"
    COOLING = "cooling"
    FARTHER = "farther"
    LOOSER = "looser"
    SHORTER = "shorter"
    YOUNGER = "younger"
    CUT = "cut"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule that a message meets and what becomes of it; ``until``: the end of a running cool-down."""

    hit: Hit
    fate: Fate
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Which rule answers a message in a group, with which words, and why the others do not.

    ``read_as`` is the text as it is compared; ``answer`` is None where nothing is said.
    """

    read_as: str
    answer: str | None
    judged: tuple[Judged, ...]


# ------------------------------------------------------------------ what needs a person
LIKELY_WITHIN = timedelta(minutes=10)
"""For so long what somebody else says next is taken for an answer to a question."""

OUR_ACCOUNT = 0
"""Stands for our own account among the staff who are mentioned."""


class MatterState(StrEnum):
    """How a matter stands. Likely: perhaps answered by what somebody said next; nobody has said so."""

    OPEN = "open"
    LIKELY = "likely"
    ANSWERED = "answered"
    DONE = "done"


class Tab(StrEnum):
    """What the inbox shows."""

    ALL = "all"
    UNANSWERED = "unanswered"
    MENTIONS = "mentions"
    MINE = "mine"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """What is wanted of the inbox; what is empty does not restrict. ``text`` searches everything that was said."""

    tab: Tab = Tab.ALL
    text: str = ""
    community_id: int | None = None
    group_id: int | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Raised:
    """A message that needs a person, and why: it asks, or mentions staff (or OUR_ACCOUNT)."""

    group_id: int
    sent_at: datetime
    id: UUID
    external_id: str
    identity_id: int
    asks: bool
    mentioned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """An open matter as the pipeline needs it."""

    id: int
    group_id: int
    sent_at: datetime
    external_id: str
    identity_id: int
    asks: bool
    mentions: bool
    state: MatterState


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said later and may settle matters of its group."""

    sent_at: datetime
    identity_id: int
    name: str
    reply_to: str | None
    from_us: bool
    asks: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What a matter becomes, when, and by whose words."""

    matter_id: int
    state: MatterState
    at: datetime
    name: str
