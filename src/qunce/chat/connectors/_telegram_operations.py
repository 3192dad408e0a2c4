"""What a Telegram bot does besides sending: to messages, to a group, to its members."""

from datetime import timedelta
from typing import Any

from aiogram.methods import (
    ApproveChatJoinRequest,
    BanChatMember,
    BanChatSenderChat,
    CreateChatInviteLink,
    DeclineChatJoinRequest,
    DeleteMessage,
    EditMessageCaption,
    EditMessageText,
    GetChat,
    PinChatMessage,
    RestrictChatMember,
    SetChatDescription,
    SetChatPermissions,
    TelegramMethod,
    UnbanChatMember,
    UnbanChatSenderChat,
    UnpinChatMessage,
)
from aiogram.types import ChatPermissions

from qunce.chat.connector import Permanent, gettext_noop
from qunce.chat.connectors import _telegram_ids as ids
from qunce.chat.connectors._telegram_sending import LONGEST_CAPTION, LONGEST_TEXT, Said, units
from qunce.chat.connectors._telegram_wire import Moved, Refused, Wire
from qunce.chat.types import (
    Content,
    DecideJoin,
    Delete,
    Edit,
    MakeInvitation,
    Media,
    Mention,
    Mute,
    MuteAll,
    Operation,
    Pin,
    Poll,
    Readmit,
    Recall,
    Remove,
    SetNotice,
    Text,
)
from qunce.kernel import clock

LONGEST_NOTICE = 255
LONGEST_LINK_NAME = 32
SHORTEST_MUTE = 31
"""Telegram takes 30 seconds or less for "for ever"."""
_SPEAKING = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
)
_ALREADY = (
    "not modified",
    "not_modified",
    "message to delete not found",
    "message to unpin not found",
    "hide_requester_missing",
    "user_already_participant",
)
_NOTICE = gettext_noop("A group's description on Telegram has at most 255 characters.")
_LINK_NAME = gettext_noop("The name of an invitation on Telegram has at most 32 characters.")
_ONLY_WORDS = gettext_noop("On Telegram the words of a message can be changed, not its files.")
_SEVERAL = gettext_noop("A message that was sent in several parts cannot be changed.")
_TOO_LONG = gettext_noop("The message is too long for Telegram.")
_NOBODY = gettext_noop("This is not a person on Telegram.")


class Operations:
    """Carries out operations of one bot; what is so already counts as done."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def carry_out(self, operation: Operation) -> str:
        """Do it; returns what it made. Raises like `Connector.perform`."""
        chat = int(operation.group)
        try:
            return await self._in(chat, operation)
        except Moved as moved:
            return await self._in(moved.to, operation)

    async def _in(self, chat: int, operation: Operation) -> str:  # noqa: C901, PLR0912 (one case per operation)
        match operation:
            case Recall(_, message) | Delete(_, message):
                for number in ids.read(chat, message).numbers:
                    await self._do(DeleteMessage(chat_id=chat, message_id=number))
            case Edit(_, message, content):
                await self._edit(chat, message, content)
            case Pin(_, message, on):
                first = ids.read(chat, message).numbers[0]
                if on:
                    await self._do(PinChatMessage(chat_id=chat, message_id=first, disable_notification=True))
                else:
                    await self._do(UnpinChatMessage(chat_id=chat, message_id=first))
            case SetNotice(_, text):
                if units(text) > LONGEST_NOTICE:
                    raise Permanent(_NOTICE)
                await self._do(SetChatDescription(chat_id=chat, description=text))
            case Mute(_, member, seconds):
                await self._mute(chat, _person(member), seconds)
            case MuteAll(_, on):
                await self._mute_all(chat, on=on)
            case Remove(_, member, ban):
                await self._remove(chat, member, ban=ban)
            case Readmit(_, member):
                await self._readmit(chat, member)
            case DecideJoin(_, member, accept):
                decide: Any = ApproveChatJoinRequest if accept else DeclineChatJoinRequest
                await self._do(decide(chat_id=chat, user_id=_person(member)))
            case MakeInvitation(_, name):
                if units(name) > LONGEST_LINK_NAME:
                    raise Permanent(_LINK_NAME)
                return str((await self._wire.tell(CreateChatInviteLink(chat_id=chat, name=name)))["invite_link"])
            case _:
                raise Permanent(type(operation).__name__)
        return ""

    async def _do(self, method: TelegramMethod[Any]) -> None:
        try:
            await self._wire.tell(method)
        except Refused as error:
            if not any(words in error.words for words in _ALREADY):
                raise

    async def _edit(self, chat: int, message: str, content: Content) -> None:
        """New words; beneath a picture or file they are its caption, which only Telegram knows."""
        numbers = ids.read(chat, message).numbers
        if len(numbers) > 1:
            raise Permanent(_SEVERAL)
        if any(isinstance(part, Media | Poll) for part in content.parts):
            raise Permanent(_ONLY_WORDS)
        said = Said.of([part for part in content.parts if isinstance(part, Text | Mention)])
        if units(said.text) > LONGEST_TEXT:
            raise Permanent(_TOO_LONG)
        where: dict[str, Any] = {"chat_id": chat, "message_id": numbers[0]}
        try:
            await self._do(EditMessageText(text=said.text, entities=said.entities, **where))
        except Refused as error:
            if "no text in the message" not in error.words:
                raise
            if units(said.text) > LONGEST_CAPTION:
                raise Permanent(_TOO_LONG) from error
            await self._do(EditMessageCaption(caption=said.text, caption_entities=said.entities, **where))

    async def _mute(self, chat: int, member: int, seconds: int | None) -> None:
        allowed = seconds == 0
        until = clock.now() + timedelta(seconds=max(seconds, SHORTEST_MUTE)) if seconds else None
        permissions = ChatPermissions(**dict.fromkeys(_SPEAKING, allowed))
        if allowed:  # Everything that the group's own permissions allow: the restriction is gone.
            permissions = ChatPermissions(**dict.fromkeys(ChatPermissions.model_fields, True))
        await self._do(RestrictChatMember(chat_id=chat, user_id=member, permissions=permissions, until_date=until))

    async def _mute_all(self, chat: int, *, on: bool) -> None:
        """Only speaking changes: who may invite or pin stays as it is."""
        present = (await self._wire.ask(GetChat(chat_id=chat))).get("permissions", {})
        wanted = ChatPermissions(**present | dict.fromkeys(_SPEAKING, not on))
        await self._do(SetChatPermissions(chat_id=chat, permissions=wanted, use_independent_chat_permissions=True))

    async def _remove(self, chat: int, member: str, *, ban: bool) -> None:
        if member.startswith("-"):  # somebody who speaks as their channel
            await self._do(BanChatSenderChat(chat_id=chat, sender_chat_id=_number(member)))
        else:
            await self._do(BanChatMember(chat_id=chat, user_id=_person(member)))
        if not ban and not ids.is_basic(chat):  # Basic groups have no bans that last.
            await self._readmit(chat, member)

    async def _readmit(self, chat: int, member: str) -> None:
        if member.startswith("-"):
            await self._do(UnbanChatSenderChat(chat_id=chat, sender_chat_id=_number(member)))
        else:
            await self._do(UnbanChatMember(chat_id=chat, user_id=_person(member), only_if_banned=True))


def _number(member: str) -> int:
    try:
        return int(member)
    except ValueError:
        raise Permanent(_NOBODY) from None


def _person(member: str) -> int:
    if (number := _number(member)) < 0:
        raise Permanent(_NOBODY)
    return number
