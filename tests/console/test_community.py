"""The pages of communities, in a browser."""

import pytest
from playwright.sync_api import expect

from qunce.community import actions
from qunce.community.models import Community
from qunce.community.types import CommunityProfile
from qunce.kernel.actor import SYSTEM, Role
from tests.support import world
from tests.support.browser import page_ok, shoot


def test_an_empty_list_leads_to_the_first_community(browse):
    page = browse("/communities/", world.owner())
    page_ok(page, "communities-empty")
    page.get_by_role("link", name="Found the first one").click()
    page.get_by_label("Name").fill("Night readers")
    page_ok(page, "community-new")
    page.get_by_label("Shared goal").fill("One book a month")
    page.get_by_role("checkbox", name="English").check()
    page.get_by_role("button", name="Found it").click()
    page.get_by_role("heading", name="Night readers").wait_for()
    assert page.get_by_text("One book a month").count()
    page_ok(page, "community-empty")
    assert Community.objects.get().languages == ["zh-hans", "en"]


def test_a_taken_name_is_said_at_its_field_and_what_was_typed_stays(browse):
    world.a_community("城市书房")
    page = browse("/communities/new/", world.owner())
    page.get_by_label("Name").fill("城市书房")
    page.get_by_label("Promise").fill("每周一章")
    page.get_by_role("button", name="Found it").click()
    page.get_by_text("There is already a community called").wait_for()
    expect(page.get_by_label("Promise")).to_have_value("每周一章")
    page_ok(page, "community-refused")


def test_who_comes_second_does_not_overwrite_what_he_has_not_seen(browse):
    home = world.a_community("城市书房")
    page = browse(f"/communities/{home.pk}/change/", world.owner())
    actions.change_community(actor=SYSTEM, community_id=home.pk, profile=CommunityProfile("城市书房", voice="warm"))
    page.get_by_label("Purpose").fill("Read together")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Somebody else changed this community").wait_for()
    home.refresh_from_db()
    assert (home.voice, home.purpose) == ("warm", "")


def test_cards_and_one_community(browse):
    world.lively()
    world.lively("山野跑团", groups=2, found=0)
    page = browse("/communities/", world.owner())
    page.get_by_role("link", name="城市书房").wait_for()
    page_ok(page, "communities")
    page.get_by_role("link", name="城市书房").click()
    page.get_by_role("heading", name="Messages per day").wait_for()
    page.locator(".chart:has(canvas)").wait_for()
    page_ok(page, "community")
    shoot(browse(page.url, world.owner(), dark=True), "community-dark")


def test_archiving_asks_first_and_can_be_undone(browse):
    home = world.a_community("城市书房")
    page = browse(f"/communities/{home.pk}/", world.owner())
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    page.get_by_text("城市书房 is archived.").wait_for()
    page.get_by_role("link", name="Archived communities").click()
    page_ok(page, "communities-archived")
    page.get_by_role("link", name="城市书房").click()
    page.get_by_role("button", name="Restore").click()
    page.get_by_text("城市书房 is open again.").wait_for()


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.LEAD, True)])
def test_only_who_leads_finds_the_way_to_change(client, db, role, may):
    home = world.a_community()
    client.force_login(world.member_of_staff(roles={home.pk: role}))
    shown = client.get(f"/communities/{home.pk}/").content.decode()
    assert (f"/communities/{home.pk}/change/" in shown) is may
    assert client.get(f"/communities/{home.pk}/change/").status_code == (200 if may else 403)


def test_the_list_costs_the_same_for_any_number(client, db, django_assert_num_queries):
    world.lively(groups=2, found=0)
    client.force_login(world.owner())
    client.get("/communities/")
    with django_assert_num_queries(QUERIES):
        client.get("/communities/")
    for n in range(5):
        world.lively(f"社群 {n}", groups=1, found=0)
    with django_assert_num_queries(QUERIES):
        client.get("/communities/")


QUERIES = 9
