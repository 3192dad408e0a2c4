"""Matrix events in Qunce's message vocabulary, and back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any
from urllib.parse import quote, unquote

from qunce.chat.connector import Permanent, gettext_noop
from qunce.chat.connectors._matrix_wire import Json
from qunce.chat.types import (
    EVERYBODY,
    Content,
    GroupGone,
    GroupSeen,
    Inbound,
    Media,
    MemberJoined,
    MemberLeft,
    Mention,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    Outbound,
    Part,
    Reads,
    Sender,
    Text,
)

_MEDIA = {"m.image": "image", "m.file": "file", "m.audio": "audio", "m.video": "video", "m.sticker": "sticker"}
_PILL = re.compile(
    r'<a\s[^>]{0,100}?href="https://matrix\.to/#/((?:@|%40)[^"?]{1,255})"[^>]{0,100}>([^<]{1,255})</a>', re.IGNORECASE
)
_MOST_MENTIONS = 100
BEFORE = "qunce.before"
"""In the content of an event of ours: the events that were sent before it and are one message with it."""
_NO_BYTES = gettext_noop("The file of the message is not here to be sent.")


# ------------------------------------------------------------------ what comes in
def read(room: str, event: Json, names: Mapping[str, str], me: str) -> list[Inbound]:
    """What one event of a room says; nothing for kinds that say nothing to us. Raises ValueError."""
    try:
        match event["type"]:
            case "m.room.message" | "m.sticker":
                return _message(room, event, names)
            case "m.room.redaction":
                gone = event.get("redacts") or event["content"].get("redacts")
                return [MessageDeleted(room, _text(gone), moment(event))]
            case "m.room.member":
                return _membership(room, event, names, me)
            case _:
                return []
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from error
    except (AttributeError, OSError, OverflowError, TypeError) as error:
        raise ValueError(str(error)) from error


def _message(room: str, event: Json, names: Mapping[str, str]) -> list[Inbound]:
    """One message. What is malformed around its text must not hide the text, which people see."""
    sender, content = _text(event["sender"]), event["content"]
    unsigned = _object(event.get("unsigned"))
    relation = _object(content.get("m.relates_to"))
    if relation.get("rel_type") == "m.replace" and isinstance(relation.get("event_id"), str):
        return [_edit(room, event, relation["event_id"])]
    text, parts = _said(content, event["type"])
    message = MessageReceived(
        group=room,
        external_id=_text(event["event_id"]),
        sent_at=moment(event),
        # By convention notices are what bots say, and bots do not answer them.
        sender=Sender(sender, names.get(sender, ""), is_bot=content.get("msgtype") == "m.notice"),
        text=text,
        parts=parts,
        reply_to=_reply_to(relation),
        delivery_id=unsigned.get("transaction_id"),
    )
    told: list[Inbound] = [message]
    edit = _object(_object(unsigned.get("m.relations")).get("m.replace"))
    if _object(_object(edit.get("content")).get("m.new_content")):
        told.append(_edit(room, edit, message.external_id))
    if redaction := unsigned.get("redacted_because"):
        told.append(MessageDeleted(room, message.external_id, moment(redaction)))
    return told


def _edit(room: str, event: Json, original: str) -> MessageEdited:
    """Homeservers pass on edits whoever claims them: the sender goes along for the pipeline to compare."""
    new = event["content"]["m.new_content"]
    if not isinstance(new, dict):
        raise TypeError("m.new_content is no object")
    text, parts = _said(new, event["type"])
    return MessageEdited(room, original, moment(event), text, parts, by=_text(event["sender"]))


def _reply_to(relation: Json) -> str | None:
    """The message that is answered; in a thread, whose messages only pretend to be replies, the thread's first."""
    in_thread = relation.get("rel_type") == "m.thread" and relation.get("is_falling_back")
    answered = (relation if in_thread else _object(relation.get("m.in_reply_to"))).get("event_id")
    return answered if isinstance(answered, str) else None


def _said(content: Json, kind: str) -> tuple[str, tuple[Part, ...] | None]:
    """Text and parts of a message's content; a redacted one says nothing."""
    if not content:
        return "", None
    body = _text(content.get("body", ""))
    media = _MEDIA.get(_words(content.get("msgtype")) or kind)
    if media:
        found = Content(_media(content, media, body))
        return found.plain, found.parts
    if _reply_to(_object(content.get("m.relates_to"))):
        body = _without_quote(body)
    parts = _with_mentions(content, body)
    return Content(parts).plain, None if all(isinstance(each, Text) for each in parts) else parts


def _media(content: Json, kind: str, body: str) -> tuple[Part, ...]:
    info = _object(content.get("info"))
    ref = _words(content.get("url")) or _words(_object(content.get("file")).get("url"))
    name = _words(content.get("filename")) or body
    size = info.get("size")
    media = Media(kind, ref, name, _words(info.get("mimetype")), size if isinstance(size, int) else None)
    return (media,) if name == body else (media, Text(body))


