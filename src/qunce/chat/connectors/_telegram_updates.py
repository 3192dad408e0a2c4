"""Telegram's updates in Qunce's message vocabulary."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from aiogram.types import (
    Chat,
    ChatJoinRequest,
    ChatMemberUpdated,
    Message,
    MessageEntity,
    Update,
    User,
)
from pydantic import ValidationError

from qunce.chat.connectors import _telegram_ids as ids
from qunce.chat.types import (
    Content,
    GroupGone,
    GroupMoved,
    GroupSeen,
    Inbound,
    JoinRequested,
    Media,
    MemberJoined,
    MemberLeft,
    Mention,
    MessageEdited,
    MessageReceived,
    Part,
    Poll,
    Sender,
    Text,
)

_WORDLESS = ("game", "giveaway", "invoice", "live_photo", "paid_media", "rich_message", "story")
"""Things people say for which we have no words; that something was said counts."""
_FLAGS = ("allows_", "can_", "has_", "is_", "members_only")
_MENTIONS = {"mention", "text_mention"}


def load(raw: Any) -> Update:
    """One update as the platform sent it. Raises ValueError, which says where it is at fault.

    A Bot API server of one's own may be older than our types: a flag that it does not know yet is off.
    """
    try:
        return Update.model_validate(raw)
    except ValidationError as error:
        missing = [each["loc"] for each in error.errors(include_input=False) if each["type"] == "missing"]
        flags = [loc for loc in missing if str(loc[-1]).startswith(_FLAGS)]
        if flags:
            return load(_with_flags(raw, flags))
        found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_input=False)]
        raise ValueError("; ".join(found[:3])) from error


def _with_flags(raw: Any, flags: Sequence[tuple[int | str, ...]]) -> Any:
    """A copy with flags switched off where they are missing; places name variants of a type as well as keys."""
    copied = deepcopy(raw)
    for *way, flag in flags:
        at: Any = copied
        for step in way:
            with suppress(KeyError):
                at = at[step]
        at[flag] = False
    return copied


def read(update: Update, me: int) -> list[Inbound]:
    """What one update says; nothing for kinds that say nothing to us."""
    if said := update.message or update.channel_post:
        return _service(said, me) or _message(said)
    if edited := update.edited_message or update.edited_channel_post:
        return _edit(edited)
    if update.my_chat_member:
        return _own_stay(update.my_chat_member)
    if update.chat_member:
        return _stay(update.chat_member, me)
    return [_request(update.chat_join_request)] if update.chat_join_request else []


def chat_of(update: Update) -> Chat | None:
    """The chat that an update is about."""
    about: Any = (
        update.message
        or update.edited_message
        or update.channel_post
        or update.edited_channel_post
        or update.my_chat_member
        or update.chat_member
        or update.chat_join_request
    )
    chat: Chat | None = about.chat if about else None
    return chat


def name_of(chat: Chat) -> str:
    """What a chat is called: its title, or the person's name."""
    return chat.title or " ".join(filter(None, (chat.first_name, chat.last_name)))


def seen(chat: Chat) -> GroupSeen:
    """That we are in a chat."""
    return GroupSeen(str(chat.id), name_of(chat) or None, direct=chat.type == "private")


# ------------------------------------------------------------------ what is said
def _message(message: Message) -> list[Inbound]:
    parts = _parts(message)
    if parts is None:
        return []
    text, kept = _told(parts)
    return [
        MessageReceived(
            group=str(message.chat.id),
            external_id=_key(message),
            sent_at=message.date.astimezone(UTC),
            sender=_author(message),
            text=text,
            parts=kept,
            reply_to=_reply_to(message),
        )
    ]


def _edit(message: Message) -> list[Inbound]:
    parts = _parts(message)
    if parts is None:
        return []
    at = datetime.fromtimestamp(message.edit_date, UTC) if message.edit_date else message.date.astimezone(UTC)
    return [MessageEdited(str(message.chat.id), _key(message), at, *_told(parts))]


def _told(parts: tuple[Part, ...]) -> tuple[str, tuple[Part, ...] | None]:
    return Content(parts).plain, None if all(isinstance(each, Text) for each in parts) else parts


def _key(message: Message) -> str:
    topic = message.message_thread_id if message.is_topic_message else None
    return ids.written(message.chat.id, [message.message_id], topic)


def _reply_to(message: Message) -> str | None:
    """The message that is answered; in a topic everything else answers the topic's beginning, and so nothing."""
    answered = message.reply_to_message
    if answered is None or (message.is_topic_message and answered.message_id == message.message_thread_id):
        return None
    return _key(answered) if isinstance(answered, Message) else None


def _author(message: Message) -> Sender:
    """Who speaks: a person or bot; an anonymous administrator as the group, somebody as their channel.

    What a group is passed automatically from its channel is nobody's word in the group.
    """
    if chat := message.sender_chat:
        return Sender(str(chat.id), name_of(chat), is_bot=bool(message.is_automatic_forward))
    return _person(message.from_user) if message.from_user else Sender(str(message.chat.id), name_of(message.chat))


def _person(user: User) -> Sender:
    return Sender(str(user.id), user.full_name, is_bot=user.is_bot)


