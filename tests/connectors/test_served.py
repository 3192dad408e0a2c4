"""Accounts served by a real gateway, killed at the worst moment: Telegram on its stand-in, and a connector of a plug-in."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest
from django.db import connection

from qunce.chat import actions as chat
from qunce.chat.connector import Connector
from qunce.chat.models import Account, Delivery, Lease, Message
from qunce.chat.stage import Planned
from qunce.chat.types import Content, Purpose
from qunce.community.models import Group
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.registry import Registry
from tests.chat import support
from tests.connectors.botapi import BotApi
from tests.connectors.botapi_methods import Fault
from tests.support import gateway
from tests.support.product import eventually

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 120  # seconds, on a busy machine: a gateway needs a while to load aiogram


def plan(account, group, *texts):
    each = [Planned(text, group.pk, Content.of(text), Purpose.CAMPAIGN, None, None) for text in texts]
    chat.plan(account_id=account.pk, planned=each)


def texts():
    return sorted(Message.objects.filter(from_us=False).values_list("text", flat=True))


def given_back():
    """As if the killed gateway's leases had run out."""
    Lease.objects.update(until=None)


def test_telegram_loses_and_doubles_nothing_when_its_gateway_is_killed(tmp_path):
    api, log = BotApi(), tmp_path / "gateway.log"
    with api.running():
        bot = api.bot()
        config = {"token": bot.token, "api": api.url}
        account = chat.connect_account(actor=SYSTEM, platform="telegram", name="群秘书", config=config)
        Account.objects.filter(pk=account.pk).update(enabled=True)
        room = api.group(bot)
        with gateway.running(log):
            eventually(
                lambda: Group.objects.filter(external_id=str(room.id), member_count=42).exists(), within=WITHIN
            )
            group = support.adopted(account, str(room.id))[str(room.id)]
            api.say(bot, room, "一")
            eventually(lambda: texts() == ["一"], within=WITHIN)
            with connection.cursor() as cursor:
                # What follows is read and cannot be committed: the gateway dies in between.
                cursor.execute("BEGIN; LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
                asked = len(api.log)
                api.say(bot, room, "二")
                api.say(bot, room, "三")
                eventually(lambda: _stuck(cursor), within=WITHIN)
                gateway_asked_on = [method for method, _ in api.log[asked:] if method == "getUpdates"]
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")
        assert not gateway_asked_on
        assert len(bot.waiting) == 2
        assert texts() == ["一"]
        api.say(bot, room, "四")  # while nobody is there
        given_back()
        plan(account, group, "答复")
        api.faults.append(("sendMessage", Fault(429, "Too Many Requests: retry after 2", retry_after=2)))
        with gateway.running(log):
            eventually(lambda: texts() == sorted("一二三四"), within=WITHIN)
            eventually(lambda: Delivery.objects.get().state == "sent", within=WITHIN)
        assert [message["text"] for message in api.ours(room)] == ["答复"]
        steps = list(Delivery.objects.get().steps.order_by("id").values_list("state", "at"))
        assert [state for state, _ in steps] == ["claimed", "planned", "claimed", "sent"]
        assert (steps[2][1] - steps[1][1]).total_seconds() > 1.5  # the platform's patience is kept
        assert Message.objects.filter(from_us=True).count() == 1


def _stuck(cursor):
    cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction activity is remembered
    cursor.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%chat_message%'"
        " AND datname = current_database()"
    )
    return cursor.fetchone()[0]


# ------------------------------------------------------------------ a plug-in
def install(into):
    """The package that CONTRIBUTING.md describes, as an installer leaves it."""
    page = Path("CONTRIBUTING.md").read_text().partition("## Add a connector in one file")[2]
    points = tomllib.loads(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])["project"]["entry-points"]
    ((key, module),) = points["qunce.connectors"].items()
    package, _, name = module.partition(".")
    (into / package).mkdir()
    (into / package / "__init__.py").touch()
    (into / package / f"{name}.py").write_text(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1])
    described = into / f"{package}-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[qunce.connectors]\n{key} = {module}\n")
    return key


def test_a_connector_of_another_package_is_found_and_served(tmp_path, monkeypatch):
    folder, site = tmp_path / "chat", tmp_path / "site"
    folder.mkdir()
    site.mkdir()
    key = install(site)
    monkeypatch.syspath_prepend(site)
    found = Registry(Connector, "connectors")
    assert {"matrix", "sandbox", "telegram", key} <= set(found)
    kind = found[key]
    assert kind.key == key
    for name in [name for name in sys.modules if name.startswith("qunce_folder")]:
        del sys.modules[name]

    account = support.account(platform=key, external_id="bot", config={"folder": str(folder)})
    line = {"group": "g1", "id": "m1", "at": clock.now().isoformat(), "by": "张三", "text": "在吗"}
    (folder / "in.jsonl").write_text(json.dumps(line) + "\n")
    group = support.adopted(account, "g1")["g1"]
    plan(account, group, "在")
    with gateway.running(tmp_path / "gateway.log", PYTHONPATH=str(site)):
        eventually(lambda: texts() == ["在吗"], within=WITHIN)
        eventually(lambda: Delivery.objects.get().state == "sent", within=WITHIN)
    assert [json.loads(said)["text"] for said in (folder / "out.jsonl").read_text().splitlines()] == ["在"]
    assert Account.objects.get(pk=account.pk).state == "working"
    assert Message.objects.get(from_us=True).sent_at <= clock.now()
