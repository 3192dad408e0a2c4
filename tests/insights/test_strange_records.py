"""Whatever a record of JSON holds in the place of what it should: it is read or skipped, and what is read is whole."""

import json
import random
import shutil
from pathlib import Path

import pytest

from qunce.chat.types import Content, MemberJoined, MemberLeft, MessageReceived
from qunce.insights.importer import Source, importers
from qunce.insights.types import Reading, Skipped

HISTORIES = Path(__file__).parent / "histories"
CASES = [
    f"{key}/{case.name}"
    for key in ("telegram", "discord_json", "slack", "matrix", "zulip")
    for case in sorted((HISTORIES / key).iterdir())
]
STRANGE = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    1e308,
    "",
    " ",
    "x",
    "\x00",
    "\ud800",
    [],
    [None],
    [[1]],
    ["x"],
    {},
    {"id": None},
    {"a": [{}]},
]
TIMES = 40


def places(value, way=()):
    """Every place in a value, innermost last."""
    yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places(each, (*way, key))


def changed(value, way, new):
    if not way:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = changed(value[way[0]], way[1:], new)
    return copy


def documents(path):
    """A file's JSON, one document, or one in a line."""
    text = path.read_text()
    try:
        return [json.loads(text)], "\n"
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")], "\n"


@pytest.mark.parametrize("case", CASES)
def test_strange_values_are_survived(case, tmp_path):
    importer = importers[case.partition("/")[0]]()
    folder = shutil.copytree(HISTORIES / case / "export", tmp_path / "export")
    chance = random.Random(case)
    for file in [path for path in folder.rglob("*") if path.is_file()]:
        kept = file.read_text()
        found, between = documents(file)
        ways = [(at, way) for at, document in enumerate(found) for way in places(document)]
        for _ in range(TIMES):
            at, way = chance.choice(ways)
            new = chance.choice(STRANGE)
            written = [
                changed(document, way, new) if at == number else document for number, document in enumerate(found)
            ]
            file.write_text(between.join(json.dumps(document) for document in written))
            attempt(importer, Source(folder), f"{new!r} at {way} of {file.name}")
        file.write_text(kept)


def attempt(importer, source, what):
    try:
        chats = importer.chats(source, Reading())
    except ValueError:
        return
    for chat in chats:
        assert all(isinstance(each, str) and each for each in (chat.key, chat.name)), what
        for entry in importer.read(source, chat.key, Reading()):
            assert whole(entry, chat.key), (what, entry)


def whole(entry, chat):
    match entry:
        case MessageReceived():
            said = entry.text.strip() or entry.parts
            plain = entry.parts is None or entry.text == Content(entry.parts).plain
            ids = (entry.external_id, entry.sender.external_id, entry.sender.name, entry.text, entry.reply_to or "")
            told = all(isinstance(each, str) for each in ids) and entry.external_id and entry.sender.external_id
            return bool(said and plain and told and entry.sent_at.tzinfo and entry.group == chat)
        case MemberJoined() | MemberLeft():
            named = isinstance(entry.member.external_id, str) and isinstance(entry.member.name, str)
            return bool(entry.member.external_id and named and entry.at and entry.at.tzinfo)
        case Skipped():
            return bool(entry.place) and isinstance(entry.what, str)
    return False
