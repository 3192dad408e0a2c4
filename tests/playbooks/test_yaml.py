"""Playbooks as texts: what they say, what is wrong in which line, comments that stay, what is different."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qunce.playbooks.policies.comparing import ChangeKind, compared
from qunce.playbooks.policies.writing import written
from qunce.playbooks.policies.yaml import LONGEST, BadYamlError, Vocabulary, lines, read
from qunce.playbooks.step import steps
from qunce.playbooks.types import Audience, Document, Late, StepSpec, When

TEXT = """\
# How we welcome people.
key: welcome   # its name
title: {zh: 新人七日, en: Seven days}
audience: member
start: {on: joined}
late: skip
late after: 90m
plan: {takes_part: 0.5, effort_minutes: 3, first_gain_days: 1}
variables:
  host: {label: {zh: 主持人, en: Host}, default: 群主}
steps:
  - id: hello
    do: send
    text: {zh: "欢迎 {member}！", en: "Welcome {member}!"}   # warm

  # Then ask
  - id: ask
    when: day 1 20:00
    do: ask
    text: |
      How are
      you?
    for: 48h
    answered:
      - {id: thanks, do: send, text: Thanks}
    silent:
      # politely
      - id: nudge
        when: 24h
        do: send
        text: Still there?
  # At last
  - id: vip
    when: day 7 20:00
    only if: [{tag: 核心}, weekend]
    do: tag
    add: [老成员]