def _without_quote(body: str) -> str:
    """A reply without the quotation that older clients put before it."""
    if not body.startswith("> "):
        return body
    lines = body.split("\n")
    start = next((at for at, line in enumerate(lines) if not line.startswith("> ")), len(lines))
    return "\n".join(lines[start:]).removeprefix("\n")


def _with_mentions(content: Json, body: str) -> tuple[Part, ...]:
    """The body cut where somebody is mentioned: links to people in the formatted body, and ids in the plain one."""
    wanted: list[tuple[str, Mention]] = []
    for link, label in _PILL.findall(_words(content.get("formatted_body"))):
        shown = unescape(label)
        wanted.append((shown, Mention(unquote(link), shown.removeprefix("@"))))
    asked = _object(content.get("m.mentions"))
    people = asked.get("user_ids")
    listed = people if isinstance(people, list) else []
    wanted += [(who, Mention(who)) for who in listed if _words(who).startswith("@")]
    if asked.get("room"):
        wanted.insert(0, ("@room", Mention(EVERYBODY, "room")))
    parts: list[Part] = [Text(body)]
    for shown, mention in wanted[:_MOST_MENTIONS]:
        parts = _cut(parts, shown, mention)
    return tuple(part for part in parts if part != Text(""))


def _cut(parts: Sequence[Part], shown: str, mention: Mention) -> list[Part]:
    """``mention`` in the place of ``shown`` where it first stands."""
    for at, part in enumerate(parts):
        if isinstance(part, Text) and shown and shown in part.text:
            before, _, after = part.text.partition(shown)
            before = before.removesuffix("@")
            return [*parts[:at], Text(before), mention, Text(after), *parts[at + 1 :]]
    return list(parts)


def _membership(room: str, event: Json, names: Mapping[str, str], me: str) -> list[Inbound]:
    """Who came or went. A new name or picture is a membership event too and says nothing here."""
    who, now, before = _text(event["state_key"]), event["content"]["membership"], was(event)
    if who == me:
        if now == "join":
            return [GroupSeen(room)] if before != "join" else []
        return [GroupGone(room, _farewell(event))] if now in {"leave", "ban"} and before == "join" else []
    if now == "join" and before != "join":
        member = Sender(who, _words(event["content"].get("displayname")))
        by = event["unsigned"].get("prev_sender") if before == "invite" else None
        return [MemberJoined(room, member, moment(event), Sender(by, names.get(by, "")) if by else None)]
    if now in {"leave", "ban"} and before in {"join", None}:
        return [MemberLeft(room, Sender(who, names.get(who, "")), moment(event))]
    return []


def _farewell(event: Json) -> str:
    """Why we are no longer in a room: who removed us, and what they said."""
    if event["sender"] == event["state_key"]:
        return ""
    reason = event["content"].get("reason")
    return f"{event['sender']}: {reason}" if reason else _text(event["sender"])


def farewell(timeline: Sequence[Json], me: str) -> str:
    """As `_farewell`, from the last events of a room."""
    last = next((event for event in reversed(timeline) if is_own_membership(event, me)), None)
    return _farewell(last) if last else ""


def is_own_membership(event: Json, me: str) -> bool:
    """Whether this event is about our own stay in the room."""
    return event["type"] == "m.room.member" and event.get("state_key") == me


def first_entry(said: Iterable[Json], me: str) -> bool:
    """Whether we entered the room for the first time within these events: there is nothing before them for us."""
    stays = [event for event in said if is_own_membership(event, me) and event["content"]["membership"] == "join"]
    return any(was(event) not in {"join", "leave", "ban"} for event in stays)


def while_inside(said: Sequence[Json], me: str) -> tuple[list[Json], bool]:
    """Of events up to now, oldest first, those that happened while we were in the room; and whether we entered it."""
    kept, inside, entered = [], True, False
    for event in reversed(said):
        if not is_own_membership(event, me):
            if inside:
                kept.append(event)
        elif event["content"]["membership"] == "join" and was(event) != "join":
            inside, entered = False, True
        elif event["content"]["membership"] in {"leave", "ban"}:
            inside = was(event) == "join"
    return kept[::-1], entered


def is_direct(said: Sequence[Json], me: str) -> bool:
    """Whether we entered at the invitation of somebody who wants to talk to us alone: that is no group."""
    return any(
        bool(event.get("unsigned", {}).get("prev_content", {}).get("is_direct"))
        for event in said
        if is_own_membership(event, me)
    )


def was(event: Json) -> str | None:
    """The membership before a membership event, None where there was none (or the homeserver does not say)."""
    before: str | None = event.get("unsigned", {}).get("prev_content", {}).get("membership")
    return before


