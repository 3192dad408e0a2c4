"""What WeChat's own records hold, however a program exported them: kinds of messages, XML, and WeChat's notices."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from html import unescape
from typing import NamedTuple

from qunce.chat.types import Content, Media, MemberJoined, MemberLeft, MessageReceived, Part, Sender
from qunce.insights.importer import Source
from qunce.insights.importers._chinese import NAMED, Named, media, notice
from qunce.insights.importers._dates import parsed
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import fields, walk, words
from qunce.insights.types import Entry, Skip, Skipped

SYSTEM = {"10000", "10002", "系统", "系统消息", "系统通知", "拍一拍", "撤回消息", "system"}
_SHOWN = {
    "3": "image",
    "34": "audio",
    "43": "video",
    "47": "image",
    "62": "video",
    "图片": "image",
    "动画表情": "image",
    "表情": "image",
    "表情包": "image",
    "语音": "audio",
    "视频": "video",
    "文件": "file",
    "image": "image",
    "emoji": "image",
    "sticker": "image",
    "voice": "audio",
    "video": "video",
    "file": "file",
}
_XML = re.compile(r"\s*(?:[\w@.\-]+:\s*)?<(?:\?xml|msg|sysmsg|appmsg|voipmsg|VoIPBubbleMsg)\b")
_TITLE = re.compile(r"<title>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</title>", re.DOTALL)
_PLACE = re.compile(r"<location\b[^>]*?\b(?:poiname|label)=\"([^\"]*)\"")
_CARD = re.compile(r"<msg\b[^>]*?\bnickname=\"([^\"]*)\"")
_ANSWERED = re.compile(r"<refermsg>.*?<svrid>\s*(\d+)\s*</svrid>", re.DOTALL)
_TEMPLATE = re.compile(r"<(template|plain)>\s*<!\[CDATA\[(.+?)\]\]>", re.DOTALL)
_LINK = re.compile(r"<link\s+name=\"(\w+)\"[^>]*>(.*?)</link>", re.DOTALL)
_MEMBER = re.compile(
    r"<username>\s*<!\[CDATA\[(.*?)\]\]>\s*</username>\s*<nickname>\s*<!\[CDATA\[(.*?)\]\]>", re.DOTALL
)
_SPEAKER = re.compile(r"(wxid_\w+|[A-Za-z][\w\-]{5,19}):\n")
_WHOLE = re.compile(r"\d{9,13}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)")
"""A time that nothing is cut off from."""
SELF = "我"
"""Who exported, where the program does not say more."""
_UNKNOWN = {"", "未知", "unknown", "null"}


class Record(NamedTuple):
    """One message as the program wrote it. ``kind``: its type, by number or word."""

    at: datetime | None
    who: str
    name: str
    kind: str
    text: str
    id: str = ""
    is_system: bool = False


class Reader:
    """Makes entries of the records of one chat. ``known``: whose names are whose, for WeChat's notices have names."""

    def __init__(self, chat: str, known: Named) -> None:
        self._chat, self._known = chat, known
        self._ids, self._people = Ids(), dict[tuple[str, str], Sender]()

    def entries(self, record: Record, place: str) -> Sequence[Entry]:
        """What one record says."""
        at, who, name, written, text, known, is_system = record
        if at is None:
            return [Skipped(Skip.UNREADABLE, place, text[:80])]
        kind = _kind(written)
        if is_system or not kind:
            return self._told(text, at, place)
        who, name, known = who.strip(), name.strip(), known.strip()
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if ":\n" in text and (spoken := _SPEAKER.match(text)):
            who, text = spoken[1], text[spoken.end() :]
        if who in _UNKNOWN:
            who = f"{NAMED}{name}" if name else ""
        if not who:
            return [Skipped(Skip.UNREADABLE, place, text[:80])]
        told, parts = _said(kind, text)
        if not told.strip("\ufffd"):
            return [Skipped(Skip.EMPTY, place, written[:80])]
        sender = self._people.get((who, name))
        if sender is None:
            sender = self._people[who, name] = Sender(who, name or who)
        answered = _ANSWERED.search(text) if "<refermsg>" in text else None
        return [
            MessageReceived(
                self._chat,
                known if known not in {"", "0"} else self._ids.of(at, who, told),
                at,
                sender,
                told,
                parts,
                answered[1] if answered and known else None,
            )
        ]

    def _told(self, said: str, at: datetime, place: str) -> Sequence[Entry]:
        """What WeChat says itself."""
        text, people = _filled(said)
        told = notice(text)
        if told.what in {"joined", "left"}:
            kind = MemberJoined if told.what == "joined" else MemberLeft
            return [
                kind(self._chat, Sender(people.get(name) or self._known.id_of(name), name), at)
                for _n, name in told.people
            ]
        reason = Skip.DELETED if told.what == "recalled" else Skip.SERVICE
        return [Skipped(reason, place, text[:80])]


