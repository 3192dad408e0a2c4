"""Drafts of write-ups: measured on a labelled session, and put together from messages of the pipeline."""

import pytest

from qunce.content.types import PassageFile, Role
from qunce.insights.policies.writeups import composed, is_chatter
from qunce.insights.types.writeups import Utterance
from tests.insights.write_up import LINES, SPEAKER, TOPIC

NAMES = {name: number for number, name in enumerate(dict.fromkeys(line[1] for line in LINES))}


def seconds(said):
    minute, second = said.split(":")
    return int(minute) * 60.0 + int(second)


def utterances(*, replies=True):
    return [
        Utterance(
            key=(f"2026-11-20T12:{at}+00:00", str(place)),
            at=seconds(at),
            identity_id=NAMES[name],
            name=name,
            text=text,
            reply_to=answers if replies and answers is not None else -1,
        )
        for place, (at, name, text, _label, answers) in enumerate(LINES)
    ]


def guessed(draft):
    """What the draft makes of each line: as the labels, questions by the line that they begin with."""
    questions = {each.id: each.messages[0][1] for each in draft.passages if each.role is Role.QUESTION}
    found = {}
    for each in draft.passages:
        for _at, place in each.messages:
            match each.role:
                case Role.TALK:
                    found[int(place)] = "T"
                case Role.ASIDE:
                    found[int(place)] = "X"
                case Role.QUESTION:
                    found[int(place)] = f"Q{questions[each.id]}"
                case Role.ANSWER:
                    found[int(place)] = f"A{questions[each.to]}"
    return found


def wanted():
    first = {}
    for place, line in enumerate(LINES):
        if line[3].startswith("Q"):
            first.setdefault(line[3][1:], place)
    return {
        place: label[0] + str(first[label[1:]]) if label[0] in "QA" else label
        for place, (*_said, label, _answers) in enumerate(LINES)
    }


def shares(found, right, kind):
    """Precision and recall of a kind of label."""
    ours = {place for place, label in found.items() if label[0] == kind}
    true = {place for place, label in right.items() if label[0] == kind}
    hits = {place for place in ours & true if found[place] == right[place]}
    return len(hits) / len(ours), len(hits) / len(true)


@pytest.mark.parametrize("replies", [True, False])
def test_it_is_as_good_as_it_is_said_to_be(replies):
    draft = composed(utterances(replies=replies), topic=TOPIC, known=[NAMES[SPEAKER]])
    found, right = guessed(draft), wanted()
    assert set(found) == set(right), "no message is lost, and none is there twice"
    wrong = [
        (LINES[place][2], right[place], label) for place, label in sorted(found.items()) if label != right[place]
    ]
    for kind, bound in (("T", 0.9), ("X", 0.9), ("Q", 0.9), ("A", 0.85 if replies else 0.75)):
        precision, recall = shares(found, right, kind)
        assert precision >= bound, (kind, precision, wrong)
        assert recall >= bound, (kind, recall, wrong)


def test_it_reads_as_it_was_said():
    draft = composed(utterances(), topic=TOPIC)
    kept = draft.kept
    assert [each.name for each in draft.people if each.speaks] == [SPEAKER], "whoever says most speaks"
    assert all(each.dropped for each in draft.passages if each.role is Role.ASIDE)
    first = kept[0]
    assert first.text.startswith("今天和大家聊聊")
    assert "\n" in first.text, "messages in a row are one paragraph"
    assert {"笔记"} <= set(draft.keywords)
    assert len(draft.points) == 3
    pairs = [(draft.of(each.to).text, each.text) for each in kept if each.role is Role.ANSWER]
    assert ("推荐一本讲写作的书可以吗？", "推荐《写出我心》，薄，练习多，适合刚开始写的人。") in pairs


def test_nothing_said_makes_nothing():
    assert composed([], topic="空").passages == ()


def test_a_picture_is_no_chatter():
    picture = PassageFile(kind="image", name="板书.png")
    assert not is_chatter(Utterance(("", ""), 0, 1, "周岚", "", (picture,)))
    assert is_chatter(Utterance(("", ""), 0, 1, "小鹿", "太棒了！！[强]"))
    assert not is_chatter(Utterance(("", ""), 0, 1, "小鹿", "收到的笔记怎么整理？"))
