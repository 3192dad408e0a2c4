"""How a broadcast is sent beyond its text and its groups: attachment, waves, rhythm; and what binds campaigns."""

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter

from qunce.chat.types.content import Button, Media

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
MOST_FILES = 9
LARGEST_TOGETHER = 50 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks against going on: messages that failed, people who left since, people who complained."""

    failed: int = 0
    left: int = 0
    complaints: int = 0

    def beyond(self, tolerated: "Signals") -> "Signals":
        """What has come since ``tolerated``."""
        return Signals(
            self.failed - tolerated.failed, self.left - tolerated.left, self.complaints - tolerated.complaints
        )


@dataclass(frozen=True, slots=True)
class Waves:
    """First a few groups (``canaries`` by id, or the first ``first`` ones), then waves of ``size``.

    ``size`` 0: all the others in one wave. ``pause``: minutes between waves. The bounds: so many of a kind stop
    the broadcast by themselves; None: never.
    """

    first: int = 0
    canaries: tuple[int, ...] = ()
    size: int = 0
    pause: int = 30
    failed: int | None = None
    left: int | None = None
    complaints: int | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """What comes with a broadcast's text, and how it goes out.

    ``everybody``: all members are mentioned. ``counted``: addresses become short links whose clicks are counted.
    ``test``: a trial that neither quiet hours nor the daily cap bind. ``about``: what it passes on, in the words of
    the context that it is of (``item:12``).
    """

    attachments: tuple[Media, ...] = ()
    everybody: bool = False
    button: Button | None = None
    counted: bool = False
    waves: Waves | None = None
    test: bool = False
    about: str = ""


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a planned broadcast goes out, by the clock of ``zone``: once on ``first``, or from then on repeatedly.

    ``weekdays``: 0 is Monday; empty: once. ``until``: the last day, included.
    """

    first: date
    at: time
    zone: str
    weekdays: tuple[int, ...] = ()
    until: date | None = None


class Consent(StrEnum):
    """Whether a lead has to agree before a broadcast goes out, and what was said."""

    NOT_NEEDED = ""
    WAITING = "waiting"
    GIVEN = "given"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Restraint:
    """What binds campaigns in a community: no message between two times of day, at most so many a day per group.

    ``complaints``: words by which members say that it is too much. ``consent_above``: a broadcast to more groups
    than this waits until a lead has agreed, unless a lead sends it; None: nobody has to.
    """

    quiet_from: time | None = time(22)
    quiet_until: time | None = time(8)
    daily_cap: int | None = 3
    complaints: tuple[str, ...] = (
        "退订", "太吵", "别发了", "不要再发", "骚扰", "unsubscribe", "stop sending", "spam",
    )  # fmt: skip
    consent_above: int | None = None


# ------------------------------------------------------------------ as stored
T = TypeVar("T")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def to_json(value: object) -> Any:
    """One of these dataclasses as a column stores it."""
    return _adapter(type(value)).dump_python(value, mode="json")


def from_json(kind: type[T], stored: Any) -> T:
    """As `to_json` made it; what was not stored has its default."""
    made: T = _adapter(kind).validate_python(stored)
    return made