@lru_cache(256)
def _kind(written: str) -> str:
    """A record's type, in one of the words that mean it; nothing where WeChat speaks itself."""
    kind = written.strip().removesuffix("消息") or written.strip()
    return "" if kind in SYSTEM or written.strip() in SYSTEM else kind.lower() or "1"


def users(source: Source) -> dict[str, str]:
    """What people are called, by their ids, where PyWxDump has written it beside."""
    found: dict[str, str] = {}
    for name in source.names:
        if name.rsplit("/", 1)[-1] == "users.json":
            for _where, key, value in walk(source, name):
                person = fields(value)
                called = words(person.get("nickname")) or words(person.get("remark")) or words(person.get("account"))
                if called:
                    found[str(key)] = called
    return found


def dumped(values: Mapping[str, str], called: str, zone: tzinfo, names: Mapping[str, str]) -> tuple[str, Record]:
    """A row of PyWxDump or WeFlow: its chat, and what it says. ``called``: the chat, where the row does not say."""
    who, written = values["talker"].strip(), values["CreateTime"].strip()
    name = names.get(who, "") or who
    if who == SELF or not who:
        who, name = "", SELF if values["is_sender"].strip() == "1" else ""
    at = parsed(written, zone) if _WHOLE.fullmatch(written) else None
    text = values.get("msg", values.get("content", ""))
    record = Record(at, who, name, values["type_name"], text, values.get("MsgSvrID", ""))
    return values.get("room_name", "").strip() or called, record


def _said(kind: str, text: str) -> tuple[str, tuple[Part, ...] | None]:
    """Text and parts of what somebody says."""
    text = text.strip()
    if shown := _SHOWN.get(kind):
        name = _xml(text) if _XML.match(text) else ""
        found = media(text)
        part = Media(shown, "", (name or (found.name if found else "")) if shown == "file" else "")
        return Content((part,)).plain, (part,)
    if "<" in text and _XML.match(text):
        return _xml(text), None
    stands = media(text) if text[:1] == "[" else None
    return (Content((stands,)).plain, (stands,)) if stands else (text, None)


def _xml(text: str) -> str:
    """The words in WeChat's XML: a title, a place, a card."""
    for pattern in (_TITLE, _PLACE, _CARD):
        if found := pattern.search(text):
            return unescape(found[1]).strip()
    return ""


def _filled(text: str) -> tuple[str, dict[str, str]]:
    """A notice as people read it, and the ids of those it names, by name."""
    if "<sysmsg" not in text:
        return text.strip(), {}
    templates = dict(reversed(_TEMPLATE.findall(text)))
    sentence = templates.get("template") or templates.get("plain") or ""
    people: dict[str, str] = {}
    for name, inside in _LINK.findall(text):
        members = _MEMBER.findall(inside)
        people |= {nickname: username for username, nickname in members}
        sentence = sentence.replace(f"${name}$", "、".join(nickname for _username, nickname in members))
    return sentence.strip(), people