# ------------------------------------------------------------------ its parts
def _parts(message: Message) -> tuple[Part, ...] | None:
    """What a message consists of; None where it only tells that something happened (a service message)."""
    said = message.text if message.text is not None else message.caption
    entities = message.entities if message.text is not None else message.caption_entities
    media = _media(message)
    other = next(_other(message), None)
    if said is None and media is None and other is None:
        return () if any(getattr(message, field) for field in _WORDLESS) else None
    parts: list[Part] = [part for part in (media, other) if part]
    return (*parts, *_cut(said or "", entities or []))


def _media(message: Message) -> Media | None:
    file: Any
    if message.photo:
        file = message.photo[-1]  # of several sizes, the largest
        return Media("image", file.file_id, "", "image/jpeg", file.file_size)
    if file := message.sticker:
        return Media("sticker", file.file_id, file.emoji or "", "", file.file_size)
    kinds = {"animation": "video", "video": "video", "video_note": "video", "audio": "audio", "voice": "audio"}
    for field, kind in (*kinds.items(), ("document", "file")):  # an animation is a document, too
        if file := getattr(message, field):
            name, content_type = getattr(file, "file_name", None) or "", getattr(file, "mime_type", None) or ""
            return Media(kind, file.file_id, name, content_type, file.file_size)
    return None


def _other(message: Message) -> Iterator[Part]:
    """What is neither text nor a file. A card of somebody is their name: the number stays where it was given."""
    if poll := message.poll:
        options = tuple(option.text for option in poll.options)
        yield Poll(poll.question, options, several=poll.allows_multiple_answers)
    if message.dice:
        yield Text(message.dice.emoji)
    if message.contact:
        yield Text(f"👤 {message.contact.first_name}")
    if message.venue:
        yield Text(f"📍 {message.venue.title}, {message.venue.address}")
    elif message.location:
        yield Text(f"📍 {message.location.latitude}, {message.location.longitude}")
    if message.checklist:
        yield Text("\n".join([message.checklist.title, *(f"☐ {each.text}" for each in message.checklist.tasks)]))


def _cut(said: str, entities: Sequence[MessageEntity]) -> list[Part]:
    """The text cut where somebody is mentioned. Telegram counts in UTF-16."""
    mentions = sorted((each for each in entities if each.type in _MENTIONS), key=lambda each: each.offset)
    if not mentions:
        return [Text(said)] if said else []
    wide = said.encode("utf-16-le", "surrogatepass")

    def between(start: int, end: int) -> str:
        return wide[2 * start : 2 * end].decode("utf-16-le", "surrogatepass")

    parts: list[Part] = []
    at = 0
    for each in mentions:
        end = each.offset + each.length
        if not at <= each.offset < end <= len(wide) // 2:
            continue  # it overlaps the one before, or points beyond the text
        shown = between(each.offset, end).removeprefix("@")
        parts += [Text(between(at, each.offset)), Mention(str(each.user.id) if each.user else f"@{shown}", shown)]
        at = end
    parts.append(Text(between(at, len(wide) // 2)))
    return [part for part in parts if part != Text("")]


# ------------------------------------------------------------------ what happens
def _service(message: Message, me: int) -> list[Inbound]:
    """What a message without words tells of the group or its people."""
    group, at, by = str(message.chat.id), message.date.astimezone(UTC), message.from_user
    if message.migrate_to_chat_id:
        return [GroupMoved(group, str(message.migrate_to_chat_id))]
    if message.migrate_from_chat_id:
        return [GroupMoved(str(message.migrate_from_chat_id), group)]
    if message.new_chat_members:
        return [
            seen(message.chat)
            if user.id == me
            else MemberJoined(group, _person(user), at, _person(by) if by and by.id != user.id else None)
            for user in message.new_chat_members
        ]
    if user := message.left_chat_member:
        return [GroupGone(group, _by(by, me))] if user.id == me else [MemberLeft(group, _person(user), at)]
    made = message.group_chat_created or message.supergroup_chat_created or message.channel_chat_created
    return [seen(message.chat)] if made or message.new_chat_title else []


def _by(user: User | None, me: int) -> str:
    return user.full_name if user and user.id != me else ""


def _inside(member: Any) -> bool:
    """Whether a ``ChatMember`` is in the chat: a restricted one may be or not."""
    return member.status in {"creator", "administrator", "member"} or (
        member.status == "restricted" and bool(member.is_member)
    )


def _own_stay(change: ChatMemberUpdated) -> list[Inbound]:
    if _inside(change.new_chat_member):
        return [seen(change.chat)]
    by = change.from_user
    return [GroupGone(str(change.chat.id), "" if change.chat.type == "private" else by.full_name)]


def _stay(change: ChatMemberUpdated, me: int) -> list[Inbound]:
    """Who came or went; other changes of their rights say nothing here."""
    was, now = _inside(change.old_chat_member), _inside(change.new_chat_member)
    member, group, at = change.new_chat_member.user, str(change.chat.id), change.date.astimezone(UTC)
    if was == now or member.id == me:
        return []
    if was:
        return [MemberLeft(group, _person(member), at)]
    link, by = change.invite_link, change.from_user
    brought = link is None and by.id != member.id and not change.via_join_request
    source = (link.name or link.invite_link) if link else ""
    return [MemberJoined(group, _person(member), at, _person(by) if brought else None, source)]


def _request(request: ChatJoinRequest) -> Inbound:
    at = request.date.astimezone(UTC)
    return JoinRequested(str(request.chat.id), _person(request.from_user), at, request.bio or "")
