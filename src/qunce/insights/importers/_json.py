"""JSON of any size, record by record: what the importers of JSON formats share.

A record that is broken costs itself alone: the next begins behind its last bracket. A file that ends too early, or
in which no bracket leads on, gives all that was whole and then one `Broken`. (A parser of events as fast as this
would stop at the first mistake; Telegram itself writes some.)
"""

import json
import re
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import IO, Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary
from zipfile import BadZipFile

from qunce.insights.importer import Source
from qunce.insights.types import Entry, Skip, Skipped

T = TypeVar("T")
Where: TypeAlias = tuple[str | int, ...]
Found: TypeAlias = tuple[Where, str | int, Any]
"""The container of a value, its key or number (from 0) therein, and the value."""
EACH = "*"
_CHUNK = 1 << 18
_LARGEST = 1 << 26
"""Characters of one record; a larger one is a broken file."""
_FAR = 1 << 20
"""How far behind the beginning of a broken record its end is looked for."""
_OPENING = frozenset("{[")
_CLOSING = frozenset("}]")
_EDGE = 16
"""What is wrong so near the end of what has been read may be right with what follows."""
_SHOWN = 60
_decoder = json.JSONDecoder(strict=False)
_decode = _decoder.raw_decode
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]
_between = re.compile(r"[ \t\r\n,:]*").match
_STRINGS_AND_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_BOUNDARY = re.compile(r'\}\s*,\s*\{\s*"\Z')
"""The end of a string that is none, but what stands between two records."""
_rubbish = re.compile(r"[^,\[\]{}\"]+|.", re.DOTALL).match
_ESCAPES = re.compile(r"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Broken:
    """In the place of a record that cannot be read: how it begins."""

    what: str


class _End(Exception):
    """The file is cut off, or nothing behind here can be read."""


def beginning(source: Source, name: str) -> str:
    """The first kilobytes of a file as text, to recognise a format by."""
    head = source.head(name)
    return head.decode(encoding(head), errors="replace")


def encoding(head: bytes) -> str:
    """JSON is UTF-8; some save it as UTF-16, which says so."""
    return "utf-16" if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"


def once(find: Callable[[Source], T]) -> Callable[[Source], T]:
    """Find it once in a source, however many chats are read from it."""
    found: WeakKeyDictionary[Source, T] = WeakKeyDictionary()

    @wraps(find)
    def remembered(source: Source) -> T:
        if source not in found:
            found[source] = find(source)
        return found[source]

    return remembered


def named(source: Source, ending: str) -> list[str]:
    """The files with an ending; one that is handed in alone may have any name."""
    alone = len(source.names) == 1
    return [name for name in source.names if alone or name.lower().endswith(ending)]


def walk(source: Source, name: str, opened: Collection[str] = ()) -> Iterator[Found]:
    """The values in a file, in order. The outermost container is opened, and those that are listed.

    ``opened``: ways such as ``chats.list.*.messages``, with ``*`` for each element; all other values come whole.
    """
    ways = [tuple(way.split(".")) for way in opened]
    with source.open(name) as file:
        text = _Text(file, encoding(source.head(name)))
        if text.peek() not in _OPENING:
            yield (), "", Broken(text.shown())
            return
        stack = [_Container.at((), text, ways)]
        while stack:
            container = stack[-1]
            key: str | int = container.count
            try:
                if not (container.keyed or container.opens):
                    for value in text.elements():
                        yield container.where, container.count, value
                        container.count += 1
                        key = container.count
                upcoming = text.peek()
                if upcoming in _CLOSING:
                    text.at += 1
                    stack.pop()
                    continue
                if container.keyed:
                    key = words(text.value())
                    upcoming = text.peek()
                container.count += 1
                if container.opens and upcoming in _OPENING and (key in container.opens or EACH in container.opens):
                    stack.append(_Container.at((*container.where, key), text, ways))
                    continue
                value = text.value()
            except _End:
                yield container.where, "" if container.keyed else key, Broken(text.shown())
                return
            yield container.where, key, value
        if text.peek():
            yield (), "", Broken(text.shown())


@dataclass(slots=True)
class _Container:
    """An object or array that is being read."""

    where: Where
    keyed: bool
    opens: frozenset[str]
    """Its keys that lead on."""
    count: int = 0

    @classmethod
    def at(cls, where: Where, text: "_Text", ways: Sequence[tuple[str, ...]]) -> "_Container":
        """The one that opens here."""
        keyed = text.peek() == "{"
        text.at += 1
        depth = len(where)
        fitting = (
            way for way in ways if all(step in {EACH, key} for step, key in zip(way[:depth], where, strict=False))
        )
        return cls(where, keyed, frozenset(way[depth] for way in fitting if len(way) > depth))


class _Text:
    """A file's text, with the place up to which it is read."""

    def __init__(self, file: IO[bytes], kind: str) -> None:
        self._file = file
        self._decoder = getincrementaldecoder(kind)(errors="replace")
        self._done = False
        self._text = ""
        self.at = 0

    def shown(self) -> str:
        return self._text[self.at : self.at + _SHOWN]

    def peek(self) -> str:
        """The next character that says something; nothing at the end."""
        while True:
            self.at = _between(self._text, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self._text):
                return self._text[self.at]
            if not self._more():
                return ""

    def elements(self) -> Iterator[Any]:
        """The values up to the bracket that closes what is being read. Raises _End where it never comes."""
        while True:
            at = _between(self._text, self.at).end()  # type: ignore[union-attr]
            self.at = at
            if self._text[at : at + 1] in _OPENING:
                try:
                    value, self.at = _scan(self._text, at)
                except (RecursionError, StopIteration, ValueError):
                    value = self.value()
            elif self.peek() in _CLOSING:
                return
            else:
                value = self.value()
            yield value

    def value(self) -> Any:
        """The value that begins here, whole. Raises _End where there is none."""
        while True:
            try:
                value, end = _decode(self._text, self.at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or error.pos > len(self._text) - _EDGE
                if cut and len(self._text) - self.at < _LARGEST and self._more():
                    continue
                return self._mended()
            except (RecursionError, ValueError):  # brackets or digits without end
                return self._mended()
            if end == len(self._text) and self._text[end - 1] not in '}]"' and self._more():
                continue  # a number may go on
            self.at = end
            return value

    def _more(self) -> bool:
        """Read on, at least as much again as is kept, so that long records are not begun too often.

        False where nothing more can come; after True it is little, or even nothing, that has.
        """
        if self._done:
            return False
        rest = self._text[self.at :]
        try:
            chunk = self._file.read(max(_CHUNK, len(rest)))
        except (BadZipFile, EOFError, OSError, zlib.error):  # the packed file is cut off or damaged
            chunk = b""
        self._done = not chunk
        self._text, self.at = rest + self._decoder.decode(chunk, final=self._done), 0
        return True

    def _mended(self) -> Any:
        """The value that is at fault, with its escapes put right, or what there is of it."""
        if self.at >= len(self._text):
            raise _End
        if self._text[self.at] not in "{[":
            begun, found = self.at, _rubbish(self._text, self.at)
            if self._text[begun] == '"' or found is None:
                raise _End
            self.at = found.end()
            return Broken(self._text[begun : begun + _SHOWN])
        end = self._closing()
        piece, self.at = self._text[self.at : end], end
        try:
            return json.loads(_ESCAPES.sub(_escape, piece), strict=False)
        except (RecursionError, ValueError):
            return Broken(piece[:_SHOWN])

    def _closing(self) -> int:
        """Where the bracket that opens here is closed: also where a lost quotation mark turns strings inside out."""
        while True:
            depth = 0
            for found in _STRINGS_AND_BRACKETS.finditer(self._text, self.at):
                if (boundary := _BOUNDARY.search(found[0])) is not None:
                    return found.start() + boundary.start() + 1
                depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found[0], 0)
                if depth == 0:
                    return found.end()
            if len(self._text) - self.at > _FAR or not self._more():
                raise _End


def _escape(found: re.Match[str]) -> str:
    """Escapes that JSON does not know: x and two digits are a character, elsewhere the backslash itself is meant."""
    if found[1][0] == "x" and len(found[1]) > 1:
        return f"\\u00{found[1][1:]}"
    return found[0] if found[1] in '"\\/bfnrtu' else f"\\\\{found[1]}"


# ------------------------------------------------------------------ records
def place(name: str, key: str | int) -> str:
    """Where a record stands, as people count."""
    return f"{name}, {key + 1}" if isinstance(key, int) else name


def taken(read: Callable[[Any, str], Sequence[Entry]], record: Any, at: str) -> Sequence[Entry]:
    """What a record says, by ``read(record, place)``. One that does not hold what it has to is skipped."""
    if isinstance(record, Broken):
        return [Skipped(Skip.UNREADABLE, at, record.what)]
    try:
        return read(record, at)
    except (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError):
        return [Skipped(Skip.UNREADABLE, at, json.dumps(record, ensure_ascii=False)[:_SHOWN])]


def words(value: Any) -> str:
    """The value if it is text; else it says nothing."""
    return value if isinstance(value, str) else ""


def several(value: Any) -> list[Any]:
    """The value if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def fields(value: Any) -> dict[str, Any]:
    """The value if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}
