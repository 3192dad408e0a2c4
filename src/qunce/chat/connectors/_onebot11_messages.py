"""OneBot 11 messages in Qunce's vocabulary, and back.

A message is an array of segments ``{"type", "data"}``, or a string with CQ codes (``[CQ:at,qq=1] hello``), as the
implementation is set up; both say the same. What has no words of its own is shown as QQ's clients show it, such as
``[骰子]``: that is content, as people see it, whatever language the console speaks.
"""

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from qunce.chat.connector import Permanent, gettext_noop
from qunce.chat.types import EVERYBODY, Button, Content, Media, Mention, Outbound, Part, Poll, Text

Json: TypeAlias = dict[str, Any]
Segment: TypeAlias = tuple[str, Json]

LONGEST_TEXT = 4500
_MEDIA = {"image": "image", "record": "audio", "video": "video", "file": "file"}
_SENT_AS = {"image": "image", "audio": "record", "video": "video"}
_ALL = "全体成员"
_SHOWN = {
    "shake": "窗口抖动",
    "poke": "戳一戳",
    "contact": "推荐名片",
    "forward": "聊天记录",
    "node": "聊天记录",
    "gift": "礼物",
    "redbag": "红包",
    "miniapp": "小程序",
    "onlinefile": "文件",
    "flashtransfer": "闪传文件",
}
_UNSEEN = frozenset({"reply", "anonymous", "keyboard"})
# Neither type nor values hold a bracket, which is always written as a character reference: no search runs far.
_CODE = re.compile(r"\[CQ:([A-Za-z0-9_.-]{1,40})((?:,[^,=\[\]]+=[^,\[\]]*)*)\]")
_XML_TITLE = re.compile(r'\bbrief="([^"]{1,300})"|<title[^>]{0,100}>([^<]{1,300})</title>')
_LONGEST_CARD = 100_000

_FOREIGN_FILE = gettext_noop("A file of the message is not stored in Qunce: it cannot be sent to QQ.")
_NO_POLL = gettext_noop("QQ has no polls that could be sent.")
_TOO_LONG = gettext_noop("The message is too long for QQ.")
_EMPTY = gettext_noop("There is nothing in this message that could be sent.")


# ------------------------------------------------------------------ what comes in
def said(message: object) -> tuple[str, tuple[Part, ...] | None, str | None]:
    """Text, parts (None where the text is all) and the answered message's id. Raises ValueError."""
    segments = list(_segments(message))
    reply_to = next((_word(data.get("id")) for kind, data in segments if kind == "reply"), "")
    parts = tuple(part for kind, data in segments if (part := _part(kind, data)) is not None)
    if all(isinstance(part, Text) for part in parts):
        return Content(parts).plain, None, reply_to or None
    return Content(parts).plain, parts, reply_to or None


def _segments(message: object) -> Iterator[Segment]:
    if isinstance(message, str):
        yield from _decoded(message)
    elif isinstance(message, list):
        for each in message:
            if isinstance(each, dict) and isinstance(each.get("type"), str):
                data = each.get("data")
                yield each["type"], data if isinstance(data, dict) else {}
    elif isinstance(message, dict):
        yield from _segments([message])
    else:
        raise ValueError("a message is an array or a string")  # noqa: TRY004 (what parse promises)


def _decoded(text: str) -> Iterator[Segment]:
    """The segments of a string with CQ codes."""
    end = 0
    for code in _CODE.finditer(text):
        if code.start() > end:
            yield "text", {"text": _unescaped(text[end : code.start()])}
        pairs = (pair.partition("=") for pair in code[2].split(",") if pair)
        yield code[1], {key: _unescaped(value) for key, _, value in pairs}
        end = code.end()
    if end < len(text):
        yield "text", {"text": _unescaped(text[end:])}


def _unescaped(text: str) -> str:
    return text.replace("&#91;", "[").replace("&#93;", "]").replace("&#44;", ",").replace("&amp;", "&")


def _part(kind: str, data: Json) -> Part | None:
    """One segment; None for what nobody sees."""
    if kind in _UNSEEN:
        return None
    if kind == "text":
        return Text(data["text"]) if isinstance(data.get("text"), str) else None
    if kind == "at":
        return _mention(data)
    if kind in _MEDIA:
        return _media(_MEDIA[kind], data)
    return Text(_shown(kind, data))


def _mention(data: Json) -> Mention | None:
    who = _word(data.get("qq"))
    if who in {"all", "0"}:
        return Mention(EVERYBODY, _ALL)
    return Mention(who, _word(data.get("name")).removeprefix("@")) if who else None


def _media(kind: str, data: Json) -> Media:
    """A reference that the implementation understands. Only files have names that people gave them."""
    ref = _word(data.get("url")) or _word(data.get("file_id")) or _word(data.get("file"))
    name = _word(data.get("name")) or _word(data.get("file")) if kind == "file" else ""
    size = _word(data.get("file_size"))
    return Media(kind, ref, name, "", int(size) if size.isdecimal() else None)


