"""One stream per page: it says what changed to those who may know, costs no connection, and ends with the server."""

import http.client
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
def stream(site, staff, topics, age=0):
    """The open answer of /live/."""
    wire = http.client.HTTPConnection(urlsplit(site).netloc, timeout=10)
    wire.request("GET", f"/live/?topics={topics}&age={age}", headers={"Cookie": cookie_of(staff)})
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
        read_until(answer, "listening")
        live.touch(f"group:{group.pk}", "group:999", "secret:1")
        seen = read_until(answer, f"data: group:{group.pk}")
    assert "group:999" not in seen
    assert "secret" not in seen


def closed(query):
    """End the connections to the database that did this last, as a restart of the server does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
            [query],
        )
        return cursor.fetchone()[0]


def test_nothing_is_lost_between_a_page_and_its_stream(site):
    home = world.a_community()
    quiet, busy = a_group(home.pk), a_group(world.a_community().pk)
    owner = world.owner()
    topics = f"group:{quiet.pk},group:{busy.pk}"
    with stream(site, owner, topics) as first:
        read_until(first, "listening")
        live.touch(f"group:{busy.pk}")
        read_until(first, f"data: group:{busy.pk}")
    with stream(site, owner, topics, age=1) as second:  # its page was made before
        read_until(second, f"data: group:{busy.pk}")
    for unknown in ("9999", "x", "-1", "nan"):  # longer ago than is known: everything may have changed
        with stream(site, owner, topics, age=unknown) as third:
            read_until(third, f"data: group:{busy.pk}")


def test_nothing_is_lost_when_the_database_closes_connections(site):
    group = a_group(world.a_community().pk)
    topic = f"group:{group.pk}"
    with stream(site, world.owner(), topic) as answer:
        read_until(answer, "listening")
        live.touch(topic)
        read_until(answer, f"data: {topic}")
        assert closed("SELECT pg_notify(%")  # the speaker's
        live.touch(topic)
        read_until(answer, f"data: {topic}")
        assert closed("LISTEN %")  # the listener's: whatever was said until it listens again is told then
        read_until(answer, "listening")
        read_until(answer, f"data: {topic}")


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
            read_until(answer, "listening")
        request = urllib.request.Request(f"{site}/profile/", headers={"Cookie": cookie_of(viewer)})
        with urllib.request.urlopen(request, timeout=8) as page:
            assert page.status == 200
        started = time.monotonic()
        server.stop(process)
        took = time.monotonic() - started
    assert took < 3, f"stopping took {took:.1f} s"
