"""Beats, and what ``/healthz`` makes of them."""

import json
import os
import socket
import time
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory

from qunce.kernel import clock, health
from qunce.kernel.models import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)
HERE = f"{socket.gethostname()}:{os.getpid()}"


@pytest.fixture(autouse=True)
def _ask_anew(monkeypatch):
    monkeypatch.setattr(health, "KEEP", -1)


def healthz():
    answer = async_to_sync(health.healthz)(RequestFactory().get("/healthz"))
    return answer.status_code, json.loads(answer.content)


def beat(role, process="elsewhere:1", ago=0):
    Heartbeat.objects.create(role=role, process=process, at=clock.now() - timedelta(seconds=ago))


def wait_for(condition):
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_well_when_every_role_has_beaten_lately():
    for role in health.ROLES:
        beat(role, ago=19)
    status, condition = healthz()
    assert status == 200
    assert condition["ok"] is True
    assert condition["database"] == {"ok": True, "age": None}
    assert 19 <= condition["gateway"]["age"] < 20


@pytest.mark.parametrize("role", health.ROLES)
def test_not_well_when_one_role_is_silent(role):
    for other in health.ROLES:
        beat(other, ago=21 if other == role else 0)
    status, condition = healthz()
    assert status == 503
    assert [name for name, part in condition.items() if name != "ok" and not part["ok"]] == [role]


def test_one_living_process_of_a_role_is_enough():
    for role in health.ROLES:
        beat(role, "elsewhere:1", ago=600)
        beat(role, "elsewhere:2")
    assert healthz()[0] == 200


def test_not_well_when_a_role_never_came():
    beat("web")
    beat("worker")
    status, condition = healthz()
    assert status == 503
    assert condition["gateway"] == {"ok": False, "age": None}


def test_without_a_database_it_says_so(monkeypatch):
    gone = {"host": "/nowhere", "dbname": "qunce"}
    monkeypatch.setattr(health, "connection_params", lambda: gone)
    status, condition = healthz()
    assert status == 503
    assert condition["database"]["ok"] is False


def test_a_database_that_hangs_does_not_hang_the_answer(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hanging = {"host": "127.0.0.1", "port": silent.getsockname()[1], "dbname": "qunce"}
        monkeypatch.setattr(health, "connection_params", lambda: hanging)
        asked = time.monotonic()
        status, condition = healthz()
    assert time.monotonic() - asked < 3
    assert status == 503
    assert condition["database"]["ok"] is False


def test_many_questions_at_once_are_one_for_the_database(monkeypatch):
    monkeypatch.setattr(health, "KEEP", 60)
    monkeypatch.setattr(health, "_answer", health._Answer())
    beat("web")
    assert healthz()[1]["web"]["ok"] is True
    Heartbeat.objects.all().delete()
    assert healthz()[1]["web"]["ok"] is True


def test_a_process_beats_as_long_as_it_lives():
    with health.beating("gateway", lambda: "3 accounts"):
        wait_for(lambda: Heartbeat.objects.filter(role="gateway", process=HERE, detail="3 accounts").exists())
    assert not Heartbeat.objects.exists()


def test_the_first_beat_forgets_who_died_here_without_a_word():
    beat("web", f"{socket.gethostname()}:999999999")
    beat("web", "elsewhere:999999999")
    beat("worker", "elsewhere:5", ago=100_000)
    with health.beating("gateway"):
        wait_for(lambda: Heartbeat.objects.filter(role="gateway").exists())
        assert set(Heartbeat.objects.values_list("role", "process")) == {
            ("web", "elsewhere:999999999"),
            ("gateway", HERE),
        }
