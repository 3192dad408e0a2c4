"""Every step: by the engine and the real ledger, twice as if a crash had repeated it; said, previewed, checked."""

from importlib import import_module

import pytest
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob
from pydantic import ValidationError

from qunce.chat.models import Delivery
from qunce.kernel import clock
from qunce.kernel.models import AuditEntry
from qunce.kernel.validation import sentences
from qunce.playbooks.models import Call, Track
from qunce.playbooks.step import steps
from qunce.team.models import Approval, Task
from tests.steps.bench import START, Bench

pytestmark = pytest.mark.django_db
KEYS = sorted(steps)


def fixture(key):
    return import_module(f"tests.steps.fixtures.{key}")


def config(key):
    (spec,) = [each for each in fixture(key).STEPS if each["id"] == "it"]
    return steps[key].Config.model_validate(spec.get("with_", {}))


def made():
    """Everything that a step may make."""
    return [model.objects.count() for model in (Delivery, Task, Approval, Call, Track, ProcrastinateJob, AuditEntry)]


@pytest.fixture
def doubled(monkeypatch):
    """Each step is carried out twice: the second time changes nothing."""

    def double(kind):
        carry_out = kind.run

        def twice(self, given):
            first = carry_out(self, given)
            before = made()
            second = carry_out(self, given)
            assert made() == before
            assert [type(each) for each in second] == [type(each) for each in first]
            return second

        monkeypatch.setattr(kind, "run", twice)

    return double


@pytest.mark.parametrize("key", KEYS)
def test_it_does_what_it_is_there_for_once(key, doubled):
    given = fixture(key)
    bench = Bench(getattr(given, "PLATFORM", "sandbox"))
    doubled(steps[key])
    with clock.at(START):
        getattr(given, "before", lambda _bench: None)(bench)
    more = {"variables": getattr(given, "VARIABLES", {}), "audience": getattr(given, "AUDIENCE", "group")}
    more["late"] = getattr(given, "LATE", "skip")
    bench.begin(given.STEPS, rooms=getattr(given, "ROOMS", ("!a",)), **more)
    given.then(bench)


@pytest.mark.parametrize("key", KEYS)
def test_it_says_what_it_does_in_the_reader_s_language(key):
    kind, wanted = steps[key](), fixture(key).SUMMARY
    with override("en"):
        english = kind.summary(config(key), "zh")
    with override("zh-hans"):
        chinese = kind.summary(config(key), "zh")
    for said in (english, chinese):
        assert said
        assert "%(" not in said
        assert "\n" not in said
        assert wanted.get("text", "") in said
    assert wanted.get("en", "") in english


@pytest.mark.parametrize("key", KEYS)
def test_what_is_wrong_with_its_config_is_said_in_a_sentence(key):
    for bad, part in fixture(key).BAD:
        with pytest.raises(ValidationError) as raised:
            steps[key].Config.model_validate(bad)
        said = " ".join(sentences(raised.value).values())
        assert part in said
        assert "pydantic" not in said
        assert "Input should" not in said


@pytest.mark.parametrize("key", KEYS)
def test_its_fields_have_labels_and_its_config_comes_back_from_json(key):
    kind = steps[key]
    assert kind.title
    assert kind.icon
    assert all(info.title for info in kind.Config.model_fields.values())
    stored = config(key).model_dump(mode="json", by_alias=True)
    assert kind.Config.model_validate(stored) == config(key)


@pytest.mark.parametrize("key", [key for key in KEYS if steps[key].speaks])
def test_what_members_would_see_is_shown_before(key, monkeypatch):
    seen = []
    carry_out = steps[key].run

    def watched(self, given):
        seen.extend(self.preview(each) for each in given)
        return carry_out(self, given)

    monkeypatch.setattr(steps[key], "run", watched)
    given, bench = fixture(key), Bench()
    with clock.at(START):
        getattr(given, "before", lambda _bench: None)(bench)
    more = {"variables": getattr(given, "VARIABLES", {}), "audience": getattr(given, "AUDIENCE", "group")}
    bench.begin(given.STEPS, **more)
    bench.go()
    assert seen
    assert sorted(each.plain for each in seen) == sorted(bench.said()[: len(seen)])
