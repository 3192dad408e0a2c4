"""Mailboxes as mailing lists archive them (mbox): what was written, without what it quotes, as answers to each other.

A message that begins something says its subject too. People are their addresses; archives that write ``ann at
example.org`` mean an address. Attachments are named, not taken over.
"""

import email
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from functools import lru_cache
from pathlib import PurePosixPath
from typing import ClassVar, NamedTuple

from qunce.chat.connector import gettext_noop
from qunce.chat.types import MessageReceived, Part, Sender, Text
from qunce.insights.importer import EXPORT_AGAIN, Importer, Source, Unreadable
from qunce.insights.importers._ids import Ids
from qunce.insights.importers._json import once, place
from qunce.insights.importers._said import file_called, text_of, told
from qunce.insights.types import Chat, Entry, Reading, Skip, Skipped

_FROM = re.compile(rb"From \S.*\d\d:\d\d.*\d{4}")
_BETWEEN = re.compile(rb"\n\s*\n(?=%b)" % _FROM.pattern)
_HEADERS = re.compile(rb"^(?:From|Date|Message-ID|Subject):", re.IGNORECASE | re.MULTILINE)
_LESS_THAN_MEANT = {"gb2312", "gbk"}
_LARGEST, _LONGEST_LINE = 1 << 20, 1 << 16
"""Bytes of a message that are read; what is longer is an attachment."""
_SPACES = re.compile(r"\n?[ \t]+")
_NAMES = re.compile(r"[!-~]+").fullmatch
_PLAIN_TYPE = re.compile(
    r"\s*(?:text/plain\s*(?:;\s*(?:charset=\"?(?:utf-8|us-ascii)\"?|format=\"?(?:flowed|fixed)\"?)\s*)*)?",
    re.IGNORECASE,
).fullmatch
_NEEDED = {"auto-submitted", "date", "from", "in-reply-to", "list-id", "message-id", "references", "subject"}
_ENCODED = {"content-transfer-encoding", "content-disposition"}
"""Headers of messages that the parser reads."""
_USUAL_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([12]\d{3})"
    r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) ([+-](?:0\d|1[0-4])[0-5]\d)"
).fullmatch
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
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
_MARKED = re.compile(r"^[>_\-]", re.MULTILINE).search
"""Where no line begins so, all is the sender's own."""
_GAPS = re.compile(r"\n{3,}")


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
    held = b""
    with source.open(name) as file:
        while chunk := file.read(_LARGEST):
            *whole, held = _BETWEEN.split(held + chunk)
            yield from [raw[:_LARGEST] for raw in whole]
            if len(held) > 2 * _LARGEST:  # an attachment: what is read of it, and where the next message may begin
                held = b"%b\n-\n%b" % (held[:_LARGEST], held[-_LONGEST_LINE:])
    if held:
        yield held[:_LARGEST]


def _list(source: Source, name: str) -> Chat:
    """The list that a file archives: as its messages say, else as the file is called, or the folder of its months."""
    found = _LIST.search(_mail(next(_messages(source, name), b"")).headers.get("list-id", ""))
    if found:
        return Chat(found[2].lower(), found[1].strip('" ') or found[2])
    stem = PurePosixPath(name).name.partition(".")[0]
    folder = PurePosixPath(name).parent.name or source.name
    called = folder if _MONTH.fullmatch(stem) else stem
    return Chat(called, called)


class _Mail(NamedTuple):
    """A message: its headers as people read them, by names in small letters, and what it says and holds."""

    headers: Mapping[str, str]
    pieces: Iterable[Part]


def _mail(raw: bytes) -> _Mail:
    return _plain(raw) or _parsed(raw)


def _plain(raw: bytes) -> _Mail | None:
    """A message of one plain text, with headers in plain letters: most are, and a parser costs twenty times as much.

    None where it is anything else.
    """
    head, _blank, body = raw.partition(b"\n\n")
    begin = head.find(b"\n") + 1
    if not (begin and raw.startswith(b"From ") and head.isascii()) or b"\r" in raw or b"=?" in head:
        return None
    written = head[begin:].decode()
    if "\t" in written or "  " in written or "\n " in written:
        written = _SPACES.sub(" ", written)
    fields: dict[str, str] = {}
    for line in reversed(written.split("\n")):
        name, colon, value = line.partition(":")
        if not colon:
            return None
        fields[name.lower()] = value
    if not (
        _NAMES("".join(fields)) and _PLAIN_TYPE(fields.get("content-type", "")) and fields.keys().isdisjoint(_ENCODED)
    ):
        return None
    headers = {key: fields[key].strip() for key in _NEEDED & fields.keys()}
    try:
        text = body.decode()
    except ValueError:
        return None
    return _Mail(headers, (Text(text),))


def _parsed(raw: bytes) -> _Mail:
    """Any message."""
    message = email.message_from_bytes(raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw)
    headers: dict[str, str] = {}
    for name, written in message.raw_items():
        if name.lower() in _NEEDED:
            headers.setdefault(name.lower(), _header(written))
    return _Mail(headers, _pieces(message))


def _header(written: str | Header) -> str:
    """A header as people read it; encoded as it should be, or as it stands there."""
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
    headers, held = _mail(raw)
    told_by = headers.get
    try:
        sent_at, sender = _moment(told_by("date", "")), _sender(told_by("from", ""), told_by("auto-submitted", ""))
    except (MessageError, OverflowError, TypeError, ValueError):
        return Skipped(Skip.UNREADABLE, at, raw[:60].decode(errors="replace").strip())
    answered = _IDS.findall(told_by("in-reply-to", ""))[:1] or _IDS.findall(told_by("references", ""))[-1:]
    pieces = list(held)
    body = "".join([f"{part.text}\n" for part in pieces if isinstance(part, Text)])
    subject = "" if answered else _PREFIXES.sub("", told_by("subject", ""))
    said = "\n".join(filter(None, (subject, _own(body))))
    files = [piece for piece in pieces if not isinstance(piece, Text)]
    text, parts = told([*files, Text(said)]) if files else (said, None)
    if not (text.strip() or parts):
        return Skipped(Skip.EMPTY, at)
    given = _IDS.search(told_by("message-id", ""))
    number = given[1] if given else ids.of(sent_at, sender.external_id, text)
    return MessageReceived(chat, number, sent_at, sender, text, parts, answered[0] if answered else None)


def _moment(written: str) -> datetime:
    if found := _USUAL_DATE(written):
        day, month, year, hour, minute, second, zone = found.groups()
        return _midnight(day, month, year, zone) + timedelta(0, int(second), 0, 0, int(minute), int(hour))
    moment = parsedate_to_datetime(written)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


@lru_cache(1024)
def _midnight(day: str, month: str, year: str, zone: str) -> datetime:
    """The beginning of a day in its zone, as UTC."""
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    begin = datetime(int(year), _MONTHS.index(month) // 3 + 1, int(day), tzinfo=UTC)
    return begin - ahead if zone[0] == "+" else begin + ahead


@lru_cache(8192)
def _sender(from_whom: str, automatically: str) -> Sender:
    written = _AT.sub(r"\1@\2", from_whom)
    name, address = parseaddr(written)
    in_brackets = _IN_BRACKETS.search(written)
    name = name or (in_brackets[1] if in_brackets else "")
    key = address.lower() if "@" in address else name
    if not key:
        raise ValueError(written)
    automatic = automatically.lower() not in {"", "no"} or bool(_MACHINES.match(key))
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
    if not _MARKED(body):
        return _GAPS.sub("\n\n", body.replace("\r\n", "\n")).strip()
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
    return _GAPS.sub("\n\n", "\n".join(kept)).strip()
