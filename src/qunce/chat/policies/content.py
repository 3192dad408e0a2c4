"""What a message says where: variables, what a platform gets instead, links and who follows them. Pure."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from qunce.chat.types import (
    Button,
    Capabilities,
    Content,
    Media,
    Mention,
    Part,
    Poll,
    Text,
)

# ------------------------------------------------------------------ what a broadcast's text may say
VARIABLES: Mapping[str, str] = {
    "group": "群名",
    "members": "人数",
    "community": "社群",
    "days": "开群天数",
    "staff": "发送人",
    "date": "日期",
    "weekday": "星期",
}
"""What a broadcast may say of each of its targets, by name and by the Chinese name that means the same."""


class Fit(StrEnum):
    """What becomes of a message on a platform that cannot do all of it. The last ones: it cannot be sent there."""

    NO_BUTTON = "button"
    NO_POLL = "poll"
    NO_MENTION = "mention"
    PICTURE_AS_FILE = "picture"
    ONE_BY_ONE = "one"
    TOO_LONG = "long"
    NO_FILES = "files"
    TOO_LARGE = "large"


def fitted(content: Content, can: Capabilities) -> tuple[Content, frozenset[Fit], Fit | None]:
    """What is sent instead on a platform with these capabilities, remarks about it, and what forbids it if anything.

    A button becomes a line with its address, a poll its lines, a mention its words, a picture a file; what is
    longer or larger than the platform takes, or of a kind that it does not, cannot be sent.
    """
    if all(type(part) is Text for part in content.parts):
        return content, frozenset(), Fit.TOO_LONG if len(content.plain) > can.longest_text else None
    remarks: set[Fit] = set()
    parts: list[Part] = []
    obstacle: Fit | None = None
    for part in content.parts:
        match part:
            case Media() if not can.media & {part.kind, "file"}:
                obstacle = Fit.NO_FILES
            case Media() if part.size is not None and part.size > can.largest_file:
                obstacle = Fit.TOO_LARGE
            case Media() if part.kind not in can.media:
                part = replace(part, kind="file")  # noqa: PLW2901 (what is sent instead)
                remarks.add(Fit.PICTURE_AS_FILE)
            case Button() | Poll() | Mention() if not _offers(can, part):
                remarks.add(_INSTEAD[type(part)])
                part = Text(Content((part,)).plain)  # noqa: PLW2901
        parts.append(part)
    kinds = {part.kind for part in parts if isinstance(part, Media)}
    if sum(isinstance(part, Media) for part in parts) > 1 and not any(kinds <= together for together in can.albums):
        remarks.add(Fit.ONE_BY_ONE)
    words = Content(tuple(part for part in parts if not isinstance(part, Media)))
    if len(words.plain) > can.longest_text:
        obstacle = obstacle or Fit.TOO_LONG
    return Content(tuple(parts)), frozenset(remarks), obstacle


_INSTEAD: Mapping[type[Part], Fit] = {Button: Fit.NO_BUTTON, Poll: Fit.NO_POLL, Mention: Fit.NO_MENTION}


def _offers(can: Capabilities, part: Button | Poll | Mention) -> bool:
    return {Button: can.buttons, Poll: can.polls, Mention: can.mention}[type(part)]


# ------------------------------------------------------------------ links and who follows them
_ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^，。！？；：、（）【】《》“”‘’]+", re.IGNORECASE)
_AT_THE_END = ".,;:!?)]*_~"
_MACHINE = re.compile(
    r"(?<!cu)bot\b|crawl|spider|preview|facebookexternalhit|whatsapp/|slack-|embedly|pinterest|vkshare"
    r"|python|curl|wget|go-http|okhttp|^java/|headless|monitor|fetch",
    re.IGNORECASE,
)
"""Programs by what they call themselves. Apps' own browsers are people: Telegram-Android, MicroMessenger, QQ."""


def relinked(content: Content, short: Callable[[str], str]) -> Content:
    """The content with each web address as ``short`` makes it; what ends a sentence is no part of an address."""

    def one(found: re.Match[str]) -> str:
        address = found[0].rstrip(_AT_THE_END)
        return short(address) + found[0][len(address) :]

    def part_with(part: Part) -> Part:
        match part:
            case Text(text):
                return Text(_ADDRESS.sub(one, text))
            case Button(label, url):
                return Button(label, short(url))
            case _:
                return part

    return Content(tuple(part_with(part) for part in content.parts))


def is_machine(user_agent: str) -> bool:
    """Whether a link was fetched by a program, such as a platform that draws a preview, and by no reader."""
    return not user_agent.strip() or _MACHINE.search(user_agent) is not None
