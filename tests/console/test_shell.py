"""The frame of all pages: navigation, languages, light and dark, keyboard, phone, errors."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from qunce.console.context import NAVIGATION, navigation
from qunce.kernel.actor import Role
from tests.support import world
from tests.support.browser import PHONE, page_ok, shoot, wait_until


def places(page):
    return page.locator("#places a").all_inner_texts()


def test_signing_in_comes_first(browse):
    page = browse("/profile/")
    assert page.url.endswith("/sign-in/?next=/profile/")
    page_ok(page, "sign-in")


def test_everybody_finds_what_is_theirs(browse):
    home = world.a_community()
    viewer = browse("/profile/", world.member_of_staff(roles={home.pk: Role.VIEWER}))
    assert "Groups" in places(viewer)
    assert not {"Staff", "Audit", "Accounts", "Sandbox"} & set(places(viewer))
    lead = browse("/profile/", world.member_of_staff(roles={home.pk: Role.LEAD}))
    assert {"Staff", "Audit"} < set(places(lead))
    assert not {"Accounts", "Sandbox"} & set(places(lead))
    owner = browse("/staff/", world.owner())
    assert {"Staff", "Audit", "Accounts", "Sandbox"} < set(places(owner))
    expect(owner.locator('#places [aria-current="page"]')).to_have_text("Staff")
    owner.goto("/staff/invite/")
    expect(owner.locator('#places [aria-current="true"]')).to_have_text("Staff")


@pytest.mark.django_db
def test_every_place_leads_somewhere(rf):
    request = rf.get("/")
    request.actor = world.actor(world.owner())
    shown = {link.place.name for _title, links in navigation(request) for link in links}
    # What is carried by hand has a place once there is such an account.
    assert shown == {place.name for _title, section in NAVIGATION for place in section} - {"by_hand"}


def test_language_and_look_change_with_a_click_and_stay(browse):
    page = browse("/profile/", world.owner())
    page.get_by_label("Light or dark").click()
    page.get_by_role("button", name="Dark").click()
    page.wait_for_url("**/profile/")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    page_ok(page, "profile-dark")
    page.get_by_label("Language", exact=True).first.click()
    page.get_by_role("button", name="简体中文").click()
    page.wait_for_url("**/profile/")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    page.get_by_role("button", name="保存").wait_for()
    page.reload()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_as_the_device_follows_the_device(browse):
    page = browse("/sign-in/", dark=True)
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    page_ok(page, "sign-in-dark")
    page.emulate_media(color_scheme="light")
    wait_until(page, "document.documentElement.dataset.bsTheme === 'light'")


def test_by_keyboard(browse):
    page = browse("/staff/", world.owner())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("a/b")
    expect(page.locator("[name=q]")).to_have_value("a/b")
    menu = page.locator("summary.top-me")
    menu.focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="My profile").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "top-button top-me"
    expect(page.get_by_role("link", name="My profile")).to_be_hidden()


def test_on_a_phone(browse):
    page = browse("/staff/", world.owner(), phone=True)
    assert page.viewport_size == PHONE
    expect(page.locator("#places")).to_be_hidden()
    menu = page.get_by_label("Menu", exact=True)
    menu.click()
    assert menu.get_attribute("aria-expanded") == "true"
    page.locator("#places").get_by_text("Audit").wait_for()
    shoot(page, "menu-phone")
    page.locator("#places").get_by_text("Audit").click()
    page.wait_for_url("**/audit/")
    expect(page.locator("#places")).to_be_hidden()
    thumb = page.get_by_role("navigation", name="Short cuts")
    expect(thumb.get_by_role("link")).to_have_text(["Today", "Inbox", "Groups", "Broadcasts", "Tasks"])
    thumb.get_by_text("Groups").click()
    page.wait_for_url("**/groups/")


def test_errors_say_what_to_do(browse):
    home = world.a_community()
    viewer = world.member_of_staff(roles={home.pk: Role.VIEWER})
    for path, words in (("/nowhere/", "There is no such page"), ("/staff/", "Your role does not allow this")):
        page = browse(path, viewer)
        assert words in page.locator("h1").inner_text()
        page.complaints = [line for line in page.complaints if "the server responded with" not in line]
        page_ok(page, f"error-{path.strip('/')}")
        page.get_by_role("link", name="To the first page", exact=True).click()


def test_an_error_in_a_piece_is_told_in_the_page(browse):
    page = browse("/audit/", world.owner())
    page.evaluate("htmx.ajax('GET', '/groups/999999/', {target: '#entries'})")
    page.locator("#notices .notice-bad").get_by_text("This does not exist").wait_for()
    expect(page.locator("#entries")).to_be_visible()


@pytest.mark.django_db
def test_files_of_the_pages_are_sent_compressed_and_once():
    client, path = Client(), "/static/vendor/tabler.min.css"
    whole = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert whole["Content-Encoding"] == "gzip"
    assert whole["Content-Type"] == 'text/css; charset="utf-8"'
    assert not whole.streaming
    again = client.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": whole["ETag"]})
    assert (again.status_code, again.content, "Content-Type" in again) == (304, b"", False)
    part = client.get("/static/console/theme.css", headers={"Range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert client.head(path).content == b""
    assert client.get("/static/../settings.py").status_code == 404


@pytest.mark.django_db
def test_every_answer_is_under_the_strict_policy():
    for path in ("/sign-in/", "/nowhere/", "/healthz", "/static/console/theme.css"):
        answer = Client().get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy, path
        assert "default-src 'none'" in policy, path
        answer.close()
