"""What a message says: text, mentions, media, polls, buttons, in parts and order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

LONGEST_TEXT = 20_000
EVERYBODY = "*"
OURS = "file:"


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody is addressed: ``who`` is their external id, or EVERYBODY."""

    who: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, file, sound or film (``image``, ``file``, ``audio``, ``video``): a reference, not its bytes.

    ``ref`` is the platform's, for its connector; or `OURS` and the sha256 of a file of `kernel.files`.
    """

    kind: str
    ref: str
    name: str = ""
    content_type: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A question with answers to choose from; ``several``: more than one may be chosen."""

    question: str
    options: tuple[str, ...]
    several: bool = False


@dataclass(frozen=True, slots=True)
class Button:
    """A link beneath the message, to be tapped."""

    label: str
    url: str


Part: TypeAlias = Text | Mention | Media | Poll | Button
_PARTS: Mapping[str, type[Part]] = {"text": Text, "mention": Mention, "media": Media, "poll": Poll, "button": Button}
_NAMES: Mapping[type[Part], str] = {kind: name for name, kind in _PARTS.items()}


@dataclass(frozen=True, slots=True)
class Content:
    """What is said, in parts and order."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, text: str) -> "Content":
        """Plain text as content."""
        return cls((Text(text),))

    @property
    def plain(self) -> str:
        """The content as text, as search, keyword rules and previews see it."""
        return "".join(_plain(part) for part in self.parts)

    def to_json(self) -> list[dict[str, Any]]:
        """As stored."""
        return [
            {"is": _NAMES[type(part)], **{name: getattr(part, name) for name in part.__slots__}}
            for part in self.parts
        ]

    @classmethod
    def from_json(cls, stored: Sequence[Mapping[str, Any]]) -> "Content":
        """As `to_json` made it."""
        return cls(tuple(_part(part) for part in stored))


def _part(stored: Mapping[str, Any]) -> Part:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in stored.items() if key != "is"
    }
    return _PARTS[stored["is"]](**fields)


def _plain(part: Part) -> str:
    match part:
        case Text(text):
            return text
        case Mention(who, name):
            return f"@{name or who}"
        case Media(kind, _ref, name):
            return f"[{name or kind}]"
        case Poll(question, options):
            return "\n".join([question, *(f"○ {option}" for option in options)])
        case Button(label, url):
            return f"\n{label} {url}"