"""


def changed(document: Document, **fields) -> Document:
    return Document.model_validate(document.model_dump() | fields)


def test_a_text_is_read():
    document = read(TEXT)
    assert document.audience == Audience.MEMBER
    assert document.late == Late.SKIP
    assert document.late_after.total_seconds() == 5400
    assert [step.id for step in document.walk()] == ["hello", "ask", "thanks", "nudge", "vip"]
    ask = document.steps[1]
    assert ask.when == When(day=1, at=ask.when.at)
    assert ask.with_ == {"text": "How are\nyou?\n", "for": "48h"}
    assert list(ask.paths) == ["answered", "silent"]
    assert document.steps[2].only_if == (("tag", {"tag": "核心"}), ("weekend", {}))
    assert lines(TEXT)["vip"] == 33


def test_the_kinds_say_which_fields_are_paths_and_what_a_bare_value_is():
    text = "key: kk\ntitle: T\nsteps:\n  - {id: a, do: ask, only if: [{silent: 14}], answered: []}\n"
    step = read(text, Vocabulary({"ask": ("answered",)}, {"silent": "days"})).steps[0]
    assert step.paths == {"answered": ()}
    assert step.only_if == (("silent", {"days": 14}),)


def test_no_kind_names_a_path_or_a_setting_as_every_step_names_something():
    for key, kind in steps.items():
        fields = {info.alias or name for name, info in kind.Config.model_fields.items()}
        assert not set(StepSpec.model_fields) & {*kind.paths, *fields}, key
        assert not set(kind.paths) & fields, key


def test_what_is_unchanged_stays_as_it_stands():
    document = read(TEXT)
    again = written(document, TEXT)
    assert read(again) == document
    before = [line for line in TEXT.splitlines() if "only if" not in line]
    assert [line for line in again.splitlines() if "only if" not in line] == before


def test_comments_stay_with_their_steps():
    document = read(TEXT)
    hello, ask, vip = document.steps
    shorter = ask.model_copy(update={"with_": {**ask.with_, "for": "24h"}})
    new = StepSpec(id="new", do="send", with_={"text": "Here I am"})
    after = document.model_copy(update={"steps": (vip, new, shorter), "late": Late.SEND})
    text = written(after, TEXT)
    assert read(text) == after
    assert "warm" not in text
    assert "late: send" in text
    for comment, step in (("# Then ask", "- id: ask"), ("# At last", "- id: vip"), ("# politely", "- id: nudge")):
        following = text.splitlines()[text.splitlines().index(next(x for x in text.splitlines() if comment in x)) + 1]
        assert step in following
    assert text.startswith("# How we welcome people.\nkey: welcome   # its name\n")
    assert hello.id not in text


def test_a_document_is_written_for_people():
    text = written(read(TEXT))
    assert "start: {on: joined}" in text
    assert "when: day 1 20:00" in text
    assert "{tag: 核心}" in text
    assert "text: |\n" in text
    assert read(text) == read(TEXT)


WORDS = st.one_of(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12),
    st.sampled_from(
        [
            "{member}",
            "- a",
            "yes",
            "null",
            "1",
            "2026-12-24",
            "a: b",
            "# no",
            " x ",
            "a\nb",
            "a \n\nb\n",
            "\n",
            "\x85",
            "\u2028",
            "\ufeff",
            "|",
            "'",
            '"',
        ]
    ),
)
STEPS = st.lists(
    st.builds(
        StepSpec,
        id=st.sampled_from([f"s{number}" for number in range(9)]),
        do=st.sampled_from(["send", "ask"]),
        with_=st.dictionaries(
            st.sampled_from(["text", "note"]),
            st.one_of(WORDS, st.integers(), st.lists(WORDS, min_size=1, max_size=2)),
        ),
        late=st.sampled_from([None, *Late]),
    ),
    max_size=4,
    unique_by=lambda step: step.id,
)
DOCUMENTS = st.builds(lambda title, steps: Document(key="some-key", title=title, steps=tuple(steps)), WORDS, STEPS)


@settings(max_examples=25, deadline=None)
@given(before=DOCUMENTS, after=DOCUMENTS)
def test_whatever_is_written_is_read_the_same(before, after):
    text = written(before)
    assert read(text) == before
    woven = written(after, text)
    assert read(woven) == after
    assert not compared(before, read(text))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("key: kk\nstpes: []\ntitle: T", 2, "Did you mean “steps”"),
        ("key: kk\n\ttitle: T", 2, "not with tabs"),
        ("key: kk\ntitle: T\nkey: b", 3, "twice"),
        ("key: &x kk\ntitle: *x", 1, "Anchors"),
        ("key: !!python/object:os.system kk", 1, "Tags"),
        ("key: !kk kk", 1, "Tags"),
        ("[" * 50_000, 1, "nested too deeply"),
        ("a" * (LONGEST + 1), 1, "too long"),
        ("key: kk\ntitle: T\n---\nkey: b", 3, "one playbook"),
        ("key: kk\ntitle: a: b", 2, "quotes"),
        ("key: kk\ntitle: {text}", 2, "quotes"),
        ("key: kk\ntitle: {zh: 好, en: Good, really}", 2, "comma needs quotes"),
        ("- a", 1, "begins with"),
        ("", 1, "begins with"),
        ("key: \x00", 1, "no text contains"),
        ("key: kk\ntitle: [1]", 2, "a text"),
        ("key: Kk K\ntitle: T", 1, "small letters"),
        ("key: kk\ntitle: T\nlate: never", 3, "none of"),
        ("key: kk\ntitle: T\nplan:\n  takes_part: 3", 4, "at most"),
        ("key: kk\ntitle: T\nplan:\n  takes_prat: 3", 4, "takes_part"),
        ("key: kk\ntitle: T\nsteps:\n  - id: a\n    do: send\n    when: day x", 6, "no moment"),
        ("key: kk\ntitle: T\nsteps:\n  - id: a\n    text: x", 4, "“do” is missing"),
        ("key: kk\ntitle: T\nsteps: send", 3, "a list"),
        ("key: kk\ntitle: T\nlate after: soon", 3, "length of time"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, line, says):
    with pytest.raises(BadYamlError) as caught:
        read(text)
    assert caught.value.problems[0].line == line
    assert says in str(caught.value)


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(BadYamlError) as caught:
        read("key: K K\nstpes: []\nlate: never\n")
    assert [problem.line for problem in caught.value.problems] == [1, 1, 2, 3]


def test_versions_are_compared_in_lines():
    before = read(TEXT)
    hello, ask, vip = before.steps
    other = hello.model_copy(update={"with_": {"text": {"zh": "欢迎 {member}！", "en": "Hello {member}!"}}})
    nudge = ask.paths["silent"][0]
    ask = ask.model_copy(update={"paths": {"answered": ask.paths["answered"]}, "when": When(day=2, at=ask.when.at)})
    new = StepSpec(id="new", do="send")
    after = changed(before, goal={"": "Warmth"}, variables={}, steps=(vip, other, ask, nudge, new))
    found = [(each.kind, each.step, each.params.get("name", "")) for each in compared(before, after)]
    assert found == [
        (ChangeKind.CHANGED, "", "goal "[:-1]),
        (ChangeKind.REMOVED, "", "host"),
        (ChangeKind.MOVED, "vip", ""),
        (ChangeKind.CHANGED, "hello", "text en"),
        (ChangeKind.CHANGED, "ask", "when"),
        (ChangeKind.MOVED, "nudge", ""),
        (ChangeKind.ADDED, "new", ""),
    ]
    text = next(each for each in compared(before, after) if each.step == "hello")
    assert (text.before, text.after) == ("Welcome {member}!", "Hello {member}!")
    assert [each.kind for each in compared(after, before) if each.step == "new"] == [ChangeKind.REMOVED]
