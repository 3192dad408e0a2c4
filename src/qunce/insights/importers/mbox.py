"""Mailboxes as mailing lists archive them (mbox): what was written, without what it quotes, as answers to each other.

A message that begins something says its subject too. People are their addresses; archives that write ``ann at
example.org`` mean an address. Attachments are named, not taken over.
"""

import email
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import PurePosixPath
from typing import ClassVar

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import once, place
from qunce.insights.importers._said import file_called, text_of, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_FROM = re.compile(rb"From \S.*\d\d:\d\d.*\d{4}")
_HEADERS = re.compile(rb"^(?:From|Date|Message-ID|Subject):", re.IGNORECASE | re.MULTILINE)
_LESS_THAN_MEANT = {"gb2312", "gbk"}
_LARGEST = 1 << 20
"""Bytes of a message that are read; what is longer is an attachment."""
_MONTH = re.compile(r"\d{4}-?(?:\d\d|[A-Z][a-z]+)(?:-\d\d)?")
_LIST = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
_IDS = re.compile(r"<([^<>\s]+)>")
_AT = re.compile(r"(\S+) (?:at|AT|en|在) (\S+\.\S+)")
_IN_BRACKETS = re.compile(r"\((.*)\)\s*$")
_PREFIXES = re.compile(r"^\s*(?:\[[^\]]{1,60}\]\s*)+")
_MACHINES = re.compile(
    r"(?:mailer-daemon|no-?reply|do-?not-?reply|notifications?|bugzilla.*|.*[-_.]bot|bot)@", re.IGNORECASE
)
_QUOTING = re.compile(
    r"^(?:On .{5,200}wrote:|Am .{5,200}schrieb.*:|Le .{5,200}écrit\s*:"
    r"|在.{5,200}写道[:：]|.{5,200}於.{5,100}寫道[:：])$"
)
_BELOW = re.compile(
    r"^(?:-{2,} ?(?:Original Message|Forwarded message|原始邮件|原始郵件) ?-{2,}"
    r"|_{20,}|-{20,} next part -{20,}.*|-- ?)$"
)
"""What stands beneath what somebody wrote: an older message, the list's footer, a signature."""


