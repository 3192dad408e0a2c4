"""One stream per page: it says what changed to those who may know, costs no connection, and ends with the server."""

import http.client
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client

from qunce.community.models import Group
from qunce.console.live import may_follow
from qunce.kernel import clock, live
from qunce.kernel.actor import SYSTEM, Role
from qunce.team.selectors import NOBODY
from tests.support import server, world


def a_group(community_id):
    return Group.objects.create(
        community_id=community_id,
        platform="sandbox",
        external_id=f"room-{community_id}",
        name="早读群",
        found_at=clock.now(),
        adopted_at=clock.now(),
    )


def cookie_of(staff):
    client = Client()
    client.force_login(staff)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


@contextmanager
def stream(site, staff, topics):
    """The open answer of /live/."""
    wire = http.client.HTTPConnection(urlsplit(site).netloc, timeout=10)
    wire.request("GET", f"/live/?topics={topics}", headers={"Cookie": cookie_of(staff)})
    with wire.getresponse() as answer:
        yield answer
    wire.close()


def read_until(answer, wanted, within=8):
    seen, deadline = "", time.monotonic() + within
    while wanted not in seen:
        assert time.monotonic() < deadline, seen
        seen += answer.readline().decode()
    return seen


def test_what_changed_is_said_to_those_who_may_know(site):
    home = world.a_community()
    group = a_group(home.pk)
    viewer = world.member_of_staff(roles={home.pk: Role.VIEWER})
    with stream(site, viewer, f"group:{group.pk},group:999,secret:1") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        read_until(answer, "retry:")
        keep_touching = threading.Event()

        def touch():  # the stream listens a moment after it opens
            while not keep_touching.wait(0.2):
                live.touch(f"group:{group.pk}", "group:999", "secret:1")
            connection.close()

        thread = threading.Thread(target=touch)
        thread.start()
        try:
            seen = read_until(answer, f"data: group:{group.pk}")
        finally:
            keep_touching.set()
            thread.join()
    assert "group:999" not in seen
    assert "secret" not in seen


def test_nothing_is_said_to_others(site):
    home, elsewhere = world.a_community(), world.a_community()
    group = a_group(home.pk)
    stranger = world.member_of_staff(roles={elsewhere.pk: Role.OWNER})
    for topics in (f"group:{group.pk}", "", "nonsense", "group:", "group:x", "group:1;drop"):
        with stream(site, stranger, topics) as answer:
            assert answer.status == 404, topics


@pytest.mark.django_db
def test_every_topic_has_a_guard_that_refuses_strangers():
    from qunce.config import urls  # noqa: F401 (pages register their topics as they are imported)
    from qunce.console.live import _guards

    assert "group" in _guards
    for prefix in _guards:
        for key in ("1", "", "x", "-1", "²", "9" * 40, "\x00"):
            assert not may_follow(NOBODY, f"{prefix}:{key}"), (prefix, key)
            may_follow(SYSTEM, f"{prefix}:{key}")


def test_open_streams_hold_no_connection_and_end_with_the_server(transactional_db):
    home = world.a_community()
    group = a_group(home.pk)
    viewer = world.member_of_staff(roles={home.pk: Role.VIEWER})
    process, site = server.start(QUNCE_TESTING="", QUNCE_DB_POOL="2")
    with ExitStack() as opened:
        for _number in range(8):
            answer = opened.enter_context(stream(site, viewer, f"group:{group.pk}"))
            read_until(answer, "retry:")
        request = urllib.request.Request(f"{site}/profile/", headers={"Cookie": cookie_of(viewer)})
        with urllib.request.urlopen(request, timeout=8) as page:
            assert page.status == 200
        started = time.monotonic()
        server.stop(process)
        took = time.monotonic() - started
    assert took < 3, f"stopping took {took:.1f} s"
