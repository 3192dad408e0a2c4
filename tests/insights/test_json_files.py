"""Records of JSON files: all that is whole, one note where it ends too early, and never one that is not there."""

import json
import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qunce.insights.importer import Source
from qunce.insights.importers import _json
from qunce.insights.importers._json import Broken, walk

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
records = st.lists(st.dictionaries(st.text(max_size=6), values, min_size=1, max_size=4), max_size=6)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(_json, "_CHUNK", 5)


def read(folder, content, *opened):
    path = folder / "some.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(walk(Source(path), "some.json", opened))


@settings(max_examples=40, deadline=None)
@given(found=records, indent=st.sampled_from([None, 1]), escaped=st.booleans())
def test_every_value_is_found_however_the_file_is_read(tmp_path_factory, found, indent, escaped):
    folder = tmp_path_factory.getbasetemp()
    text = json.dumps({"name": "x", "messages": found, "last": 12345678}, indent=indent, ensure_ascii=escaped)
    with pytest.MonkeyPatch.context() as patch:
        for chunk in (1, 3, 1 << 18):
            patch.setattr(_json, "_CHUNK", chunk)
            content = text.encode("utf-8", "surrogatepass")
            if content.decode("utf-8", "replace") != text:
                return
            got = read(folder, content, "messages")
            assert [value for where, _key, value in got if where == ("messages",)] == found
            assert [(key, value) for where, key, value in got if not where] == [("name", "x"), ("last", 12345678)]


@settings(max_examples=40, deadline=None)
@given(found=records, cut=st.integers(1, 400))
def test_a_cut_off_file_gives_what_was_whole_and_one_note(tmp_path_factory, found, cut):
    text = json.dumps({"messages": found}, ensure_ascii=True)
    content = text[:-cut] if cut < len(text) else "{"
    *whole, (where, key, last) = read(tmp_path_factory.getbasetemp(), content, "messages")
    kept = [value for where, _key, value in whole if where == ("messages",)]
    assert kept == found[: len(kept)]
    assert isinstance(last, Broken)
    assert where != ("messages",) or key == len(kept)


@settings(max_examples=40, deadline=None)
@given(found=records, at=st.integers(0, 300), rubbish=st.binary(min_size=1, max_size=6))
def test_rubbish_in_between_never_stops_the_program(tmp_path_factory, found, at, rubbish):
    content = json.dumps([{"messages": found}, *found]).encode()
    read(tmp_path_factory.getbasetemp(), content[:at] + rubbish + content[at:], "*.messages")


@pytest.mark.usefixtures("small_chunks")
def test_a_broken_record_costs_itself_alone(tmp_path):
    content = '{"messages": [{"id": 1}, {"id": 2, "text": "a"b"}, {"id": 3, x}, {"id": 4}, rubbish, {"id": 5}]}'
    got = [value for _where, _key, value in read(tmp_path, content, "messages")]
    assert [value["id"] if isinstance(value, dict) else "broken" for value in got] == [
        1,
        "broken",
        "broken",
        4,
        "broken",
        5,
    ]


def test_escapes_that_json_does_not_know_are_put_right(tmp_path):
    got = read(tmp_path, r'[{"text": "one\x0Btwo \\x0B"}, {"text": "C:\docs"}]')
    assert [value["text"] for _where, _key, value in got] == ["one\x0btwo \\x0B", "C:\\docs"]


def test_ways_lead_into_each_of_several(tmp_path):
    content = {"chats": {"about": "", "list": [{"id": 1, "messages": [1, 2]}, {"messages": [3], "id": 2}]}}
    got = read(tmp_path, json.dumps(content), "chats.list.*.messages")
    assert got == [
        (("chats",), "about", ""),
        (("chats", "list", 0), "id", 1),
        (("chats", "list", 0, "messages"), 0, 1),
        (("chats", "list", 0, "messages"), 1, 2),
        (("chats", "list", 1, "messages"), 0, 3),
        (("chats", "list", 1), "id", 2),
    ]


@pytest.mark.parametrize("content", ["", "   ", "hello", '"', "12", "\ufeff"])
def test_what_is_no_json_is_one_note(tmp_path, content):
    [(_where, _key, value)] = read(tmp_path, content)
    assert isinstance(value, Broken)


def test_a_line_of_twenty_megabytes_and_brackets_without_end(tmp_path):
    long = json.dumps({"messages": [{"text": "字" * 7_000_000}, {"text": "b"}]}, ensure_ascii=False)
    got = read(tmp_path, long, "messages")
    assert [len(value["text"]) for _where, _key, value in got] == [7_000_000, 1]
    got = read(tmp_path, '[{"a": 1}, ' + "[" * 200_000)
    assert [type(value) for _where, _key, value in got] == [dict, Broken]
    got = read(tmp_path, '[{"a": ' + "9" * 5000 + '}, {"b": 2}]')
    assert [type(value) for _where, _key, value in got] == [Broken, dict]


def test_utf_16_and_broken_bytes(tmp_path):
    assert read(tmp_path, '[{"a": "群"}]'.encode("utf-16")) == [((), 0, {"a": "群"})]
    assert read(tmp_path, '[{"a": "群'.encode() + b'\xff"}]') == [((), 0, {"a": "群\ufffd"})]


def test_memory_does_not_grow_with_the_file(tmp_path):
    chance = random.Random(1)
    path = tmp_path / "big.json"
    with path.open("w") as file:
        file.write('{"messages": [')
        for number in range(60_000):
            file.write(("," if number else "") + json.dumps({"id": number, "text": "x" * chance.randrange(200)}))
        file.write("]}")
    tracemalloc.start()
    try:
        assert sum(1 for _ in walk(Source(path), "big.json", ("messages",))) == 60_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()
