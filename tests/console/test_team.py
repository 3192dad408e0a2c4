"""Staff and audit in the browser: inviting, roles, letting go, and reading who did it."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from qunce.console.team import ROLES
from qunce.kernel.actor import SYSTEM, Role
from qunce.team import actions
from qunce.team.models import Staff
from tests.support import world
from tests.support.browser import page_ok


def test_inviting_somebody_who_then_comes_in(browse, site):
    home = world.a_community("城市书房")
    page = browse("/staff/", world.owner())
    page_ok(page, "staff-alone")
    page.get_by_role("link", name="Invite").click()
    page_ok(page, "staff-invite")
    page.get_by_label("Name").fill("周遥")
    page.get_by_label("E-mail address").fill("no address at all")
    page.locator("form.card").evaluate("form => form.noValidate = true")
    page.get_by_label("Where").select_option(label="城市书房")
    page.get_by_label("Operator").check()
    page.get_by_role("button", name="Make the invitation").click()
    page.locator(".field-error").wait_for()
    expect(page.get_by_label("Name")).to_have_value("周遥")
    expect(page.get_by_label("Operator")).to_be_checked()
    page_ok(page, "staff-invite-refused")
    page.get_by_label("E-mail address").fill("zhou@example.org")
    page.get_by_role("button", name="Make the invitation").click()
    link = page.locator("#link").input_value()
    assert link.startswith(f"{site}/welcome/")
    page_ok(page, "staff-invited")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    page.reload()
    expect(page.locator("#link"), "a link is shown once").to_have_count(0)
    guest = browse(link.removeprefix(site))
    expect(guest.get_by_label("E-mail address")).to_have_value("zhou@example.org")
    guest.get_by_label("Password").fill(world.PASSWORD)
    guest.get_by_role("button", name="Set up and go in").click()
    guest.wait_for_url(f"{site}/")
    assert world.actor(Staff.objects.get(email="zhou@example.org")).grants == {home.pk: Role.OPERATOR}


def test_roles_and_letting_go(browse):
    home, owner = world.a_community("城市书房"), world.owner()
    colleague = world.member_of_staff("周遥", roles={home.pk: Role.VIEWER})
    page = browse(f"/staff/{colleague.pk}/", owner)
    page.get_by_text("Give or change a role").click()
    page.get_by_label("Where").select_option(label="城市书房")
    page.get_by_label("Lead").check()
    page.get_by_role("button", name="Give this role").click()
    page.get_by_text("The role is changed.").wait_for()
    page.locator(".lines").get_by_text("城市书房 · Lead").wait_for()
    page_ok(page, "staff-colleague")
    page.get_by_role("button", name="Take away").click()
    page_ok(page, "staff-take-role")
    page.keyboard.press("Escape")
    assert world.actor(colleague).grants == {home.pk: Role.LEAD}
    page.get_by_role("button", name="Take away").click()
    page.locator("dialog[open]").get_by_role("button", name="Take away").click()
    page.get_by_text("The role is changed.").wait_for()
    assert world.actor(colleague).grants == {}
    page.get_by_role("button", name="Deactivate").click()
    page_ok(page, "staff-deactivate")
    page.locator("dialog[open]").get_by_role("button", name="Deactivate").click()
    page.get_by_text("every session has ended").wait_for()
    page.get_by_role("button", name="Reactivate").click()
    page.get_by_text("with the roles from before").wait_for()
    expect(page.locator(".log li")).to_have_count(7)


def test_the_last_owner_is_told_why_not(browse):
    owner = world.owner()
    page = browse(f"/staff/{owner.pk}/", owner)
    page.get_by_role("button", name="Take away").click()
    page.locator("dialog[open]").get_by_role("button", name="Take away").click()
    page.locator(".notice-error").get_by_text("Make somebody else an owner of everything first.").wait_for()
    expect(page.locator("h1")).to_have_text(owner.name)


def test_searching_people_keeps_the_address(browse, site):
    owner = world.owner()
    for name in ("周遥", "许晴", "何川"):
        world.member_of_staff(name, everywhere=Role.VIEWER)
    page = browse("/staff/", owner)
    page_ok(page, "staff-people")
    page.get_by_label("Search").fill("许")
    page.get_by_text("周遥").wait_for(state="detached")
    page.wait_for_url(f"{site}/staff/?q=%E8%AE%B8")
    page.get_by_label("Search").fill("nobody like that")
    page.get_by_text("Nobody is called like that.").wait_for()
    page_ok(page, "staff-nobody")
    page.get_by_role("link", name="Show everybody").click()
    page.get_by_text("何川").wait_for()


def test_reading_the_audit(browse, site):
    home, owner = world.a_community("城市书房"), world.owner()
    for number in range(60):
        role = Role.VIEWER if number % 2 else Role.LEAD
        if number == 0:
            colleague = world.member_of_staff("周遥", roles={home.pk: Role.VIEWER})
        actions.change_roles(actor=SYSTEM, staff_id=colleague.pk, roles={home.pk: role})
    page = browse("/audit/", owner)
    page_ok(page, "audit-full")
    expect(page.locator(".log li")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    page.get_by_text("林芝 set up the sign-in by link.").wait_for()
    page.get_by_role("link", name="Newer").click()
    expect(page.locator(".log li")).to_have_count(50)
    page.get_by_label("Person").select_option(label="周遥")
    page.get_by_text("Qunce made 周遥").first.wait_for(state="detached")
    page.get_by_text("周遥 set up the sign-in by link.").wait_for()
    assert f"by={colleague.pk}" in page.url
    page.get_by_label("From").fill("2030-01-01")
    page.get_by_text("Nothing was decided that fits this filter.").wait_for()
    page_ok(page, "audit-nothing-fits")
    page.get_by_role("link", name="Show everything").click()
    page.wait_for_url(f"{site}/audit/")
    page.locator(".log-more").last.click()
    assert "about=" in page.url


def test_nothing_was_decided_yet(browse):
    home = world.a_community()
    lead = world.member_of_staff(roles={home.pk: Role.LEAD})
    page = browse("/audit/?by=999", lead)
    expect(page.locator("h1")).to_have_text("Who decided what")
    page_ok(page, "audit-empty")


@pytest.mark.django_db
def test_pages_cost_the_same_for_many(django_assert_max_num_queries):
    owner, client = world.owner(), Client()
    client.force_login(owner)
    for number in range(15):
        world.member_of_staff(f"同事{number}", everywhere=Role.VIEWER)
    with django_assert_max_num_queries(9):
        client.get("/staff/")
    with django_assert_max_num_queries(8):
        client.get("/audit/")


def test_every_role_is_explained():
    assert set(ROLES) == set(Role)
