"""Webhooks: signed, in bounded time, once, and never into our own network."""

import hashlib
import hmac
import json
import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from threading import Thread

import pytest
from django.conf import settings as django_settings

from qunce.kernel import clock, outside
from qunce.kernel.actor import Actor, Role
from qunce.kernel.errors import NotAllowed
from qunce.kernel.outside import AwayError, RefusedError
from qunce.playbooks.actions import webhooks
from qunce.playbooks.actions.webhooks import Posting, may_be_called
from qunce.playbooks.jobs import post_webhook
from qunce.playbooks.selectors import webhook_secret
from tests.steps.bench import HOUR, START, Bench

pytestmark = pytest.mark.django_db


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))
        self.send_response(self.server.answers.pop(0))
        self.send_header("Location", "http://169.254.169.254/")
        self.end_headers()

    def log_message(self, *_args):
        pass


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_INSIDE = True
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.heard, server.answers = [], [200]
    server.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def waiting(receiver):
    """A track that waits for its call."""
    bench = Bench()
    bench.begin(
        [{"id": "call", "do": "webhook", "with_": {"url": receiver.url, "with_member": True}}],
        audience="member",
        rooms=("!b",),
    )
    bench.go()
    bench.key = bench.executions("call")[0]
    return bench


def call(at=START):
    """What the worker does with the job; a failed attempt raises."""
    from procrastinate.contrib.django.models import ProcrastinateJob

    job = ProcrastinateJob.objects.get(task_name=webhooks.POST)
    with clock.at(at):
        webhooks.post(
            posting=Posting(job.args["key"], job.args["url"], job.args["community_id"], job.args["told"]),
            last=at > START,
        )
    return job


def test_it_is_signed_and_the_track_goes_on(waiting, receiver):
    job = call()
    (path, headers, body) = receiver.heard[0]
    told = json.loads(body)
    assert path == "/hook?a=1"
    assert told["group"]["name"] == "群 !b"
    assert told["member"]["name"] == "张三"
    stamp, signature = (part.partition("=")[2] for part in headers["Qunce-Signature"].split(","))
    secret = webhook_secret(Actor(1, "头", {waiting.home_id: Role.LEAD}), waiting.home_id)
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(signature, signed.hexdigest())
    assert int(stamp) == int(START.timestamp())
    assert headers["Qunce-Delivery"] == told["id"] == job.args["key"]
    waiting.go(START)
    assert [each.state for each in waiting.executions("call")] == ["done"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_who_is_away_is_called_again_and_given_up_in_the_end(waiting, receiver, status):
    receiver.answers[:] = [status, status]
    with pytest.raises(AwayError):
        call()
    call(START + HOUR)
    waiting.go(START + HOUR)
    (execution,) = waiting.executions("call")
    assert (execution.state, execution.detail) == ("failed", webhooks.GAVE_UP)


@pytest.mark.parametrize("status", [301, 307, 400, 404])
def test_a_refusal_or_a_detour_is_not_tried_again(waiting, receiver, status):
    receiver.answers[:] = [status]
    call()
    assert len(receiver.heard) == 1, "a detour is not followed"
    waiting.go(START)
    assert [each.detail for each in waiting.executions("call")] == [outside.REFUSED]


def test_a_closed_port_is_somebody_away(waiting, receiver):
    receiver.shutdown()
    receiver.server_close()
    with pytest.raises(AwayError):
        call()


def test_the_job_knows_its_last_attempt():
    assert post_webhook.retry_strategy.max_attempts == webhooks.MOST_ATTEMPTS


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_our_own_network_is_not_called(address, monkeypatch):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(family, 1, 6, "", (address, 443))])
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("it was called"))
    assert not outside.is_outside(ip_address(address))
    with pytest.raises(RefusedError, match="network of our own"):
        webhooks._call(Posting("k", "https://looks.example.org/", 1, {}))


def test_one_inner_address_among_others_is_enough(monkeypatch):
    found = [(socket.AF_INET, 1, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_a, **_k: pytest.fail("it was called"))
    with pytest.raises(RefusedError):
        webhooks._call(Posting("k", "https://looks.example.org/", 1, {}))


def test_the_address_that_was_looked_at_is_the_one_that_is_called(monkeypatch):
    called = []

    def connect(address, timeout):
        called.append((address, timeout))
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(socket.AF_INET, 1, 6, "", ("93.184.215.14", 443))])
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(AwayError):
        webhooks._call(Posting("k", "https://example.org/", 1, {}))
    assert called == [(("93.184.215.14", 443), outside.TIMEOUT)]


def test_what_may_be_called(settings):
    assert django_settings.WEBHOOKS_INSIDE is False
    assert may_be_called(url="https://example.org:8443/x?y=1")
    for bad in (
        "http://example.org",
        "https://a:b@example.org",
        "https://ex ample.org",
        "https://x:99999",
        "x",
        "https://例.cn/",
    ):
        assert not may_be_called(url=bad), bad
    settings.WEBHOOKS_INSIDE = True
    assert may_be_called(url="http://localhost:8000/")


def test_the_secret_is_for_leads():
    bench = Bench()
    with pytest.raises(NotAllowed):
        webhook_secret(Actor(1, "操作", {bench.home_id: Role.OPERATOR}), bench.home_id)
