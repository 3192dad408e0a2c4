"""Who may be whom in a history: proposals from names, nick changes and numbers; relays from the shape of lines."""

import itertools
import random
from datetime import UTC, datetime

import pytest

from qunce.chat.types import MessageReceived, Sender
from qunce.insights.policies.aliases import Called, proposals
from qunce.insights.policies.histories import Census, Taking, noted
from qunce.insights.policies.relays import unwrapped
from qunce.insights.types import AliasReason, Options, Skip, Skipped

AT = datetime(2024, 1, 1, tzinfo=UTC)


def of(*names):
    return [Called(name, name, count) for count, name in enumerate(names, 1)]


def pairs(found):
    return {(alias.person, alias.into, alias.reason) for alias in found}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amy", "amy_"),
        ("amy|away", "amy"),
        ("Amy", "amy`"),
        ("amy[afk]", "amy"),
        ("amy_away", "amy__"),
        ("小雨", "小雨(手机)"),
    ],
)
def test_a_tail_makes_nobody_else(one, other):
    assert {alias.reason for alias in proposals(of(one, other))} == {AliasReason.TAIL}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amy", "amanda"),
        ("guest1", "guest2"),
        ("guest_", "guest"),
        ("Ubuntu", "ubuntu_"),
        ("li", "lin"),
        ("team-a", "team-b"),
        ("a_", "a|away"),
    ],
)
def test_other_people_are_other_people(one, other):
    assert proposals(of(one, other)) == []


def test_nick_changes_tie_names_and_the_busiest_stands_for_all():
    called = [Called("amy", "amy", 50), Called("amelia", "amelia", 3), Called("amelia_", "amelia_", 1)]
    found = proposals(called, [("amy", "amelia"), ("amy", "never spoke")])
    assert pairs(found) == {("amelia", "amy", AliasReason.RENAMED), ("amelia_", "amy", AliasReason.TAIL)}
    random.Random(1).shuffle(called)
    assert proposals(called, [("amy", "never spoke"), ("amy", "amelia")]) == found


def test_a_number_is_one_person_under_many_cards():
    found = proposals(of("阿明(10001)", "老陈(10002)", "明哥(10001)"))
    assert pairs(found) == {("阿明(10001)", "明哥(10001)", AliasReason.NUMBER)}


def test_a_name_that_was_passed_on_is_nobodys():
    names = [f"nick{number}" for number in range(20)]
    assert proposals(of(*names), list(itertools.pairwise(names))) == []


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("<amy> hi there", "amy", "hi there"),
        ("[amy] hi\nthere", "amy", "hi\nthere"),
        ("**amy**: hi", "amy", "hi"),
        ("**<amy>** hi", "amy", "hi"),
        ("[irc] <a\u200bmy> hi", "amy", "hi"),
        ("\x0303<amy>\x0f hi", "amy", "hi"),
        ("<张 三> 早", "张 三", "早"),
    ],
)
def test_relayed_lines_are_unwrapped(text, name, said):
    assert unwrapped(text) == (name, said)


@pytest.mark.parametrize(
    "text", ["hi", "<amy>", "[owner/repo] pushed", "<> hi", "a <amy> hi", "* amy waves", "3 < 4 > 2"]
)
def test_other_lines_are_left_alone(text):
    assert unwrapped(text) is None


def said(number, who, text, *, bot=False):
    return MessageReceived("c", str(number), AT, Sender(who, who, is_bot=bot), text)


def test_a_relay_is_known_by_how_often_and_for_how_many_it_speaks():
    census = Census(by_name=True)
    for number in range(20):
        census.see(said(number, "bridge", f"<{'abc'[number % 3]}nn> hi"))
        census.see(said(number, "amy", "<b> is html" if number == 1 else "hi"))
        census.see(said(number, "ci", "[build] failed"))
    assert [(relay.person, relay.people) for relay in census.relays()] == [("bridge", 3)]


def test_what_is_skipped_is_counted_with_the_first_places_whatever_the_portions():
    skipped = [Skipped(Skip.SERVICE if n % 3 else Skip.EMPTY, f"line {n}", "x" * 300) for n in range(90)]
    whole = noted({}, skipped)
    parts = {}
    for first in range(0, 90, 7):
        parts = noted(parts, skipped[first : first + 7])
    assert parts == whole
    assert whole["service"]["count"] == 60
    assert [place for place, _what in whole["empty"]["places"]][:2] == ["line 0", "line 3"]
    assert len(whole["service"]["places"]) == 20


def test_ids_that_are_too_long_stay_different():
    taking = Taking("told:", Options())
    assert taking.person("a" * 100) == "told:" + "a" * 100
    one, other = taking.person("a" * 300), taking.person("a" * 299 + "b")
    assert len(one) == 255
    assert one != other
