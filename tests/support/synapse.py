"""A real Matrix homeserver for the tests: Synapse from the environment `.venv-synapse` that `make` builds.

Its message rate limit stays at the default (0.2 messages a second after a burst of 10), which is what an operator's
homeserver has; everything else is lifted so that worlds are set up quickly. People whom the tests let speak are
exempt from it by the server's own override, accounts that the product serves are not.
"""

import hashlib
import hmac
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-synapse/bin/python"
SECRET = "registration"
READY_WITHIN = 60
PASSWORD = "a password of the tests"
LIFTED = ["registration", "presence.per_user", "login.address", "login.account", "login.failed_attempts"]
LIFTED += ["joins.local", "joins.remote", "joins_per_room", "room_creation"]
LIFTED += ["invites.per_room", "invites.per_user", "invites.per_issuer"]
CONFIG = """
server_name: qunce.test
public_baseurl: http://127.0.0.1:{port}/
pid_file: "{home}/synapse.pid"
signing_key_path: "{home}/signing.key"
media_store_path: "{home}/media"
log_config: "{home}/log.yaml"
database: {{name: sqlite3, args: {{database: "{home}/homeserver.db"}}}}
listeners:
  - {{port: {port}, bind_addresses: [127.0.0.1], type: http, tls: false, resources: [{{names: [client]}}]}}
macaroon_secret_key: tests
form_secret: tests
registration_shared_secret: {secret}
enable_registration: false
suppress_key_server_warning: true
trusted_key_servers: []
federation_domain_whitelist: []
report_stats: false
url_preview_enabled: false
presence: {{enabled: false}}
password_config: {{policy: {{enabled: false}}}}
bcrypt_rounds: 4
"""
LOG = """
version: 1
formatters: {{plain: {{format: "%(asctime)s %(levelname)s %(name)s %(message)s"}}}}
handlers: {{file: {{class: logging.FileHandler, formatter: plain, filename: "{home}/synapse.log"}}}}
root: {{level: WARNING, handlers: [file]}}
disable_existing_loggers: false
"""

T = TypeVar("T")


class Answer(Exception):
    """The homeserver refused a call of the tests."""


