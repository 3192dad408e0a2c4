"""Messages on their way to Telegram: what one of ours becomes there, and sending it part by part."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from aiogram.methods import (
    SendAudio,
    SendDocument,
    SendMediaGroup,
    SendMessage,
    SendPhoto,
    SendPoll,
    SendVideo,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputPollOption,
    MessageEntity,
    ReplyParameters,
    User,
)

from qunce.chat.connector import Ambiguous, Permanent, Retry, WireError, gettext_noop
from qunce.chat.connectors import _telegram_ids as ids
from qunce.chat.connectors._telegram_wire import Moved, Wire
from qunce.chat.types import EVERYBODY, OURS, Button, Content, Media, Mention, Outbound, Part, Poll, Sent, Text

LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024
LARGEST_FILE = 50 * 1024 * 1024
LARGEST_PICTURE = 10 * 1024 * 1024
ALBUM = 10
LONGEST_QUESTION, LONGEST_OPTION, MOST_OPTIONS = 300, 100, 12
PATIENCE = 15.0
"""Seconds that Telegram may ask us to wait within a message of several parts."""
_FILE_ID = re.compile(r"[\w-]{12,}")
_NO_FILE = gettext_noop("Telegram does not know this picture or file.")
_TOO_LARGE = gettext_noop("The file is too large for Telegram.")
_POLL = gettext_noop(
    "A poll on Telegram has a question of up to 300 characters and 2 to 12 answers of up to 100 characters."
)
_PARTLY = gettext_noop("Only the first part of the message has certainly arrived.")
Method = TelegramMethod[Any]


# ------------------------------------------------------------------ text
def units(text: str) -> int:
    """The length of a text as Telegram counts it: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


