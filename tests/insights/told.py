"""A format for tests: one record a line, as JSON, of everything that a history can tell; and histories made of it."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from qunce.chat.types import MemberJoined, MemberLeft, MessageReceived, Sender
from qunce.insights.importer import Importer, Source, importers
from qunce.insights.types import Chat, Skip, Skipped

BEGIN = datetime(2024, 3, 1, 8, tzinfo=UTC)


class Told(Importer):
    """Lines of ``[kind, minute, id, name, …]``; what cannot be read is skipped."""

    key = "told"
    title = "Told (tests)"
    platform = "told"

    def recognises(self, source):
        return any(source.head(name).startswith(b'["chat"') for name in source.names)

    def chats(self, source, reading):
        found = [json.loads(next(iter(source.lines(name)))) for name in source.names]
        return [Chat(key, called, size) for _chat, key, called, size in found]

    def read(self, source, chat, reading):
        for name in source.names:
            lines = source.lines(name)
            if json.loads(next(lines))[1] == chat:
                for number, line in enumerate(lines, 2):
                    yield self.entry(chat, line, f"line {number}")

    def entry(self, chat, line, place):
        try:
            kind, minute, key, name, *more = json.loads(line)
        except ValueError:
            return Skipped(Skip.UNREADABLE, place, line[:20])
        at = BEGIN + timedelta(minutes=minute)
        sender = Sender(key, name, is_bot=key.startswith("bot"))
        match kind:
            case "said":
                text, number = more
                return MessageReceived(chat, f"m{number}", at, sender, text)
            case "joined":
                return MemberJoined(chat, sender, at)
            case "left":
                return MemberLeft(chat, sender, at)
        return Skipped(Skip.SERVICE, place, name)


class Named(Told):
    """The same where people have names alone."""

    key = "named"
    title = "Named (tests)"
    platform = "named"
    by_name = True
    local_time = True

    def recognises(self, source):
        return False


@contextmanager
def installed():
    """The formats beside the built-in ones."""
    kinds = importers._load()
    kinds |= {"told": Told, "named": Named}
    try:
        yield
    finally:
        del kinds["told"], kinds["named"]


def written(folder, lines, *, name="history.jsonl", key="c1", called="老群"):
    """A history in a file: each line a list, or text that is no record."""
    head = ["chat", key, called, len(lines)]
    path = folder / name
    rows = [json.dumps(head), *(line if isinstance(line, str) else json.dumps(line) for line in lines)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Source(path)


def said(minute, key, text, number, name=""):
    return ["said", minute, key, name or f"人{key}", text, number]
