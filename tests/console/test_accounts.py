"""The pages of accounts: connect one by its connector's form, see how it is, switch it off, remove it."""

import pytest
from playwright.sync_api import expect

from qunce.chat import actions
from qunce.chat.connector import connectors
from qunce.chat.models import Account, SetAside
from qunce.console.chat import words
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Role
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, wait_until

CONNECT = "Connect and check"


def test_an_empty_installation_leads_to_the_first_account(browse):
    page = browse("/accounts/", world.owner())
    page_ok(page, "accounts-empty")
    page.get_by_role("link", name="Connect an account").first.click()
    page.get_by_role("heading", name="Matrix").wait_for()
    page_ok(page, "accounts-connect")


def test_connecting_says_what_is_missing_keeps_what_was_typed_and_checks_at_once(browse):
    page = browse("/accounts/new/matrix/", world.owner())
    page_ok(page, "account-form")
    page.get_by_label("Homeserver").fill("matrix.example.org")
    page.get_by_label("Messages per second").fill("500")
    page.get_by_role("button", name=CONNECT).click()
    page.get_by_text("This is not a web address").wait_for()
    expect(page.get_by_text("At most 100, please.")).to_be_visible()
    expect(page.get_by_label("Homeserver")).to_have_value("matrix.example.org")
    page_ok(page, "account-form-wrong")
    page.get_by_label("Homeserver").fill("http://127.0.0.1:9")
    page.get_by_label("Messages per second").fill("2")
    page.get_by_label("User").fill("@qunce:example.org")
    page.get_by_label("Password").fill("s3cret")
    page.get_by_role("button", name=CONNECT).click()
    page.get_by_role("heading", name="Needs you").wait_for()
    expect(page.get_by_text("The homeserver cannot be reached.")).to_have_count(2)
    assert "s3cret" not in page.content()
    page_ok(page, "account-trouble")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Password")).to_have_value("")
    page_ok(page, "account-change")
    page.get_by_role("button", name="Save and check").click()
    page.get_by_role("heading", name="Needs you").wait_for()


def test_a_sandbox_is_at_work_as_soon_as_a_gateway_serves_it_and_can_be_removed(browse):
    page = browse("/accounts/new/sandbox/", world.owner(), dark=True)
    page.get_by_label("Name of the bot").fill("群秘书")
    page.get_by_role("button", name=CONNECT).click()
    page.get_by_text("The platform knows it as bot:群秘书.").wait_for()
    page.get_by_role("heading", name="Not served").wait_for()
    actions.acquire_leases(holder="gateway", room_for=1)
    account = Account.objects.get()
    support.adopted(account, "r1", "r2")
    page.goto("/accounts/")
    expect(page.get_by_role("heading", name="1 account at work")).to_be_visible()
    page_ok(page, "accounts-dark")
    page.get_by_role("link", name="Sandbox").last.click()
    page_ok(page, "account-dark")
    page.get_by_role("button", name="Switch off").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
    page.get_by_text("It is switched off.").wait_for()
    page.get_by_role("button", name="Switch on").click()
    page.get_by_text("It is switched on.").wait_for()
    page.get_by_role("button", name="Remove").click()
    page.get_by_label("2 groups are not read any more").check()
    page_ok(page)
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("The account is removed.").wait_for()
    assert not Account.objects.exists()


def test_the_state_is_followed_live(browse):
    account = support.account("sandbox")
    Account.objects.filter(pk=account.pk).update(state="working")
    actions.acquire_leases(holder="gateway", room_for=1)
    page = browse("/accounts/", world.owner())
    page.get_by_text("At work", exact=True).wait_for()
    wait_until(page, "document.documentElement.dataset.live === 'on'")
    actions.record_account_state(
        account_id=account.pk, state="trouble", detail="The homeserver has closed this account."
    )
    page.get_by_text("Needs you").wait_for()
    expect(page.get_by_text("The homeserver has closed this account.")).to_be_visible()


def test_operators_see_and_check_but_do_not_change(browse):
    account = support.account("sandbox")
    page = browse("/accounts/", world.member_of_staff(everywhere=Role.OPERATOR))
    expect(page.get_by_role("link", name="Connect an account")).to_have_count(0)
    page.get_by_role("link", name="群秘书").click()
    expect(page.get_by_role("link", name="Change")).to_have_count(0)
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    page_ok(page)
    assert page.request.get(f"/accounts/{account.pk}/change/").status == 403


def test_what_was_set_aside_is_shown_with_its_error_and_settled(browse):
    account = support.account("sandbox")
    for number in range(2):
        SetAside.objects.create(
            account_id=account.pk,
            stage="keyword_replies",
            error="ValueError: no such answer",
            event={"is": "MessageReceived", "text": f"毒 {number}", "group": "r1"},
            at=clock.now(),
        )
    page = browse("/accounts/set-aside/", world.owner())
    page.get_by_role("heading", name="2 events could not be processed").wait_for()
    page.get_by_text("The whole event").first.click()
    page_ok(page, "set-aside")
    page.get_by_role("button", name="Settle").first.click()
    page.get_by_role("heading", name="1 event could not be processed").wait_for()
    page.get_by_role("link", name="Settled").click()
    expect(page.get_by_text("毒 1", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Settle")).to_have_count(0)


@pytest.mark.django_db
def test_pages_cost_as_many_statements_for_many_accounts(client, django_assert_max_num_queries):
    client.force_login(world.owner())
    for number in range(12):
        actions.connect_account(actor=SYSTEM, platform="sandbox", name=f"a{number}", config={"name": f"n{number}"})
    with django_assert_max_num_queries(14):
        assert client.get("/accounts/").content.count(b'class="card card-body account"') == 12


@pytest.mark.django_db
@pytest.mark.parametrize("platform", sorted(connectors))
def test_every_connector_has_a_form_and_says_what_it_can_do(client, platform):
    client.force_login(world.owner())
    form = client.get(f"/accounts/new/{platform}/").content.decode()
    for name in connectors[platform].Config.model_fields:
        assert f'name="config_{name}"' in form
    assert all(sentence for _, sentence in words.abilities(connectors[platform].capabilities))


def test_short_times_for_taking_back_are_said_in_minutes():
    said = [sentence for _, sentence in words.abilities(connectors["onebot11"].capabilities)]
    assert "Takes messages back within 2 minutes" in said