@dataclass(slots=True)
class Said:
    """A text, and where in it which people are mentioned (start and length in UTF-16, their id)."""

    text: str = ""
    people: list[tuple[int, int, int]] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Sequence[Part]) -> "Said":
        """The words of a message. Halves of surrogate pairs, which the wire cannot hold, become question marks."""
        said = cls()
        for part in parts:
            everybody = isinstance(part, Mention) and part.who == EVERYBODY and not part.name
            words = "@all" if everybody else Content((part,)).plain
            words = words.encode("utf-8", "replace").decode()
            if isinstance(part, Mention) and part.who.isascii() and part.who.isdecimal():
                said.people.append((units(said.text), units(words), int(part.who)))
            said.text += words
        return said

    @property
    def entities(self) -> list[MessageEntity] | None:
        """As the Bot API takes them."""
        return [
            MessageEntity(
                type="text_mention", offset=at, length=length, user=User(id=who, is_bot=False, first_name="-")
            )
            for at, length, who in self.people
        ] or None

    def pieces(self, longest: int = LONGEST_TEXT) -> Iterator["Said"]:
        """The text in pieces that are short enough, cut behind a line or word where there is one not far away."""
        wide, start = self.text.encode("utf-16-le"), 0
        while True:
            window = wide[2 * start : 2 * (start + longest)].decode("utf-16-le", "ignore")
            end = len(window)
            if start + longest < len(wide) // 2:
                breaks = (window.rfind("\n") + 1, window.rfind(" ") + 1)
                end = next((at for at in breaks if at > len(window) // 2), end)
            length = units(window[:end])
            inside = [
                (at - start, many, who)
                for at, many, who in self.people
                if start <= at and at + many <= start + length
            ]
            yield Said(window[:end], inside)
            start += length
            if start >= len(wide) // 2:
                return


# ------------------------------------------------------------------ what a message becomes
def plan(outbound: Outbound) -> list[Method]:
    """The calls that say this, in order. Raises Permanent before anything is sent.

    Files first, the words with the first of them where they are few enough, else after them; polls last.
    """
    parts = outbound.content.parts
    place = _answered(outbound)
    common: dict[str, Any] = {"chat_id": int(outbound.group)}
    if place and place.topic:
        common["message_thread_id"] = place.topic
    reply = None
    if place:
        reply = ReplyParameters(message_id=place.numbers[0], allow_sending_without_reply=True)
    buttons = [InlineKeyboardButton(text=each.label, url=each.url) for each in parts if isinstance(each, Button)]
    keyboard = InlineKeyboardMarkup(inline_keyboard=[[each] for each in buttons]) if buttons else None
    media = [each for each in parts if isinstance(each, Media)]
    said = Said.of([each for each in parts if isinstance(each, Text | Mention)])
    if keyboard and len(media) != 1 and not said.text:
        said = Said("\n".join(each.text for each in buttons))  # a keyboard hangs on words or on one file
    fits = bool(media) and units(said.text) <= LONGEST_CAPTION and not (keyboard and len(media) > 1)
    methods = _files(media, outbound, common, said if fits else Said())
    if not fits and (said.text or not (media or any(isinstance(each, Poll) for each in parts))):
        methods += [
            SendMessage(text=piece.text, entities=piece.entities, **common) for piece in said.pieces(LONGEST_TEXT)
        ]
    if keyboard and methods:
        methods[-1].reply_markup = keyboard  # type: ignore[attr-defined]  # each that is made here has it
    methods += [_poll(each, common) for each in parts if isinstance(each, Poll)]
    if methods and reply:
        methods[0].reply_parameters = reply  # type: ignore[attr-defined]  # each that is made here has it
    return methods


def _answered(outbound: Outbound) -> ids.Place | None:
    """The message that is answered; None where its group has got other numbers since."""
    try:
        return ids.read(outbound.group, outbound.reply_to) if outbound.reply_to else None
    except Permanent:
        return None


def _poll(poll: Poll, common: dict[str, Any]) -> Method:
    fits = 1 < len(poll.options) <= MOST_OPTIONS and 0 < units(poll.question) <= LONGEST_QUESTION
    if not fits or not all(0 < units(each) <= LONGEST_OPTION for each in poll.options):
        raise Permanent(_POLL)
    options: Any = [InputPollOption(text=each) for each in poll.options]
    return SendPoll(question=poll.question, options=options, allows_multiple_answers=poll.several, **common)


# ------------------------------------------------------------------ files
_ONE: dict[str, Any] = {
    "image": (SendPhoto, "photo", InputMediaPhoto),
    "video": (SendVideo, "video", InputMediaVideo),
    "audio": (SendAudio, "audio", InputMediaAudio),
    "file": (SendDocument, "document", InputMediaDocument),
}
_SUFFIX = {"image": ".jpg", "video": ".mp4", "audio": ".mp3"}


def _files(media: Sequence[Media], outbound: Outbound, common: dict[str, Any], said: Said) -> list[Method]:
    """Calls for the files in order: those that Telegram lets into one album together, ten at a time."""
    known = [(_kind(each, outbound), _file(each, outbound)) for each in media]
    methods: list[Method] = []
    for _, run in groupby(known, key=lambda each: "seen" if each[0] in {"image", "video"} else each[0]):
        several = list(run)
        for start in range(0, len(several), ALBUM):
            chunk = several[start : start + ALBUM]
            words = {} if methods or not said.text else {"caption": said.text, "caption_entities": said.entities}
            if len(chunk) == 1:
                (kind, file) = chunk[0]
                send, name, _ = _ONE[kind]
                methods.append(send(**{name: file}, **words, **common))
            else:
                items = [
                    _ONE[kind][2](media=file, **(words if at == 0 else {})) for at, (kind, file) in enumerate(chunk)
                ]
                methods.append(SendMediaGroup(media=items, **common))
    return methods


def _kind(media: Media, outbound: Outbound) -> str:
    """How Telegram is given it; pictures that are too large for it go as files."""
    if media.kind == "image" and len(outbound.files.get(media.ref, b"")) > LARGEST_PICTURE:
        return "file"
    return media.kind if media.kind in _ONE else "file"


def _file(media: Media, outbound: Outbound) -> BufferedInputFile | str:
    """Our own file's bytes, or what Telegram has under its own id. Raises Permanent."""
    if not media.ref.startswith(OURS):
        if not _FILE_ID.fullmatch(media.ref):
            raise Permanent(_NO_FILE)
        return media.ref
    if (content := outbound.files.get(media.ref)) is None:
        raise Permanent(_NO_FILE)
    if len(content) > LARGEST_FILE:
        raise Permanent(_TOO_LARGE)
    return BufferedInputFile(content, media.name or f"{media.kind}{_SUFFIX.get(media.kind, '')}")


# ------------------------------------------------------------------ sending
async def send(wire: Wire, outbound: Outbound) -> Sent:
    """Send all parts of a message; several have one id together. Raises like `Connector.send`.

    A group that has become a supergroup gets them under its new id. Once a part has arrived, what fails is
    Ambiguous: the whole must not be repeated.
    """
    chat, arrived = int(outbound.group), list[Any]()
    for method in plan(outbound):
        while True:
            method.chat_id = chat  # type: ignore[attr-defined]  # each that is made here has it
            try:
                found = await wire.tell(method)
            except Moved as moved:
                chat = moved.to
                method.reply_parameters = None  # type: ignore[attr-defined]  # each that is made here has it
            except Retry as error:
                if not arrived:
                    raise
                if error.after > PATIENCE:
                    raise Ambiguous(_PARTLY) from error
                await asyncio.sleep(error.after)
            except WireError as error:
                if not arrived:
                    raise
                raise Ambiguous(f"{_PARTLY}\n{error}") from error
            else:
                arrived += found if isinstance(found, list) else [found]
                break
    first = arrived[0]
    topic = first.get("message_thread_id") if first.get("is_topic_message") else None
    numbers = [message["message_id"] for message in arrived]
    return Sent(ids.written(chat, numbers, topic), datetime.fromtimestamp(first["date"], UTC))
