"""What every importer has to do. Each registered one goes through this with the exports in ``histories/<its key>``.

A case is a folder: ``export/`` holds what was handed in (one file, or a folder of them), ``expected.json`` what is in
it: ``chats`` and, for each, its ``entries`` in order. Times without a zone are in ``zone``. ``overlaps``: messages
occur twice in it, under one id. ``inferred``: dates or names are told by the whole file, so a part may tell others.
"""

import gzip
import json
import random
import shutil
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qunce.chat.types import Content, MemberJoined, MemberLeft, MessageReceived
from qunce.insights.importer import Importer, Source, Unreadable, importers, recognised
from qunce.insights.types import Reading, Skip, Skipped

HISTORIES = Path(__file__).parent / "histories"
TEXT = {".txt", ".log", ".csv", ".weechatlog"}
CUTS = 120
"""At how many places a file is cut; small files at every byte."""
LONG = 1_000_000


class Case:
    """One export and what is in it."""

    def __init__(self, folder):
        self.key = folder.parent.name
        self.importer = importers[self.key]()
        self.export = folder / "export"
        self.files = sorted(path for path in self.export.rglob("*") if path.is_file())
        self.expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
        self.zone = ZoneInfo(self.expected["zone"]) if "zone" in self.expected else UTC
        day = self.expected.get("day")
        self.reading = Reading(
            zone=self.zone,
            columns=self.expected.get("columns", {}),
            day=datetime.fromisoformat(day) if day else None,
        )

    @property
    def path(self):
        """What is handed in."""
        alone = len(self.files) == 1 and self.files[0].parent == self.export
        return self.files[0] if alone else self.export

    def read(self, path):
        """Everything in a copy of it, by chat."""
        source = Source(path)
        return {
            chat.key: list(self.importer.read(source, chat.key, self.reading))
            for chat in self.importer.chats(source, self.reading)
        }

    def copy(self, folder):
        """The same export elsewhere; its path, and the paths of its files."""
        if self.path.is_file():
            copy = Path(shutil.copy(self.path, folder / self.path.name))
            return copy, [copy]
        copy = shutil.copytree(self.path, folder / self.path.name)
        return copy, [copy / path.relative_to(self.path) for path in self.files]

    def plain(self, entry):
        """An entry as expected.json writes it."""
        match entry:
            case MessageReceived():
                who = entry.sender
                return ["said", entry.sent_at, who.external_id, who.name, entry.text, entry.reply_to, who.is_bot]
            case MemberJoined() | MemberLeft():
                word = "joined" if isinstance(entry, MemberJoined) else "left"
                return [word, entry.at, entry.member.external_id, entry.member.name]
            case Skipped():
                return ["skipped", str(entry.reason), entry.place]

    def awaited(self, entry):
        """An entry of expected.json, its time made aware."""
        if entry[0] == "skipped" or entry[1] is None:
            return entry
        at = datetime.fromisoformat(entry[1])
        return [entry[0], at if at.tzinfo else at.replace(tzinfo=self.zone), *entry[2:]]


FOLDERS = sorted(path.parent for path in HISTORIES.glob("*/*/expected.json"))
every_importer = pytest.mark.parametrize("key", sorted(importers))