class Mbox(Importer):
    """An archive of a mailing list."""

    title: ClassVar[str] = gettext_noop("Mailing list (mbox)")
    platform: ClassVar[str] = "mail"

    def recognises(self, source: Source) -> bool:
        return bool(_exports(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (nothing to choose)
        chats: dict[str, Chat] = {}
        for name in _exports(source):
            chat = _list(source, name)
            chats.setdefault(chat.key, chat)
        if not chats:
            raise Unreadable(gettext_noop("There is no message in this mailbox."), EXPORT_AGAIN)
        return list(chats.values())

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:  # noqa: ARG002 (times have zones)
        for name in _exports(source):
            if _list(source, name).key == chat:
                ids = Ids()
                for number, raw in enumerate(_messages(source, name)):
                    yield _entry(chat, raw, place(name, number), ids)


@once
def _exports(source: Source) -> list[str]:
    return [name for name in source.names if _is_mailbox(source.head(name))]


def _is_mailbox(head: bytes) -> bool:
    return bool(_FROM.match(head)) and len({found.lower() for found in _HEADERS.findall(head)}) > 1


def _messages(source: Source, name: str) -> Iterator[bytes]:
    """The messages in a file; each begins with a line that says from whom and when it came."""
    held: list[bytes] = []
    size, blank = 0, True
    with source.open(name) as file:
        for line in file:
            if blank and line.startswith(b"From ") and _FROM.match(line):
                if held:
                    yield b"".join(held)
                held, size = [], 0
            blank = not line.strip()
            if size < _LARGEST:
                held.append(line[: _LARGEST - size])
                size += len(line)
    if held:
        yield b"".join(held)


def _list(source: Source, name: str) -> Chat:
    """The list that a file archives: as its messages say, else as the file is called, or the folder of its months."""
    first = next(_messages(source, name), b"")
    found = _LIST.search(_header(_parsed(first), "List-Id"))
    if found:
        return Chat(found[2].lower(), found[1].strip('" ') or found[2])
    stem = PurePosixPath(name).name.partition(".")[0]
    folder = PurePosixPath(name).parent.name or source.name
    called = folder if _MONTH.fullmatch(stem) else stem
    return Chat(called, called)


def _parsed(raw: bytes) -> Message:
    return email.message_from_bytes(raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw)


def _header(message: Message, key: str) -> str:
    """A header as people read it; encoded as it should be, or as it stands there."""
    low = key.lower()
    written = next((value for name, value in message.raw_items() if name.lower() == low), "")
    if isinstance(written, str) and written.isascii() and "=?" not in written:
        return " ".join(written.split())
    raw = str(written).encode("utf-8", "surrogateescape")
    try:
        text = raw.decode()
    except ValueError:
        text = raw.decode("gb18030", "replace")
    with suppress(LookupError, MessageError, ValueError):  # an unknown encoding: as it stands there
        text = str(make_header(decode_header(text)))
    return " ".join(text.split())


def _entry(chat: str, raw: bytes, at: str, ids: Ids) -> Entry:
    message = _parsed(raw)
    try:
        sent_at, sender = _moment(message), _sender(message)
    except (MessageError, OverflowError, TypeError, ValueError):
        return Skipped(Skip.UNREADABLE, at, raw[:60].decode(errors="replace").strip())
    answered = _IDS.findall(_header(message, "In-Reply-To"))[:1] or _IDS.findall(_header(message, "References"))[-1:]
    pieces = [Text(part.text + "\n") if isinstance(part, Text) else part for part in _pieces(message)]
    body, _parts = told(piece for piece in pieces if isinstance(piece, Text))
    subject = "" if answered else _PREFIXES.sub("", _header(message, "Subject"))
    said = Text("\n".join(filter(None, (subject, _own(body)))))
    text, parts = told([*(piece for piece in pieces if not isinstance(piece, Text)), said])
    if not (text.strip() or parts):
        return Skipped(Skip.EMPTY, at)
    given = _IDS.search(_header(message, "Message-ID"))
    number = given[1] if given else ids.of(sent_at, sender.external_id, text)
    return MessageReceived(chat, number, sent_at, sender, text, parts, answered[0] if answered else None)


def _moment(message: Message) -> datetime:
    moment = parsedate_to_datetime(_header(message, "Date"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _sender(message: Message) -> Sender:
    written = _AT.sub(r"\1@\2", _header(message, "From"))
    name, address = parseaddr(written)
    in_brackets = _IN_BRACKETS.search(written)
    name = name or (in_brackets[1] if in_brackets else "")
    key = address.lower() if "@" in address else name
    if not key:
        raise ValueError(written)
    automatic = _header(message, "Auto-Submitted").lower() not in {"", "no"} or bool(_MACHINES.match(key))
    return Sender(key, name or key.partition("@")[0], is_bot=automatic)


# ------------------------------------------------------------------ what is said
def _pieces(message: Message) -> Iterator[Part]:
    """Texts and attachments; of the same said in two ways the plain one."""
    plain = [part for part in message.walk() if part.get_content_type() == "text/plain" and not part.get_filename()]
    for part in message.walk():
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        if part.get_filename():
            yield file_called(str(part.get_filename()), kind)
        elif kind == "text/plain":
            yield Text(_decoded(part))
        elif kind == "text/html" and not plain:
            yield Text(text_of(_decoded(part)))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    declared = part.get_content_charset() or "utf-8"
    for charset in ("gb18030" if declared in _LESS_THAN_MEANT else declared, "utf-8", "gb18030"):
        try:
            return raw.decode(charset)
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1")


def _own(body: str) -> str:
    """What the sender wrote: no quotations, no signature, nothing the list hung beneath."""
    kept: list[str] = []
    for line in body.replace("\r\n", "\n").split("\n"):
        if _BELOW.match(line):
            break
        if line.startswith(">") and not line.startswith(">From "):
            while kept and not kept[-1].strip():
                kept.pop()
            for lines in (1, 2):  # who is quoted stands above, in one line or broken into two
                if _QUOTING.match(" ".join(kept[-lines:]).strip()):
                    del kept[-lines:]
                    break
            continue
        kept.append(line.removeprefix(">") if line.startswith(">From ") else line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
