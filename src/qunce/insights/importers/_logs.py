"""What formats of text lines have in common: each file holds one chat, and several files may be parts of one."""

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence

from qunce.chat.connector import gettext_noop
from qunce.chat.types import Sender
from qunce.insights.importer import EXPORT_AGAIN, HEAD, Importer, Source, Unreadable
from qunce.insights.types import Chat, Entry, Reading

LINES = 200
"""So many lines of a file show what it is."""
_PICTURES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|heic|bmp|svg|mp4|mov|webm|mkv|avi|3gp|mp3|ogg|oga|opus|wav|m4a|aac|amr|silk|pdf|docx?|xlsx?"
    r"|pptx?|zip|rar|7z|gz|apk|exe|vcf|dat|db|css|js)$",
    re.IGNORECASE,
)
_COPY = re.compile(r"\s*\(\d+\)$")


class Texts(Importer):
    """A format whose files are recognised by their first lines; each is called after the chat it holds."""

    @abstractmethod
    def fits(self, lines: Sequence[str]) -> bool:
        """Whether a file that begins with these lines is of this format."""

    def chat(self, source: Source, name: str) -> Chat:  # noqa: ARG002 (some names say too little)
        """The chat that a file holds; by default it is called as the file."""
        called = _COPY.sub("", stem(name))
        return Chat(called, called)

    def recognises(self, source: Source) -> bool:
        """Whether there is a file of this format."""
        return any(self.fits(beginning(source, name)) for name in readable(source))

    def chats(self, source: Source, reading: Reading) -> Sequence[Chat]:  # noqa: ARG002 (only some need to know)
        """One for each name that files are called by."""
        found = {chat.key: chat for _name, chat in self.files(source)}
        if not found:
            raise nothing(source, self.title)
        return list(found.values())

    def files(self, source: Source) -> Iterator[tuple[str, Chat]]:
        """The files of this format, in order, each with its chat."""
        for name in readable(source):
            if self.fits(beginning(source, name)):
                yield name, self.chat(source, name)


class Log(Texts):
    """A format whose files hold one chat each."""

    @abstractmethod
    def lines(self, source: Source, name: str, chat: str, reading: Reading) -> Iterator[Entry]:
        """What one file says of one chat."""

    def read(self, source: Source, chat: str, reading: Reading) -> Iterator[Entry]:
        """The files of that chat, one after the other."""
        for name, held in self.files(source):
            if held.key == chat:
                yield from self.lines(source, name, chat, reading)


def readable(source: Source) -> Iterator[str]:
    """The files that may hold text: exports come with thousands of pictures, which are not looked into."""
    return (name for name in source.names if not _PICTURES.search(name))


def stem(name: str) -> str:
    """The last part of a file's name, without its ending."""
    last = name.rsplit("/", 1)[-1]
    return last.rsplit(".", 1)[0] if "." in last.strip(".") else last


def beginning(source: Source, name: str) -> list[str]:
    """The first lines of a file that have something on them, whole."""
    head = source.head(name)
    lines = head.decode(source.encoding(name), "replace").splitlines()
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:LINES]


def nothing(source: Source, title: str) -> Unreadable:
    """What is said of a source that holds nothing of a format."""
    if not any(source.size(name) for name in readable(source)):
        return Unreadable(gettext_noop("There is nothing in %(file)s."), EXPORT_AGAIN, file=source.path.name)
    return Unreadable(
        gettext_noop("Nothing in %(file)s can be read as %(format)s."),
        gettext_noop("Choose another format, or export it once more."),
        file=source.path.name,
        format=title,
    )


def placed(source: Source, name: str) -> Callable[[int], str]:
    """Says where a line stands, by its number."""
    beside = f"{name}, " if len(source.names) > 1 else ""
    return lambda number: f"{beside}line {number}"


class People(dict[str, Sender]):
    """Everybody who has a name and nothing else, once: names are ids."""

    def __missing__(self, name: str) -> Sender:
        found = self[name] = Sender(name, name)
        return found
