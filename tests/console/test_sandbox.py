"""The sandbox: a newcomer sees a keyword answered within a minute of the first sign-in, and all of it on a phone."""

import os
import subprocess
import sys
import time

import pytest
from django.db import connection
from playwright.sync_api import expect
from psycopg.conninfo import make_conninfo

from qunce.chat.models import Account, Message
from qunce.community.models import Group
from qunce.console.chat import sandbox
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.models import Heartbeat
from tests.support import world
from tests.support.browser import page_ok, wait_until


@pytest.fixture
def gateway(site):
    """A real gateway on the test's database, for as long as the test lasts."""
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    process = subprocess.Popen([sys.executable, "-m", "qunce", "gateway"], env={**os.environ, "DATABASE_URL": url})
    deadline = time.monotonic() + 60
    while not Heartbeat.objects.filter(role="gateway").exists():
        assert time.monotonic() < deadline, "the gateway does not start"
        time.sleep(0.1)
    yield process
    process.terminate()
    process.wait(30)


def test_from_nothing_to_an_answered_keyword(browse, gateway):
    page = browse("/sandbox/", world.owner())
    page_ok(page, "sandbox-empty")
    page.get_by_role("button", name="Create the sandbox").click()
    page.get_by_role("heading", name="Morning readers").wait_for()
    page.get_by_text("Nothing was said yet.").wait_for()
    wait_until(page, "document.documentElement.dataset.live === 'on'")
    page.get_by_label("Aqiang", exact=True).check()
    page.get_by_role("button", name="sign up").click()
    page.get_by_label("Message", exact=True).press("Enter")
    page.get_by_text("Sign up here, Aqiang: https://example.org/join").wait_for()
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    expect(page.get_by_label("Aqiang", exact=True)).to_be_checked()
    page.get_by_label("Message", exact=True).fill("good morning")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("good morning").first.wait_for()
    page_ok(page, "sandbox")
    assert Message.objects.filter(from_us=True).count() == 1


def test_messages_change_members_come_and_go_rooms_open(browse, site):
    owner = world.owner()
    room = sandbox.set_up(world.actor(owner))
    Account.objects.update(state_at=clock.now() - sandbox.TAKEN_WITHIN)
    page = browse(f"/sandbox/{room}/", owner, dark=True)
    expect(page.get_by_text("No gateway serves the sandbox at present")).to_be_visible()
    page.get_by_label("Message", exact=True).fill("first")
    page.get_by_role("button", name="Send").click()
    page.get_by_label("Change or delete").click()
    page.get_by_label("New text").fill("second")
    page.get_by_role("button", name="Change", exact=True).click()
    page.locator(".said-text", has_text="second").wait_for()
    expect(page.get_by_text("edited")).to_be_visible()
    page.get_by_label("Change or delete").click()
    page_ok(page, "sandbox-dark")
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("deleted").wait_for()
    page.get_by_role("button", name="Linlin leaves").click()
    page.get_by_text("Linlin has left.").wait_for()
    page.get_by_role("heading", name="2 members").wait_for()
    page.get_by_label("Name of the new member").fill("小满")
    page.get_by_role("button", name="joins").click()
    page.get_by_text("小满 has joined.").wait_for()
    expect(page.get_by_label("小满", exact=True)).to_be_checked()
    assert Group.objects.get(pk=room).member_count == 3
    page.get_by_text("New room").click()
    page.get_by_label("Name of the room").fill("夜跑群")
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("heading", name="夜跑群").wait_for()
    page.get_by_role("heading", name="3 members").wait_for()


def test_a_second_click_makes_no_second_sandbox(browse):
    owner = world.owner()
    sandbox.set_up(world.actor(owner))
    page = browse("/sandbox/", owner, phone=True)
    page.get_by_role("heading", name="Morning readers").wait_for()
    page_ok(page, "sandbox-small")
    token = page.locator('meta[name="csrf-token"]').get_attribute("content")
    answer = page.request.post("/sandbox/new/", headers={"X-CSRFToken": token, "Referer": page.url})
    assert answer.ok
    assert Account.objects.count() == 1


def test_names_are_in_the_makers_language(browse):
    page = browse("/sandbox/", world.owner(), language="zh-hans")
    page.locator("form[data-once] button").click()
    page.locator(".sandbox-chat").wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert list(Group.objects.values_list("community__languages", flat=True)) == [["zh-hans"]] * 2


@pytest.mark.django_db(transaction=True)
def test_only_operators_of_everything_play(client):
    room = sandbox.set_up(SYSTEM)
    home = Group.objects.get(pk=room).community_id
    client.force_login(world.member_of_staff(everywhere=Role.OPERATOR))
    assert client.get(f"/sandbox/{room}/").status_code == 200
    client.force_login(world.member_of_staff(roles={home: Role.OWNER}))
    assert client.get(f"/sandbox/{room}/").status_code == 403
    assert client.post(f"/sandbox/{room}/say/", {"as": "u1", "text": "x"}).status_code == 403
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_strangers_and_other_platforms_are_not_spoken_for(client):
    room = sandbox.set_up(SYSTEM)
    owner = world.owner()
    client.force_login(owner)
    assert client.post(f"/sandbox/{room}/say/", {"as": "somebody", "text": "x"}).status_code == 404
    Group.objects.filter(pk=room).update(platform="matrix")
    assert client.get(f"/sandbox/{room}/").status_code == 404
