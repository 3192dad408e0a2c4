"""Words of the desk: how a keyword is compared, how far a rule reaches, and what became of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

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
