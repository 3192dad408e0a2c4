"""The pages of roles that go round, as people use them."""

import pytest
from playwright.sync_api import expect

from qunce.kernel import clock
from qunce.kernel.actor import Role
from qunce.playbooks.models import Rota
from tests.support import world
from tests.support.browser import page_ok, shoot

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_role_goes_round(browse):
    owner, made = world.owner(), world.lively(groups=1, found=0)
    (group,) = made.groups.values()
    page = browse("/turns/", owner)
    expect(page.get_by_role("heading", name="No role goes round yet")).to_be_visible()
    page_ok(page, "rota-none")
    page.get_by_label("Let a role go round in").select_option(group.name)
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("What they do").fill("早上 8 点发一篇好文，写 100 字想法。")
    page.get_by_role("button", name="Make the turns").click()
    page.get_by_text("Choose who takes turns.").wait_for()
    expect(page.get_by_label("What they do"), "nothing is lost").to_have_value("早上 8 点发一篇好文，写 100 字想法。")
    page.get_by_role("button", name="Tick everybody").click()
    page.get_by_role("button", name="Move 李四 up").click()
    page_ok(page, "rota-form")
    page.get_by_role("button", name="Make the turns").click()
    page.get_by_text("The turns of the next five weeks are made.").wait_for()
    rota = Rota.objects.get()
    today = rota.turns.get(day=clock.today(made.home.zone))
    page.locator(".rota-today summary").click()
    page.locator(".rota-today").get_by_label("What the next one should know").fill("明天换小雨")
    page.locator(".rota-today").get_by_role("button", name="Kept").click()
    page.get_by_text("Saved.").wait_for()
    today.refresh_from_db()
    assert (today.state, today.handover) == ("kept", "明天换小雨")
    page_ok(page, "rota")
    colleague = world.member_of_staff(everywhere=Role.OWNER)
    dark = browse(f"/turns/{rota.pk}/", colleague, dark=True, phone=True, language="zh-hans")
    shoot(dark, "rota-dark-phone")
    page.get_by_role("button", name="End").click()
    page.get_by_role("button", name="End it").click()
    page.get_by_role("heading", name="No role goes round yet").wait_for()
