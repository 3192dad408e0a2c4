"""Words of the desk: keywords and how far rules reach, what became of a message, what needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from uuid import UUID

from qunce.content.types import Attached, Ready

LONGEST_ANSWER = 2000
LONGEST_KEYWORD = 100
LONGEST_PATTERN = 200
MOST_KEYWORDS = 100
MOST_ANSWERS = 20
MOST_FILES = 5
LARGEST_SHEET = 20 << 20
MOST_LINES = 20_000
LONGEST_COOLDOWN = 7 * 24 * 3600
WEEK = tuple(range(7))

ANSWER_WITHIN = timedelta(minutes=10)
"""After that the conversation has moved on, and an automatic answer only disturbs."""

VARIABLES: Mapping[str, str] = {
    "name": "昵称",
    "group": "群名",
    "community": "社群",
    "date": "日期",
    "weekday": "星期",
    "members": "人数",
}
"""What an answer may say: who asks, where, on which day there, and how many people the group has."""


class Match(StrEnum):
    """How keywords are compared with a message; of rules equally near, the kind named first wins."""

    EXACT = "exact"
    ALL = "all"
    CONTAINS = "contains"
    PATTERN = "pattern"


_STRICTNESS = {match: place for place, match in enumerate(Match)}


class Reach(IntEnum):
    """How far a rule reaches; the nearer one wins."""

    GROUP = 0
    TAG_HERE = 1
    TAG = 2
    COMMUNITY = 3
    EVERYWHERE = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule counts: in a group, or in the groups of a community, or of a tag, or of both; else everywhere."""

    community_id: int | None = None
    group_id: int | None = None
    tag: str = ""

    @property
    def reach(self) -> Reach:
        """How far that is."""
        if self.group_id is not None:
            return Reach.GROUP
        if self.tag:
            return Reach.TAG if self.community_id is None else Reach.TAG_HERE
        return Reach.EVERYWHERE if self.community_id is None else Reach.COMMUNITY


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Hours:
    """When a rule answers, by the clock of the group's community.

    ``days``: 0 is Monday. A window that closes before it opens runs over midnight and belongs to the day on which
    it opens; one that closes when it opens is the whole day.
    """

    days: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What an operator enters of a rule. Lengths are in characters; a cool-down of 0 answers every time.

    ``variants``: further answers, said in turn with the first. ``away``: said outside the hours instead; empty:
    the rule then does not count. ``item_id``: an item of the library that goes along.
    """

    keywords: tuple[str, ...]
    answer: str
    match: Match = Match.CONTAINS
    cooldown_seconds: int = 0
    community_id: int | None = None
    group_id: int | None = None
    tag: str = ""
    variants: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    hours: Hours | None = None
    away: str = ""
    item_id: int | None = None

    @property
    def scope(self) -> Scope:
        """Where it counts."""
        return Scope(self.community_id, self.group_id, self.tag)


class RuleOrder(StrEnum):
    """How a list of rules is sorted."""

    NEWEST = "newest"
    MOST_USED = "most"
    LAST_USED = "last"
    LONG_UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class RuleFilter:
    """Which rules are wanted; what is empty does not restrict.

    ``text``: in a keyword or an answer. ``community_id``: of the community and of its groups. ``never_used``: has
    not answered yet. ``overridden``: another rule answers instead to one of its own keywords.
    """

    text: str = ""
    everywhere: bool = False
    community_id: int | None = None
    group_id: int | None = None
    tag: str = ""
    match: Match | None = None
    enabled: bool | None = None
    never_used: bool = False
    overridden: bool = False
    order: RuleOrder = RuleOrder.NEWEST


@dataclass(frozen=True, slots=True)
class Rule:
    """A keyword rule as the matcher needs it. ``keywords`` as the operator wrote them."""

    id: int
    match: Match
    keywords: tuple[str, ...]
    answer: str
    cooldown_seconds: int = 0
    scope: Scope = EVERYWHERE
    variants: tuple[str, ...] = ()
    files: tuple[Attached, ...] = ()
    hours: Hours | None = None
    away: str = ""
    item_id: int | None = None

    def said(self, turn: int) -> str:
        """The answer whose turn it is, counted from 0."""
        return (self.answer, *self.variants)[turn % (1 + len(self.variants))]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that a message meets, and by which keyword (normalised; all of them, or the pattern as written).

    ``cut``: only inside a longer word. ``closed``: outside the rule's hours.
    """

    rule: Rule
    keyword: str
    cut: bool = False
    closed: bool = False

    @property
    def silent(self) -> bool:
        """Whether it has nothing to say and other rules may."""
        return self.cut or (self.closed and not self.rule.away)

    @property
    def rank(self) -> tuple[bool, Reach, int, int, int]:
        """Lower answers: nearer, then the stricter kind, then the longer keyword, then the older rule."""
        rule = self.rule
        return self.silent, rule.scope.reach, _STRICTNESS[rule.match], -len(self.keyword), rule.id


class Fate(StrEnum):
    """What becomes of a rule that a message meets."""

    ANSWERS = "answers"
    AWAY = "away"
    COOLING = "cooling"
    FARTHER = "farther"
    LOOSER = "looser"
    SHORTER = "shorter"
    YOUNGER = "younger"
    CUT = "cut"
    CLOSED = "closed"
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

    ``read_as`` is the text as it is compared; ``answer`` is None where nothing is said. ``files``: what goes along,
    ``item``: what of the library.
    """

    read_as: str
    answer: str | None
    judged: tuple[Judged, ...]
    files: tuple[Attached, ...] = ()
    item: Ready | None = None


class Fault(StrEnum):
    """What is wrong with a pattern."""

    OPEN = "open"
    CLOSED = "closed"
    OPEN_SET = "open_set"
    NOTHING_TO_REPEAT = "nothing_to_repeat"
    BAD_RANGE = "bad_range"
    BAD_COUNT = "bad_count"
    TRAILING = "trailing"
    UNKNOWN = "unknown"
    LARGE = "large"
    EMPTY = "empty"
    BROAD = "broad"


class BadPatternError(ValueError):
    """A pattern that cannot be used: what is wrong, and at which character of it (from 1; 0: with the whole)."""

    def __init__(self, fault: Fault, at: int = 0, piece: str = "") -> None:
        super().__init__(f"{fault} at {at}: {piece}")
        self.fault = fault
        self.at = at
        self.piece = piece


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