@pytest.fixture(params=FOLDERS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def case(request):
    return Case(request.param)


def said(read):
    return [entry for entries in read.values() for entry in entries if isinstance(entry, MessageReceived)]


# ------------------------------------------------------------------ what it says of itself
@every_importer
def test_has_fixtures(key):
    assert sum(folder.parent.name == key for folder in FOLDERS) >= 1, f"tests/insights/histories/{key} has no case"


def test_there_are_no_fixtures_of_nobody():
    assert {folder.parent.name for folder in FOLDERS} <= set(importers)


@every_importer
def test_declares_what_it_is(key):
    kind = importers[key]
    assert kind.title
    assert kind.platform == kind.platform.lower()
    assert kind.platform
    assert issubclass(kind, Importer)


# ------------------------------------------------------------------ recognising
def test_is_recognised_by_this_importer_alone(case, tmp_path):
    found = recognised(Source(case.path))
    assert found[0] == case.key, found
    assert [key for key in found if not importers[key].generic or key == case.key] == [case.key]
    copy, _files = case.copy(tmp_path)
    renamed = copy.rename(tmp_path / "no name that tells anything")
    assert recognised(Source(renamed)) == found


@every_importer
def test_nothing_else_is_recognised(key, tmp_path):
    texts = {
        "letter.txt": "Dear all,\n\nwe meet at 12:30 - bring a friend: the more the merrier.\n\nYours, Ann\n",
        "page.html": "<!DOCTYPE html><html><body><p>12:30 hello</p></body></html>",
        "some.json": '{"name": "qunce", "version": 3, "parts": [1, 2, 3]}',
        "bytes.bin": random.Random(5).randbytes(5000),
        "empty": "",
    }
    for name, text in texts.items():
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        assert not importers[key]().recognises(Source(path)), name


# ------------------------------------------------------------------ reading
def test_reads_chats_and_entries_exactly(case):
    source = Source(case.path)
    chats = [{"key": chat.key, "name": chat.name} for chat in case.importer.chats(source, case.reading)]
    assert chats == case.expected["chats"]
    read = case.read(case.path)
    for key, entries in case.expected["entries"].items():
        assert [case.plain(entry) for entry in read[key]] == [case.awaited(entry) for entry in entries], key
    assert set(read) == set(case.expected["entries"])


def test_entries_are_whole(case):
    for key, entries in case.read(case.path).items():
        for entry in entries:
            match entry:
                case MessageReceived():
                    assert entry.group == key
                    assert entry.external_id
                    assert entry.sent_at.tzinfo
                    assert entry.sender.external_id
                    assert entry.text.strip() or entry.parts
                    assert entry.parts is None or entry.text == Content(entry.parts).plain
                case MemberJoined() | MemberLeft():
                    assert entry.group == key
                    assert entry.at is None or entry.at.tzinfo
                    assert entry.member.external_id
                case Skipped():
                    assert isinstance(entry.reason, Skip)
                    assert entry.place


def test_reads_the_same_twice_and_from_a_zip(case, tmp_path):
    first = case.read(case.path)
    assert case.read(case.path) == first
    packed = tmp_path / f"{case.path.stem}.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for path in case.files:
            file.write(path, path.relative_to(case.export))
    assert case.read(packed) == first
    assert recognised(Source(packed)) == recognised(Source(case.path))


def test_reads_the_same_gzipped(case, tmp_path):
    if not case.path.is_file():
        pytest.skip("several files")
    packed = tmp_path / f"{case.path.name}.gz"
    packed.write_bytes(gzip.compress(case.path.read_bytes()))
    assert case.read(packed) == case.read(case.path)
    assert recognised(Source(packed)) == recognised(Source(case.path))


def test_ids_are_unique(case):
    for entries in case.read(case.path).values():
        seen = {}
        for entry in entries:
            if isinstance(entry, MessageReceived):
                before = seen.setdefault((entry.external_id, entry.sent_at), entry)
                if before is not entry:
                    assert case.expected.get("overlaps"), entry
                    assert before == entry


# ------------------------------------------------------------------ what is written in other ways
@pytest.mark.parametrize("way", ["crlf", "bom", "utf-16", "gb18030"])
def test_reads_text_however_it_is_written(case, tmp_path, way):
    path, files = case.copy(tmp_path)
    files = [file for file in files if file.suffix in TEXT]
    if not files:
        pytest.skip("no text")
    for file in files:
        try:
            text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            pytest.skip("the case is about another encoding")
        match way:
            case "crlf":
                file.write_bytes(text.replace("\n", "\r\n").encode())
            case "bom":
                file.write_bytes(text.encode("utf-8-sig"))
            case _:
                file.write_bytes(text.encode(way, "replace"))
    if way == "gb18030" and all(file.read_bytes().isascii() for file in files):
        pytest.skip("says nothing in Chinese")
    assert case.read(path) == case.read(case.path)


# ------------------------------------------------------------------ broken exports
def attempt(case, path):
    """What can be read of a broken export: its messages, or nothing, with a clear sentence."""
    try:
        case.importer.recognises(Source(path))
        return said(case.read(path))
    except ValueError as error:
        assert_clear(error)
        return []


def assert_clear(error):
    sentence = str(error)
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    assert type(error) is Unreadable, "a sentence of a library"
    assert error.sentence % error.values
    assert error.fix


def test_a_cut_off_export_invents_nothing(case, tmp_path):
    whole = said(case.read(case.path))
    path, files = case.copy(tmp_path)
    inferred = case.expected.get("inferred", False)

    def known(entry):
        text = entry.text.rstrip("\ufffd").strip()
        return (
            (f"{entry.sender.external_id}: {text}",) if inferred else (entry.sent_at, entry.sender.external_id, text)
        )

    truth = Counter(known(entry) for entry in whole)
    for file in files:
        content = file.read_bytes()
        step = max(1, len(content) * len(files) // CUTS)
        for cut in range(0, len(content), step):
            file.write_bytes(content[:cut])
            extra = list((Counter(known(entry) for entry in attempt(case, path)) - truth).elements())
            assert len(extra) <= 1, (cut, extra)
            torn = "".join(content[:cut].decode(errors="ignore").splitlines()[-1:]).strip()
            for entry in extra:  # the last one, cut off, or with the torn beginning of the next line beneath it
                speaker = entry[-2] if len(entry) > 1 else entry[0].split(": ")[0]
                assert torn.endswith(entry[-1].split("\n")[-1].split(": ")[-1]) or any(
                    (inferred or each[0] == entry[0]) and each[0 if inferred else 1].startswith(speaker)
                    for each in truth
                ), (cut, entry)
        file.write_bytes(content)


def test_rubbish_in_between_breaks_nothing(case, tmp_path):
    path, files = case.copy(tmp_path)
    chance = random.Random(7)
    for file in files:
        content = file.read_bytes()
        for size in (1, 3, 200, 5000):
            for _ in range(6):
                at = chance.randrange(len(content) + 1)
                file.write_bytes(content[:at] + chance.randbytes(size) + content[at:])
                attempt(case, path)
            recognised(Source(path))
        file.write_bytes(content)


def test_a_very_long_line_breaks_nothing(case, tmp_path):
    path, files = case.copy(tmp_path)
    file = max(files, key=lambda each: each.stat().st_size)
    content = file.read_bytes()
    whole = len(said(case.read(case.path)))
    for filler in (b"x", b'"', b"[", "是".encode()):
        file.write_bytes(content + b"\n" + filler * LONG)
        assert len(attempt(case, path)) <= whole
    file.write_bytes(content)


@every_importer
@pytest.mark.parametrize("content", [b"", b"\n\n  \n", b"\xef\xbb\xbf", b"{}", b"[]", b"null"])
def test_an_empty_export_says_so_in_one_sentence(key, content, tmp_path):
    path = tmp_path / "empty.txt"
    path.write_bytes(content)
    assert not importers[key]().recognises(Source(path))
    with pytest.raises(ValueError) as raised:
        importers[key]().chats(Source(path), Reading())
    assert_clear(raised.value)


@every_importer
def test_an_empty_folder_says_so_in_one_sentence(key, tmp_path):
    assert not importers[key]().recognises(Source(tmp_path))
    with pytest.raises(ValueError) as raised:
        importers[key]().chats(Source(tmp_path), Reading())
    assert_clear(raised.value)
