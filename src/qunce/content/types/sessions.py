"""Sessions of a group and what is written up of them: the same in the database, in forms and in files."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

LONGEST_TOPIC = 120
LONGEST_PASSAGE = 20_000
MOST_PASSAGES = 2_000
MOST_WORDS = 10
LONGEST_SESSION = timedelta(hours=12)
SILENCE = timedelta(hours=2)
"""A session whose speakers have said nothing for so long has ended, unless its community says otherwise."""
CONSENT_WITHIN = timedelta(hours=48)
BEGINS = ("分享开始", "session starts")
ENDS = ("分享结束", "session ends")


class SessionState(StrEnum):
    """Where a session stands: it goes on, it is over, its draft waits for scribes, it is written up, it is out.

    Or it is put away: begun by mistake, or nothing of it is to be kept.
    """

    RUNNING = "running"
    ENDED = "ended"
    DRAFTED = "drafted"
    EDITED = "edited"
    PUBLISHED = "published"
    AWAY = "away"


class EndedBy(StrEnum):
    """What ended a session: a person's words or hand, the time it was given, or that nobody spoke any more."""

    PERSON = "person"
    TIME = "time"
    SILENCE = "silence"


class Outlet(StrEnum):
    """Where a write-up goes: back to the group, to members of the community, to everybody on the public site."""

    GROUP = "group"
    MEMBERS = "members"
    SITE = "site"


class ConsentState(StrEnum):
    """What an author says of their words leaving the group; who has said nothing has not agreed."""

    ASKED = "asked"
    YES = "yes"
    ANONYMOUS = "anonymous"
    NO = "no"


AGREED = frozenset({ConsentState.YES, ConsentState.ANONYMOUS})
ANSWERS: dict[str, ConsentState] = {
    "同意": ConsentState.YES,
    "agree": ConsentState.YES,
    "匿名": ConsentState.ANONYMOUS,
    "anonymous": ConsentState.ANONYMOUS,
    "不同意": ConsentState.NO,
    "no": ConsentState.NO,
}
"""What counts as an answer in the group, as texts are compared."""


class Role(StrEnum):
    """What a passage is: of the talk, a question, an answer to one, or beside all that."""

    TALK = "talk"
    QUESTION = "question"
    ANSWER = "answer"
    ASIDE = "aside"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PassageFile(_Part):
    """A picture or file where it was sent. ``sha256``: of ours; empty: the platform alone has it."""

    kind: str
    name: str = ""
    sha256: str = ""
    content_type: str = ""
    size: int = 0


class Passage(_Part):
    """What one person said in one go. ``messages``: the keys (time and id) of what it was made from.

    ``to``: the id of the question that it answers. ``dropped``: left out, and still there to be put back.
    ``touched``: a scribe has changed its words, so that they are not made anew from the messages.
    ``other``: what somebody else wrote at the same time, and who (``other_by``); nobody's words are lost.
    """

    id: str
    role: Role = Role.TALK
    identity_id: int
    name: str
    text: str = Field(max_length=LONGEST_PASSAGE)
    messages: tuple[tuple[str, str], ...] = ()
    files: tuple[PassageFile, ...] = ()
    to: str = ""
    dropped: bool = False
    touched: bool = False
    other: str = ""
    other_by: str = ""


class Speaker(_Part):
    """Somebody who took part, and how much they said."""

    identity_id: int
    name: str
    messages: int
    speaks: bool = False


class Draft(_Part):
    """A write-up. ``points``: ids of passages that say most, or sentences of the scribes' own."""

    title: str = Field(default="", max_length=LONGEST_TOPIC)
    summary: str = Field(default="", max_length=600)
    points: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    people: tuple[Speaker, ...] = ()
    passages: tuple[Passage, ...] = Field(default=(), max_length=MOST_PASSAGES)

    @property
    def kept(self) -> list[Passage]:
        """Those that are not left out."""
        return [each for each in self.passages if not each.dropped and (each.text.strip() or each.files)]

    def of(self, passage_id: str) -> Passage | None:
        """One passage."""
        return next((each for each in self.passages if each.id == passage_id), None)

    def fingerprints(self) -> dict[int, str]:
        """What each author is asked about: a fingerprint of their words, in order, by identity."""
        said: dict[int, list[str]] = {}
        for each in self.kept:
            said.setdefault(each.identity_id, []).append("\n".join([each.text, *(one.name for one in each.files)]))
        return {key: sha256("\n\n".join(texts).encode()).hexdigest() for key, texts in said.items()}


@dataclass(frozen=True, slots=True)
class Words:
    """By which words sessions begin and end in a community; ``silence``: after how long they end by themselves."""

    begins: tuple[str, ...] = BEGINS
    ends: tuple[str, ...] = ENDS
    silence: timedelta = SILENCE
    consent: timedelta = CONSENT_WITHIN