def names_in(events: Iterable[Json]) -> dict[str, str]:
    """Display names by user, from membership events."""
    return {
        event["state_key"]: event["content"]["displayname"]
        for event in events
        if event.get("type") == "m.room.member" and isinstance(event["content"].get("displayname"), str)
    }


def group_in(
    room: str, state: Sequence[Json], summary: Json, *, entered: bool, direct: bool = False
) -> GroupSeen | None:
    """What a room's state says of it; None where it says nothing new. A space is a folder of rooms and no group."""
    content = {event["type"]: event["content"] for event in state if event.get("state_key") == ""}
    if content.get("m.room.create", {}).get("type") == "m.space":
        return None
    name = content.get("m.room.name", {}).get("name") or None
    if name is None and entered:
        heroes = [names_in(state).get(who, who) for who in summary.get("m.heroes", ())]
        name = content.get("m.room.canonical_alias", {}).get("alias") or ", ".join(heroes) or None
    seen = GroupSeen(
        group=room,
        name=name if isinstance(name, str) else None,
        topic=_words(content["m.room.topic"].get("topic")) if "m.room.topic" in content else None,
        member_count=summary.get("m.joined_member_count"),
        reads=Reads.ENCRYPTED if "m.room.encryption" in content else None,
        direct=direct,
    )
    return seen if entered or seen != GroupSeen(room) else None


def moment(event: Json) -> datetime:
    """The platform's stamp of an event."""
    return datetime.fromtimestamp(event["origin_server_ts"] / 1000, UTC)


def _object(value: Any) -> Json:
    """The value if it is an object; else it says nothing."""
    return value if isinstance(value, dict) else {}


def _words(value: Any) -> str:
    """The value if it is text; else it says nothing."""
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, not {type(value).__name__}")
    return value


# ------------------------------------------------------------------ what goes out
def files_of(outbound: Outbound) -> list[Media]:
    """What has to be uploaded before the message can be written. Raises Permanent where it is not there."""
    files = [part for part in outbound.content.parts if isinstance(part, Media)]
    if any(file.ref not in outbound.files and not file.ref.startswith("mxc://") for file in files):
        raise Permanent(_NO_BYTES)
    return files


def file_alone(outbound: Outbound, file: Media, uploaded: Mapping[str, str]) -> Json:
    """The content of an event with one file and no words."""
    content = _file(file, uploaded[file.ref], len(outbound.files.get(file.ref, b"")))
    return {"body": content["filename"], "m.mentions": {}, **content}


def written(outbound: Outbound, uploaded: Mapping[str, str], before: Sequence[str] = ()) -> Json:
    """The content of the event that says this; people are mentioned only where we mean it.

    ``uploaded``: the homeserver's addresses of our files. The last file's event has the text as its caption, and
    knows the events of the others, which went ``before`` it.
    """
    said = tuple(part for part in outbound.content.parts if not isinstance(part, Media))
    mentions = [part for part in said if isinstance(part, Mention)]
    people = [mention.who for mention in mentions if mention.who != EVERYBODY]
    content: Json = {"msgtype": "m.text", "body": "".join(map(_plain, said)), "m.mentions": {}}
    if people:
        content["m.mentions"]["user_ids"] = people
        content |= {"format": "org.matrix.custom.html", "formatted_body": "".join(map(_html, said))}
    if len(people) < len(mentions):
        content["m.mentions"]["room"] = True
    if outbound.reply_to:
        content["m.relates_to"] = {"m.in_reply_to": {"event_id": outbound.reply_to}}
    if before:
        content[BEFORE] = list(before)
    if files := files_of(outbound):
        last = files[-1]
        content |= _file(last, uploaded[last.ref], len(outbound.files.get(last.ref, b"")))
        content["body"] = content["body"] or content["filename"]
    return content


def went_before(event: Json) -> list[str]:
    """The events that are one message with this one of ours, as `written` noted them."""
    noted = _object(event.get("content")).get(BEFORE)
    return [each for each in noted if isinstance(each, str)] if isinstance(noted, list) else []


def _file(part: Media, address: str, size: int) -> Json:
    return {
        "msgtype": "m.image" if part.kind == "image" else "m.file",
        "filename": part.name or part.kind,
        "url": address,
        "info": {"mimetype": part.content_type or "application/octet-stream", "size": size or part.size or 0},
    }


def _plain(part: Part) -> str:
    return "@room" if isinstance(part, Mention) and part.who == EVERYBODY else Content((part,)).plain


def _html(part: Part) -> str:
    if isinstance(part, Mention) and part.who != EVERYBODY:
        return f'<a href="https://matrix.to/#/{quote(part.who)}">{escape(_plain(part))}</a>'
    return escape(_plain(part)).replace("\n", "<br>")
