"""Getting in: first by a link, then by password and second factor; and nobody else."""

import base64
import hmac
import struct
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from playwright.sync_api import expect

from qunce.kernel.actor import Role
from qunce.kernel.models import AuditEntry
from qunce.team import actions
from tests.support import world
from tests.support.browser import page_ok

WRONG = "not this one at all"


def code_now(secret, period=30):
    """RFC 6238, six digits."""
    counter = struct.pack(">Q", int(time.time()) // period)
    digest = hmac.new(base64.b32decode(secret), counter, "sha1").digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def sign_in(page, staff, password=world.PASSWORD):
    page.get_by_label("Email").fill(staff.email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page):
    page.locator("summary.top-me").click()
    page.get_by_role("button", name="Sign out").click()


def test_the_first_administrator_sets_up_by_the_link(browse, site):
    link = actions.issue_first_sign_in_link()
    page = browse(link)
    page_ok(page, "welcome")
    page.get_by_label("Your name").fill("林芝")
    page.get_by_label("E-mail address").fill("lin@example.org")
    page.get_by_label("Password").fill("12345678")
    page.get_by_role("button").last.click()
    page.get_by_text("This password is too common").wait_for()
    expect(page.get_by_label("Your name")).to_have_value("林芝")
    page_ok(page, "welcome-refused")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Set up and go in").click()
    page.wait_for_url(f"{site}/")
    page.goto("/profile/")
    expect(page.get_by_label("Name")).to_have_value("林芝")
    again = browse(link)
    assert "used" in again.locator("h1").inner_text()
    again.complaints = [line for line in again.complaints if "404" not in line]
    page_ok(again, "void-link")


def test_switching_the_second_factor_on_and_getting_in_with_it(browse, site):
    owner = world.owner()
    page = browse("/sign-in/")
    sign_in(page, owner)
    page.goto("/profile/second-factor/")
    page_ok(page, "second-factor")
    page.get_by_role("link", name="Set it up").click()
    page_ok(page, "asked-again")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page_ok(page, "second-factor-setup")
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Authenticator code").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    page.locator(".field-error").wait_for()
    expect(page.locator("code.secret")).to_have_text(secret)
    page.get_by_label("Authenticator code").fill(code_now(secret))
    page.get_by_role("button", name="Switch on").click()
    page.locator("#codes").wait_for()
    page_ok(page, "recovery-codes")
    recovery = page.locator("#codes").inner_text().split()[0]
    sign_out(page)
    page.goto("/sign-in/")
    sign_in(page, owner)
    page.get_by_label("Code").wait_for()
    page_ok(page, "second-factor-asked")
    page.goto("/profile/")
    assert page.url == f"{site}/profile/second-factor/authenticate/", "in without the second factor"
    page.get_by_label("Code").fill("123456")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator(".field-error").wait_for()
    page.get_by_label("Code").fill(recovery)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{site}/")
    assert AuditEntry.objects.filter(action="staff.second_factor_on", actor_id=owner.pk).count() == 1


def test_the_app_s_code_lets_in_and_its_key_is_sealed(browse, site):
    owner = world.owner()
    secret = base64.b32encode(b"twenty bytes of text").decode()
    stored = TOTP.activate(owner, secret).instance
    assert secret not in str(stored.data)
    page = browse("/sign-in/")
    sign_in(page, owner)
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{site}/")
    page.goto("/profile/second-factor/totp/deactivate/")
    page.get_by_label("Password").fill(world.PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page_ok(page, "second-factor-off")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_text("lets anybody in").wait_for()
    assert AuditEntry.objects.filter(action="staff.second_factor_off", actor_id=owner.pk).count() == 1


def test_a_wrong_password_says_no_more_than_that(browse):
    owner = world.owner()
    page = browse("/sign-in/")
    sign_in(page, owner, WRONG)
    known = page.locator(".notice-bad").inner_text()
    page_ok(page, "sign-in-refused")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill(WRONG)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".notice-bad")).to_have_text(known)


def test_guessing_is_slowed_down(browse):
    owner = world.set_up(actions.issue_first_sign_in_link(), email="guessed@example.org")
    page = browse("/sign-in/")
    for _attempt in range(5):
        sign_in(page, owner, WRONG)
    sign_in(page, owner)
    assert "Too many" in page.locator(".notice-bad").inner_text()


def test_the_page_asked_for_comes_after_signing_in(browse, site):
    owner = world.owner()
    page = browse("/audit/?community=1")
    sign_in(page, owner)
    page.wait_for_url(f"{site}/audit/?community=1")


def test_the_deactivated_are_out_at_once(browse, site):
    owner, colleague = world.owner(), world.member_of_staff(everywhere=Role.LEAD)
    page = browse("/staff/", colleague)
    actions.deactivate_staff(actor=world.actor(owner), staff_id=colleague.pk)
    page.reload()
    assert "/sign-in/" in page.url
    sign_in(page, colleague)
    assert page.url != f"{site}/"


@pytest.mark.django_db
def test_a_piece_of_a_page_sends_the_whole_page_to_sign_in():
    answer = Client().get("/audit/", headers={"HX-Request": "true", "HX-Current-URL": "http://x/audit/?by=1"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/sign-in/?next=/audit/%3Fby%3D1"


@pytest.mark.django_db
def test_nobody_signs_up():
    for path in ("/sign-up/", "/signup/", "/accounts/signup/"):
        assert Client().get(path).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_preferences_lead_nowhere_else(back):
    answer = Client().post("/preferences/", {"language": "en", "next": back})
    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_language_and_look_are_kept_before_and_after_signing_in():
    client, owner = Client(), world.owner()
    client.post("/preferences/", {"language": "en"})
    assert 'lang="en"' in client.get("/sign-in/").content.decode()
    client.force_login(owner)
    client.post("/preferences/", {"language": "zh-hans"})
    client.post("/preferences/", {"theme": "dark"})
    page = client.get("/profile/").content.decode()
    assert 'lang="zh-Hans" data-theme="dark" data-bs-theme="dark"' in page
    owner.refresh_from_db()
    assert (owner.language, owner.theme) == ("zh-hans", "dark")
    client.post("/sign-out/")
    assert 'data-theme="dark"' in client.get("/sign-in/").content.decode()
