"""An item of the library as it is written: the same in the database, in forms and in files."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST_TITLE = 120
LONGEST_SUMMARY = 600
LONGEST_BODY = 200_000
LONGEST_URL = 2000
LONGEST_WORDS = 200
LARGEST_FILE = 20 << 20
MOST_FILES = 20
MOST_OPTIONS = 10
MOST_TAGS = 20


class ItemKind(StrEnum):
    """What an item is."""

    ARTICLE = "article"
    REPORT = "report"
    INTERVIEW = "interview"
    COURSE = "course"
    LINK = "link"
    FILE = "file"
    IMAGE = "image"
    POLL = "poll"
    QUIZ = "quiz"


class Openness(StrEnum):
    """Who may read a published item: the team alone; members of its community, too; everybody, on the public site."""

    TEAM = "team"
    MEMBERS = "members"
    PUBLIC = "public"


class UseWay(StrEnum):
    """How an item reached somebody."""

    KEYWORD = "keyword"
    STEP = "step"
    BY_HAND = "by_hand"
    BRIEF = "brief"
    MEMBER_PAGE = "member_page"
    SITE = "site"


READ = frozenset({ItemKind.ARTICLE, ItemKind.REPORT, ItemKind.INTERVIEW, ItemKind.COURSE})
"""Kinds with a text to be read."""
ASKED = frozenset({ItemKind.POLL, ItemKind.QUIZ})
"""Kinds with a question."""
_Url = Annotated[str, StringConstraints(pattern=r"^(https?://\S+)?$", max_length=LONGEST_URL)]
_Words = Annotated[str, StringConstraints(max_length=LONGEST_WORDS)]


@dataclass(frozen=True, slots=True)
class Attached:
    """A stored file (`kernel.files`) of an item or answer; ``kind`` as messages have it (image, audio …)."""

    sha256: str
    name: str
    content_type: str
    size: int
    kind: str = "file"


class ItemDocument(BaseModel):
    """All that an item says. ``body``: Markdown. ``language``: ``zh``, ``en`` … or empty.

    ``url``: of a link, or of where it was first published. ``source``, ``author``, ``licence``: in words; shown with
    it wherever it goes. ``question`` with ``options``: of a poll or a quiz; ``right``: indices of a quiz's right
    options, ``explained``: why.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ItemKind
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    summary: str = Field(default="", max_length=LONGEST_SUMMARY)
    body: str = Field(default="", max_length=LONGEST_BODY)
    url: _Url = ""
    files: tuple[Attached, ...] = Field(default=(), max_length=MOST_FILES)
    question: str = Field(default="", max_length=300)
    options: tuple[_Words, ...] = Field(default=(), max_length=MOST_OPTIONS)
    right: tuple[int, ...] = ()
    explained: str = Field(default="", max_length=2000)
    tags: tuple[Annotated[str, StringConstraints(max_length=40)], ...] = Field(default=(), max_length=MOST_TAGS)
    source: _Words = ""
    author: _Words = ""
    licence: _Words = ""
    language: str = Field(default="", max_length=12)


class ItemState(StrEnum):
    """How an item stands: never published, published, published and changed since, taken down."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CHANGED = "changed"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items are wanted; what is empty does not restrict. ``community_id`` 0: those of all communities."""

    text: str = ""
    kind: ItemKind | None = None
    tag: str = ""
    community_id: int | None = None
    openness: Openness | None = None
    state: ItemState | None = None
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Ready:
    """A published item that may leave the team: what of it is handed on, and as which version."""

    item_id: int
    version_id: int
    community_id: int | None
    document: ItemDocument


@dataclass(frozen=True, slots=True)
class Use:
    """Once that an item is handed on: ``key`` of the delivery; ``token``: of its address, empty where it has none."""

    item_id: int
    version_id: int | None
    key: str
    way: UseWay
    group_id: int | None = None
    identity_id: int | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class WeekOfUses:
    """How often an item was handed on in the week that begins on ``monday``, by way."""

    monday: datetime
    ways: Mapping[str, int]


# ------------------------------------------------------------------ how files reach a group
class Way(StrEnum):
    """How a file reaches a group: as a file, as a link in the text, or not at all."""

    SENT = "sent"
    LINKED = "linked"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Wire:
    """A platform by its title, and the kinds of files that it carries, up to ``largest`` bytes."""

    title: str
    media: frozenset[str] = frozenset()
    largest: int = 0
