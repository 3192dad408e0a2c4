"""An item of the library as it is written: the same in the database, in forms and in files."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TITLE = 120
LONGEST_SUMMARY = 600
LONGEST_BODY = 200_000
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


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Attached(_Part):
    """A stored file (`kernel.files`) of an item; ``kind`` as messages have it (image, audio, video, file)."""

    sha256: str
    name: str
    content_type: str
    size: int
    kind: str = "file"


class ItemDocument(_Part):
    """All that an item says. ``body``: Markdown. ``language``: ``zh``, ``en`` … or empty.

    ``url``: of a link, or of where it was first published. ``source``, ``author``, ``licence``: in words; shown with
    it wherever it goes. ``question`` with ``options``: of a poll or a quiz; ``right``: indices of a quiz's right
    options, ``explained``: why.
    """

    kind: ItemKind
    title: str = Field(min_length=1, max_length=LONGEST_TITLE)
    summary: str = Field(default="", max_length=LONGEST_SUMMARY)
    body: str = Field(default="", max_length=LONGEST_BODY)
    url: str = ""
    files: tuple[Attached, ...] = Field(default=(), max_length=MOST_FILES)
    question: str = ""
    options: tuple[str, ...] = Field(default=(), max_length=MOST_OPTIONS)
    right: tuple[int, ...] = ()
    explained: str = ""
    tags: tuple[str, ...] = Field(default=(), max_length=MOST_TAGS)
    source: str = ""
    author: str = ""
    licence: str = ""
    language: str = ""
