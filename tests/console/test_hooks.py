"""What platforms bring to an account's address: proven, stored, and only then acknowledged."""

import json

import httpx
import pytest
from django.db import connection
from django.test import Client

from qunce.chat import actions as chat
from qunce.chat.connectors.telegram import Telegram
from qunce.chat.models import Account, Message, SetAside
from qunce.community.models import Group
from qunce.console import hooks
from qunce.kernel.actor import SYSTEM
from tests.chat import support
from tests.connectors.botapi import BotApi
from tests.support.product import eventually
from tests.support.synapse import free_port

PROOF = "x-telegram-bot-api-secret-token"
CHAT = {"id": -1001234567890, "type": "supergroup", "title": "早读营"}


def update(text, number=12):
    message = {"message_id": number, "date": 1795316609, "chat": CHAT, "text": text}
    return {"update_id": number, "message": message | {"from": {"id": 5, "is_bot": False, "first_name": "张三"}}}


@pytest.fixture
def account():
    """A bot whose platform is away: what it brings can be taken all the same."""
    api = f"http://127.0.0.1:{free_port()}"
    made = chat.connect_account(
        actor=SYSTEM, platform="telegram", name="群秘书", config={"token": "4343:AAF-x", "api": api, "way": "webhook"}
    )
    Account.objects.filter(pk=made.pk).update(enabled=True, external_id="4343")
    support.adopted(made, str(CHAT["id"]))
    return made


def proof():
    return Telegram(Telegram.Config(token="4343:AAF-x"))._proof


def call(account, body, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {PROOF: proof(), **headers}
    client = Client(enforce_csrf_checks=True)
    return client.post(f"/hooks/{account.pk}/", body, content_type="application/json", headers=headers)


@pytest.mark.django_db
def test_a_proven_call_is_stored_once_however_often_it_comes(account):
    for _ in range(2):
        answer = call(account, update("签到"))
        assert (answer.status_code, answer.content) == (200, b"")
    assert [message.text for message in Message.objects.all()] == ["签到"]


@pytest.mark.django_db
def test_what_proves_nothing_learns_nothing(account):
    assert call(account, update("签到"), **{PROOF: "guess"}).status_code == 403
    assert call(account, update("签到"), **{PROOF: ""}).status_code == 403
    chat.set_account_enabled(actor=SYSTEM, account_id=account.pk, enabled=False)
    answers = [call(account, update("签到")), Client().post("/hooks/999999/"), Client().post("/hooks/0/x/y?z=1")]
    assert {answer.status_code for answer in answers} == {404}
    assert not any(answer.content for answer in answers)
    assert not Message.objects.exists()
    assert not SetAside.objects.exists()
    assert Client().get(f"/hooks/{account.pk}/").status_code == 405


@pytest.mark.django_db
def test_what_cannot_be_read_is_set_aside_and_not_asked_for_again(account):
    for body in (b"", b"\xff\x00{", {"update_id": 1, "message": {"text": "nowhere"}}, b"[" * 200_000):
        assert call(account, body).status_code == 200
    assert SetAside.objects.count() == 4
    assert "nowhere" in SetAside.objects.order_by("pk")[2].event["raw"]


@pytest.mark.django_db
def test_a_call_without_end_is_refused(account):
    assert call(account, b"x" * (hooks.LARGEST + 1)).status_code == 413
    assert not SetAside.objects.exists()


@pytest.mark.django_db
def test_an_account_that_takes_no_calls_believes_none():
    sandbox = support.account()
    assert Client().post(f"/hooks/{sandbox.pk}/", {"text": "hi"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_telegram_brings_what_is_said_and_again_until_it_is_stored(site):
    """From the stand-in to the real web role: while the group is locked nothing is acknowledged, and nothing is lost."""
    api = BotApi()
    with api.running():
        bot = api.bot()
        config = {"token": bot.token, "api": api.url, "way": "webhook", "reached_at": site}
        made = chat.connect_account(actor=SYSTEM, platform="telegram", name="群秘书", config=config)
        chat.check_account(actor=SYSTEM, account_id=made.pk)
        assert bot.webhook["url"] == f"{site}/hooks/{made.pk}/"
        room = api.group(bot)
        eventually(lambda: Group.objects.filter(external_id=str(room.id), name="读书会一群").exists(), within=180)
        support.adopted(made, str(room.id))
        api.say(bot, room, "签到")
        eventually(Message.objects.exists, within=180)
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; LOCK TABLE chat_message IN ACCESS EXCLUSIVE MODE")
            for number in range(5):
                api.say(bot, room, str(number))
            wrong = httpx.post(bot.webhook["url"], json={}, headers={PROOF: "guess"})
            assert wrong.status_code == 403
            assert len(bot.waiting) == 5
            cursor.execute("ROLLBACK")
        eventually(lambda: Message.objects.count() == 6 and not bot.waiting, within=180)
        order = Message.objects.order_by("sent_at", "id").values_list("text", flat=True)
        assert list(order) == ["签到", *map(str, range(5))]
