"""The interface of an importer: one format of chat histories. One file per format in ``insights/importers/``.

An importer reads files and speaks the chat vocabulary: neither Django nor the database. It streams: a file of
a million messages takes no more memory than one of a thousand. It never gives up over one record: what cannot be
read is a `Skipped`, and the same file gives the same entries, in the same order, every time.
"""

import gzip
import io
import zlib
from abc import ABC, abstractmethod
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, ClassVar, cast
from zipfile import BadZipFile, ZipFile

from qunce.chat.connector import gettext_noop
from qunce.insights.types import Chat, Entry, Reading
from qunce.kernel.registry import Registry

HEAD = 65_536
_BLOCK = 65_536
"""Characters of text lines that are read at once."""
_TAIL = 4  # bytes of a character that the head may cut through
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_LOCKED = 1  # the bit of a file in a zip that needs a password
_SWELLS, _LARGE = 200, 1 << 28
"""Times its size, and from how many bytes on, a packed file unpacks to more than any chat does."""


EXPORT_AGAIN = gettext_noop("Export it once more.")


class Unreadable(ValueError):
    """Something that cannot be read: a sentence, and what to do about it, marked with `gettext_noop`.

    Whoever shows it translates both and fills the values in.
    """

    def __init__(self, sentence: str, fix: str = "", **values: str) -> None:
        super().__init__(" ".join(filter(None, (sentence % values, fix % values))))
        self.sentence, self.fix, self.values = sentence, fix, values


class Source:
    """An export as it was handed in: a file (gzipped perhaps), a folder, or a zip of one. Names have ``/``.

    Raises Unreadable where there is nothing that can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: ZipFile | None = None
        if not path.exists():
            raise Unreadable(
                gettext_noop("There is no file %(file)s."),
                gettext_noop("Look at its name once more."),
                file=str(path),
            )
        self._begins = _beginning(path) if path.is_file() else b""
        if self._begins == _ZIP or (path.is_file() and path.suffix.lower() == ".zip"):
            try:
                self._zip = ZipFile(path)
            except BadZipFile:
                raise self._damaged(path.name) from None
            for info in self._zip.infolist():
                if info.file_size > max(_LARGE, info.compress_size * _SWELLS):
                    raise Unreadable(
                        gettext_noop("%(file)s says that it holds far more than such a file can."),
                        gettext_noop("Unpack it, and pack only the chat."),
                        file=path.name,
                    )
            if any(info.flag_bits & _LOCKED for info in self._zip.infolist()):
                raise Unreadable(
                    gettext_noop("%(file)s is locked with a password."),
                    gettext_noop("Unpack it, and pack it again without one."),
                    file=path.name,
                )

    @property
    def name(self) -> str:
        """What the file or folder is called, without its ending."""
        return self.path.name if self.path.is_dir() else Path(self.path.name.removesuffix(".gz")).stem

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The files in it, in order; a single file is called as it is."""
        if self._zip is not None:
            found = [info.filename for info in self._zip.infolist() if not info.is_dir()]
        elif self.path.is_dir():
            found = [file.relative_to(self.path).as_posix() for file in self.path.rglob("*") if file.is_file()]
        else:
            found = [self.path.name.removesuffix(".gz") if self._is_gzip else self.path.name]
        return tuple(sorted(name for name in found if not name.startswith("__MACOSX/")))

    def size(self, name: str) -> int:
        """How many bytes a file has, unpacked; of one that is gzipped, packed."""
        return self._zip.getinfo(name).file_size if self._zip is not None else self._file(name).stat().st_size

    def open(self, name: str) -> IO[bytes]:
        """A file's bytes, to be read once, from the beginning."""
        if self._zip is not None:
            return self._zip.open(name)
        if self._is_gzip:
            return cast("IO[bytes]", gzip.open(self.path))
        return self._file(name).open("rb")

    def head(self, name: str) -> bytes:
        """The first kilobytes of a file: enough to recognise a format by."""
        with self._told(name), self.open(name) as file:
            return file.read(HEAD)

    def encoding(self, name: str) -> str:
        """UTF-8, UTF-16 or GB 18030, by a file's first kilobytes; UTF-8 where single bytes are broken."""
        head = self.head(name)
        if head.startswith(BOM_UTF8):
            return "utf-8-sig"
        if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return "utf-16"
        whole = head[: -_TAIL or None] if len(head) == HEAD else head
        for encoding in ("utf-8", "gb18030"):
            try:
                whole.decode(encoding)
            except UnicodeDecodeError as error:
                if error.start >= len(whole) - _TAIL:
                    return encoding
            else:
                return encoding
        return "utf-8"

    def lines(self, name: str) -> Iterator[str]:
        """A text file line by line, without line ends; what cannot be decoded becomes U+FFFD."""
        with (
            self._told(name),
            io.TextIOWrapper(self.open(name), encoding=self.encoding(name), errors="replace") as file,
        ):
            while block := file.readlines(_BLOCK):
                yield from [line.rstrip("\n") for line in block]

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """A packed file that is damaged is told of in a sentence."""
        try:
            yield
        except (BadZipFile, EOFError, NotImplementedError, gzip.BadGzipFile, zlib.error):
            raise self._damaged(name) from None

    @staticmethod
    def _damaged(name: str) -> Unreadable:
        return Unreadable(
            gettext_noop("%(file)s is not complete, or damaged."),
            gettext_noop("Export or copy it once more."),
            file=name,
        )

    @property
    def _is_gzip(self) -> bool:
        return self._begins.startswith(_GZIP)

    def _file(self, name: str) -> Path:
        return self.path / name if self.path.is_dir() else self.path


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(_ZIP))


class Importer(ABC):
    """One format."""

    key: ClassVar[str]
    title: ClassVar[str]
    """As people know it, with the program that writes it: ``Telegram Desktop (JSON)``."""
    platform: ClassVar[str]
    """The platform that was spoken on. Where a connector has this key, ids are the connector's, so that a history
    and what is heard live are the same people and the same messages."""
    by_name: ClassVar[bool] = False
    """People have no ids here: `Sender.external_id` is the name as written."""
    local_time: ClassVar[bool] = False
    """Times are written without a zone: `Reading.zone` says in which they are."""
    own_ids: ClassVar[bool] = False
    """Messages have the platform's own ids here, as a connector has them too; else what is here already is told by
    when, who and what."""
    coarse: ClassVar[bool] = False
    """Times may be written to the minute."""
    generic: ClassVar[bool] = False
    """Reads whatever has this shape; asked last, after the formats that know what they read."""

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether this is the format, by the content of the first kilobytes; never by the file's name alone."""

    def columns(self, source: Source) -> Mapping[str, str]:  # noqa: ARG002 (tables answer)
        """For tables: the columns there are, each with what it seems to hold (as in `Reading.columns`) or nothing."""
        return {}

    @abstractmethod
    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:
        """The chats in it. Raises Unreadable where nothing can be read at all."""

    @abstractmethod
    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """What one chat holds, in the file's order.

        `MessageReceived.external_id` is the format's own id; where it has none, it is made of time, sender, text and
        the how-manieth of the same it is, so that overlapping files and a second import give the same ids.
        """


importers: Registry[Importer] = Registry(Importer, "importers")  # type: ignore[type-abstract]


def recognised(source: Source) -> list[str]:
    """The formats that this is, by key: those that know what they read before those that read any table."""
    found = [key for key, kind in importers.items() if kind().recognises(source)]
    return sorted(found, key=lambda key: (importers[key].generic, key))
