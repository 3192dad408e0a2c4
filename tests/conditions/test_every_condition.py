"""Every condition: holds for whom it should and for nobody else, in a number of statements that does not grow."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from pydantic import ValidationError

from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.validation import sentences
from qunce.members import actions as members
from qunce.members.condition import Subject, conditions
from tests.steps.bench import START, Bench

pytestmark = pytest.mark.django_db
KEYS = sorted(conditions)
MOST = 5


def fixture(key):
    return import_module(f"tests.conditions.fixtures.{key}")


@pytest.fixture
def bench():
    """张三 is tagged, of the core, and speaks; 李四 spoke days ago; 王五 wants peace; the first group is tagged."""
    made = Bench()
    with clock.at(START):
        members.tag_member(actor=SYSTEM, member_id=made.member().pk, add=["核心"])
        members.set_core(actor=SYSTEM, member_id=made.member().pk, core=True)
    made.say("早", by="李四", at=START - timedelta(days=5))
    for number in range(3):
        made.say("早", at=START - timedelta(hours=number + 1))
    return made


def subjects(bench):
    people = {
        f"{name}{room}": Subject(bench.groups[room].pk, bench.member(name).pk)
        for name, room in (("张三", "!a"), ("张三", "!b"), ("李四", "!a"), ("王五", "!a"))
    }
    return people | {room: Subject(bench.groups[room].pk) for room in ("!a", "!b")}


@pytest.mark.parametrize("key", KEYS)
def test_it_holds_for_whom_it_should(key, bench):
    given, kind = fixture(key), conditions[key]()
    getattr(given, "before", lambda _bench: None)(bench)
    asked = subjects(bench)
    for fields, wanted in given.HOLDS:
        config = kind.Config.model_validate(fields)
        with clock.at(START), CaptureQueriesContext(connection) as counted:
            holding = kind.holding(config, set(asked.values()), START)
        assert {name for name, subject in asked.items() if subject in holding} == set(wanted), fields
        assert len(counted) <= MOST
        assert kind.holding(config, set(), START) == set()


@pytest.mark.parametrize("key", KEYS)
def test_it_says_what_holds(key):
    given, kind = fixture(key), conditions[key]()
    for fields, _wanted in given.HOLDS:
        config = kind.Config.model_validate(fields)
        for language in ("en", "zh-hans"):
            with override(language):
                said = kind.sentence(config)
            assert said
            assert "%(" not in said
        assert kind.Config.model_validate(config.model_dump(mode="json")) == config
    assert kind.title
    assert all(info.title for info in kind.Config.model_fields.values())
    assert kind.of_members or kind.of_groups


@pytest.mark.parametrize("key", KEYS)
def test_what_is_wrong_with_its_config_is_said_in_a_sentence(key):
    for bad, part in fixture(key).BAD:
        with pytest.raises(ValidationError) as raised:
            conditions[key].Config.model_validate(bad)
        said = " ".join(sentences(raised.value).values())
        assert part in said
        assert "Input should" not in said
