"""Every trigger: finds who begins, once, also when asked again or late; says when; says what is wrong."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.utils.translation import override
from pydantic import ValidationError

from qunce.community import selectors as community
from qunce.kernel import clock
from qunce.kernel.validation import sentences
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Audience
from tests.steps.bench import START, Bench

pytestmark = pytest.mark.django_db
KEYS = sorted(triggers)
SEND = [{"id": "hello", "do": "send", "with_": {"text": "好"}}]


def fixture(key):
    return import_module(f"tests.triggers.fixtures.{key}")


@pytest.mark.parametrize("key", KEYS)
def test_whoever_is_meant_begins_once_and_nobody_else(key):
    given, bench = fixture(key), Bench()
    with clock.at(START):
        getattr(given, "before", lambda _bench: None)(bench)
    start = {"on": key, "with_": given.CONFIG}
    bench.begin(SEND, rooms=("!a", "!b"), audience=given.AUDIENCE, start=start, late="send")
    bench.go()
    given.then(bench)
    count = len(bench.tracks())
    assert count
    with clock.at(START):  # as if the last look had been forgotten
        type(bench.run).objects.filter(pk=bench.run.pk).update(looked_at=START)
    bench.go(given.UNTIL)
    assert len(bench.tracks()) == count


@pytest.mark.parametrize("key", KEYS)
def test_nobody_begins_twice_by_two_looks_that_meet(key):
    given, bench = fixture(key), Bench()
    trigger, config = triggers[key](), triggers[key].Config.model_validate(given.CONFIG)
    groups, audience = community.all_group_facts(), Audience(given.AUDIENCE)
    with clock.at(START):
        getattr(given, "before", lambda _bench: None)(bench)
        first = trigger.starts(config, groups, audience, START, START + timedelta(hours=1))
        again = trigger.starts(config, groups, audience, START, START + timedelta(hours=1))
    assert list(first) == list(again)
    assert all(START - timedelta(minutes=10) <= each.at <= START + timedelta(hours=1) for each in first)


@pytest.mark.parametrize("key", KEYS)
def test_it_says_when(key):
    given, trigger = fixture(key), triggers[key]()
    config = trigger.Config.model_validate(given.CONFIG)
    for language in ("en", "zh-hans"):
        with override(language):
            said = trigger.sentence(config, language)
        assert said
        assert "%(" not in said
    with override("en"):
        assert given.SAID in trigger.sentence(config, "en")
    assert trigger.title
    assert trigger.icon
    assert all(info.title for info in trigger.Config.model_fields.values())
    assert trigger.Config.model_validate(config.model_dump(mode="json", by_alias=True)) == config


@pytest.mark.parametrize("key", KEYS)
def test_what_is_wrong_with_its_config_is_said_in_a_sentence(key):
    for bad, part in fixture(key).BAD:
        with pytest.raises(ValidationError) as raised:
            triggers[key].Config.model_validate(bad)
        said = " ".join(sentences(raised.value).values())
        assert part in said
        assert "Input should" not in said