def _shown(kind: str, data: Json) -> str:
    """What people see of a segment that is neither text nor a file."""
    speak = _SPEAKING.get(kind)
    return speak(data) if speak else f"[{_SHOWN.get(kind, kind)}]"


def _face(data: Json) -> str:
    raw = data.get("raw")
    name = _word(raw.get("faceText")) if isinstance(raw, dict) else ""
    return f"[{name.lstrip('/') or '表情'}]"


def _sticker(data: Json) -> str:
    return _word(data.get("summary")) or "[表情]"


def _markdown(data: Json) -> str:
    return _word(data.get("content")) or _word(data.get("data"))


def _old_card(data: Json) -> str:
    found = _XML_TITLE.search(_word(data.get("data"))[:_LONGEST_CARD])
    return f"[{(found[1] or found[2]) if found else '卡片'}]"


def _shared(named: str) -> Callable[[Json], str]:
    return lambda data: " ".join(
        filter(None, [f"[{named}]", _word(data.get("title")), _word(data.get("content")), _word(data.get("url"))])
    )


def _thrown(named: str) -> Callable[[Json], str]:
    return lambda data: f"[{named}{_word(data.get('result'))}]"


def _card(data: Json) -> str:
    """Title and address of a shared card (small programs, links, songs, invitations)."""
    text = _word(data.get("data"))
    try:
        card = json.loads(text) if len(text) < _LONGEST_CARD else None
    except (ValueError, RecursionError):
        card = None
    if not isinstance(card, dict):
        return "[卡片]"
    meta = card.get("meta")
    details = [each for each in meta.values() if isinstance(each, dict)] if isinstance(meta, dict) else []
    found = [_first([card], ["prompt", "desc"]) or "卡片", _first(details, ["title"]), _first(details, ["desc"])]
    prompt, *more = list(dict.fromkeys(filter(None, found)))
    shown = prompt if prompt.startswith("[") else f"[{prompt}]"
    address = _first(details, ["qqdocurl", "jumpUrl", "jump_url", "url"])
    return " ".join([shown, *(each for each in more if each not in prompt), *([address] if address else [])])


_SPEAKING: Mapping[str, Callable[[Json], str]] = {
    "face": _face,
    "mface": _sticker,
    "bface": _sticker,
    "markdown": _markdown,
    "json": _card,
    "xml": _old_card,
    "share": _shared("分享"),
    "music": _shared("音乐"),
    "location": _shared("位置"),
    "dice": _thrown("骰子"),
    "rps": _thrown("猜拳"),
}


def _first(of: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> str:
    wanted = list(keys)
    return next((_word(each[key]).strip() for each in of for key in wanted if _word(each.get(key)).strip()), "")


def _word(value: object) -> str:
    """A string, or a number as one; else it says nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""


# ------------------------------------------------------------------ what goes out
def written(outbound: Outbound) -> tuple[list[Json], list[tuple[str, str]]]:
    """The segments of a message, and the files to upload besides it: name and bytes, as the wire takes them.

    Raises Permanent for what QQ cannot show: nothing is left out silently.
    """
    segments: list[Json] = []
    files: list[tuple[str, str]] = []
    for part in outbound.content.parts:
        match part:
            case Media("file", ref, name):
                files.append((name or ref, _bytes(outbound, ref)))
            case Media(kind, ref):
                segments.append(_segment(_SENT_AS.get(kind, "image"), file=_bytes(outbound, ref)))
            case Mention(who, name):
                segments.append(_addressed(who, name))
            case Poll():
                raise Permanent(_NO_POLL)
            case Text() | Button():
                segments.append(_segment("text", text=Content((part,)).plain))
    if sum(len(segment["data"].get("text", "")) for segment in segments) > LONGEST_TEXT:
        raise Permanent(_TOO_LONG)
    kept = [segment for segment in segments if segment["data"].get("text") != ""]
    if not kept and not files:
        raise Permanent(_EMPTY)
    if outbound.reply_to and kept:
        kept.insert(0, _segment("reply", id=outbound.reply_to))
    return kept, files


def _segment(kind: str, **data: str) -> Json:
    return {"type": kind, "data": data}


def _addressed(who: str, name: str) -> Json:
    """A mention that calls them; somebody who is not of QQ is only named."""
    if who == EVERYBODY:
        return _segment("at", qq="all")
    return _segment("at", qq=who) if who.isdecimal() else _segment("text", text=f"@{name or who}")


def _bytes(outbound: Outbound, ref: str) -> str:
    if ref not in outbound.files:
        raise Permanent(_FOREIGN_FILE)
    return f"base64://{b64encode(outbound.files[ref]).decode()}"