@dataclass
class Person:
    """Somebody with an account on the homeserver."""

    server: "Synapse"
    id: str
    token: str
    shown: str = ""
    _transactions: Iterator[int] = field(default_factory=count)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> dict[str, Any]:
        """One call of the client-server API; ``path`` after ``/_matrix/client/v3``."""
        return self.server.call(method, f"/_matrix/client/v3{path}", body, token=self.token, **query)

    def create_room(self, name: str = "", *, invite: Sequence["Person"] = (), **options: Any) -> str:
        """A public room whose history can be read by those who join later; its id."""
        visible = {"type": "m.room.history_visibility", "state_key": "", "content": {"history_visibility": "shared"}}
        body = {"preset": "public_chat", "initial_state": [visible], "invite": [person.id for person in invite]}
        return str(self.call("POST", "/createRoom", body | ({"name": name} if name else {}) | options)["room_id"])

    def join(self, room: str) -> None:
        """Enter a room."""
        self.call("POST", f"/join/{quote(room)}", {})

    def leave(self, room: str) -> None:
        """Leave a room."""
        self.call("POST", f"/rooms/{quote(room)}/leave", {})

    def invite(self, room: str, guest: "Person") -> None:
        """Invite somebody into a room."""
        self.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": guest.id})

    def kick(self, room: str, who: "Person", reason: str = "") -> None:
        """Remove somebody from a room."""
        self.call("POST", f"/rooms/{quote(room)}/kick", {"user_id": who.id, "reason": reason})

    def rename(self, name: str) -> None:
        """Take another display name."""
        self.call("PUT", f"/profile/{quote(self.id)}/displayname", {"displayname": name})

    def say(self, room: str, text: str, **content: Any) -> str:
        """Say something in a room; the event's id."""
        return self.post(room, "m.room.message", {"msgtype": "m.text", "body": text} | content)

    def edit(self, room: str, event: str, text: str) -> str:
        """Let a message say something else; the edit's own id."""
        new = {"msgtype": "m.text", "body": text}
        return self.say(room, f"* {text}", **{
            "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        })  # fmt: skip

    def redact(self, room: str, event: str) -> None:
        """Take a message away."""
        self.call("PUT", f"/rooms/{quote(room)}/redact/{quote(event)}/r{next(self._transactions)}", {})

    def set_state(self, room: str, kind: str, content: dict[str, Any]) -> None:
        """Set a room's name, topic, encryption …"""
        self.call("PUT", f"/rooms/{quote(room)}/state/{kind}", content)

    def post(self, room: str, kind: str, content: dict[str, Any]) -> str:
        """Send any event into a room; its id."""
        path = f"/rooms/{quote(room)}/send/{kind}/t{next(self._transactions)}"
        return str(self.call("PUT", path, content)["event_id"])

    def messages(self, room: str) -> list[dict[str, Any]]:
        """Everything said in a room and not redacted, oldest first."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"end": None}
        while "end" in page:
            at = {"from": page["end"]} if page["end"] else {}
            page = self.call("GET", f"/rooms/{quote(room)}/messages", dir="b", limit=500, **at)
            found += [event for event in page["chunk"] if event["type"] == "m.room.message" and event["content"]]
        return found[::-1]


class Synapse:
    """One running homeserver, with its data in ``home``."""

    def __init__(self, home: Path, *, port: int | None = None, environment: Mapping[str, str] | None = None) -> None:
        self.home = home
        self._environment = dict(environment or {})
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None
        self._admin: Person | None = None

    # -------------------------------------------------------------- the server
    def start(self) -> None:
        """Start it, again too, and wait until it answers."""
        self._configure()
        command = [PYTHON, "-m", "synapse.app.homeserver", "-c", self.home / "homeserver.yaml"]
        ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        ours |= self._environment
        with (self.home / "output.log").open("ab") as output:
            self._process = subprocess.Popen(command, cwd=self.home, env=ours, stdout=output, stderr=output)
        deadline = time.monotonic() + READY_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Synapse did not start:\n{(self.home / 'output.log').read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End it; its data stay."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def hang_up(self) -> None:
        """Close the tests' own connections."""
        self._http.close()

    def _configure(self) -> None:
        if not PYTHON.exists():
            raise RuntimeError("Synapse is missing: `make test` sets up its environment, .venv-synapse")
        self.home.mkdir(parents=True, exist_ok=True)
        lifted: dict[str, dict[str, Any]] = {}
        for limit in LIFTED:
            name, _, part = limit.partition(".")
            much = {"per_second": 10_000, "burst_count": 10_000}
            lifted.setdefault(f"rc_{name}", {}).update({part: much} if part else much)
        config = CONFIG.format(home=self.home, port=self.port, secret=SECRET)
        config += "".join(f"{name}: {limits}\n" for name, limits in lifted.items())
        (self.home / "homeserver.yaml").write_text(config, encoding="utf-8")
        (self.home / "log.yaml").write_text(LOG.format(home=self.home), encoding="utf-8")
        if not (self.home / "signing.key").exists():
            maker = PYTHON.with_name("generate_signing_key")
            subprocess.run([maker, "-o", self.home / "signing.key"], check=True)

    def _answers(self) -> bool:
        try:
            return self._http.get("/_matrix/client/versions").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    # -------------------------------------------------------------- its people
    def call(self, method: str, path: str, body: Any = None, *, token: str = "", **query: Any) -> dict[str, Any]:
        """One call; raises Answer where the homeserver refuses."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = self._http.request(method, path, json=body, params=query, headers=headers)
        if response.is_error:
            raise Answer(f"{method} {path}: {response.status_code} {response.text}")
        return dict(response.json())

    def register(self, name: str, *, limited: bool = False, admin: bool = False, shown: str = "") -> Person:
        """A new person with PASSWORD. ``limited``: the server's default message limit stays on for them."""
        path = "/_synapse/admin/v1/register"
        nonce = self.call("GET", path)["nonce"]
        parts = [nonce, name, PASSWORD, "admin" if admin else "notadmin"]
        mac = hmac.new(SECRET.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": admin, "mac": mac}
        made = self.call("POST", path, account | {"displayname": shown or name})
        person = Person(self, made["user_id"], made["access_token"], shown or name)
        if not limited:
            self.lift_limit(person)
        return person

    def lift_limit(self, person: Person) -> None:
        """Exempt a person from the message limit."""
        if not self._admin:
            self._admin = self.register("admin" + secrets.token_hex(4), limited=True, admin=True)
        path = f"/_synapse/admin/v1/users/{quote(person.id)}/override_ratelimit"
        self.call("POST", path, {"messages_per_second": 0, "burst_count": 0}, token=self._admin.token)

    def sign_out(self, person: Person) -> None:
        """End a person's session, as an administrator of the homeserver would."""
        self.call("POST", "/_matrix/client/v3/logout", {}, token=person.token)


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Do several things in parallel, eight at a time; their results in order."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda job: job(), jobs))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[Synapse]:
    """A homeserver for the length of the block."""
    server = Synapse(home, environment=environment)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        server.hang_up()


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """The session's homeserver. Tests share it: take fresh people and rooms."""
    with running(tmp_path_factory.mktemp("synapse")) as server:
        yield server


def unique(name: str) -> str:
    """A name that no other test took."""
    return f"{name}-{os.getpid()}-{secrets.token_hex(3)}"
