"""What QQ and WeChat say themselves: who came and went, and what stands in for pictures."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from qunce.chat.types import Media

NAMED = "name:"
"""In ids of people of whom an export tells the name alone."""
_WHO = r"[\"“”]?(?P<who>[^\"“”]+?)[\"“”]?\s?"
_GROUP = r"(?:了)?(?:本群|此群|该群|群聊|群组|群)"
_JOINED = [
    re.compile(pattern)
    for pattern in (
        rf".*邀请\s?{_WHO}加入{_GROUP}.*",
        rf"{_WHO}(?:通过|经).*加入{_GROUP}.*",
        rf".*(?:同意|允许)\s?{_WHO}(?:的.*)?加入{_GROUP}.*",
        rf"{_WHO}(?:已经?)?加入{_GROUP}.*",
        rf"{_WHO}进入{_GROUP}.*",
    )
]
_LEFT = [
    re.compile(pattern)
    for pattern in (
        rf".*[将把]\s?{_WHO}移出{_GROUP}.*",
        rf"{_WHO}被.*移出{_GROUP}.*",
        rf"{_WHO}(?:已经?)?(?:退出|离开)(?:了)?(?:本群|此群|该群|群聊|群组|群).*",
    )
]
_RECALLED = re.compile(r".*撤回了?(?:成员)?.*(?:一条)?消息.*")
_BETWEEN = re.compile(r"[\"“”]?[、，,][\"“”]?")
_SELF = {"你", "您", "我", ""}
_NUMBERED = re.compile(r"(?P<name>.*?)\((?P<id>\d{5,11})\)")
_SHOWN = {
    "图片": "image",
    "照片": "image",
    "动画表情": "image",
    "语音": "audio",
    "视频": "video",
    "短视频": "video",
    "文件": "file",
    "image": "image",
    "voice": "audio",
    "video": "video",
    "file": "file",
    "emoji": "image",
}


class Notice(NamedTuple):
    """What a line of the platform's own says: ``joined``, ``left``, ``recalled`` or nothing, and of whom."""

    what: str
    people: tuple[tuple[str, str], ...] = ()
    """Number (or nothing) and name of each."""


def notice(text: str) -> Notice:
    """What the platform says."""
    if _RECALLED.fullmatch(text):
        return Notice("recalled")
    for what, patterns in (("left", _LEFT), ("joined", _JOINED)):
        for pattern in patterns:
            if found := pattern.fullmatch(text):
                people = tuple(_people(found["who"]))
                return Notice(what, people) if people else Notice("")
    return Notice("")


def _people(names: str) -> Iterator[tuple[str, str]]:
    for name in _BETWEEN.split(names):
        numbered = _NUMBERED.fullmatch(name.strip())
        if numbered:
            yield numbered["id"], numbered["name"] or numbered["id"]
        elif name.strip() not in _SELF:
            yield "", name.strip()


def media(text: str) -> Media | None:
    """The picture or file that a text such as ``[图片]`` stands for, if that is all it says."""
    if not text.startswith("[") or "]" not in text:
        return None
    word, _bracket, name = text[1:].partition("]")
    kind = _SHOWN.get(word.lower())
    if kind is None or (name and kind != "file") or "\n" in name:
        return None
    return Media(kind, "", name.strip())


class Named:
    """Who has which name, as far as only one person has had it.

    ``everybody``: names and ids of all who speak; the export is looked through for them once somebody is asked for.
    """

    def __init__(self, everybody: Callable[[], Iterable[tuple[str, str]]]) -> None:
        self._everybody = everybody

    @cached_property
    def _ids(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, who in self._everybody():
            if name and found.setdefault(name, who) != who:
                found[name] = ""
        return found

    def id_of(self, name: str) -> str:
        """The person's id, where it is known."""
        return self._ids.get(name) or f"{NAMED}{name}"
