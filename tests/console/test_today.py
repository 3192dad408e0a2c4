"""Today: what waits, what happened, and how to begin."""

import re

from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.models import Delivery, Seat, SetAside
from qunce.chat.types import DeliveryState, GroupSeen, Selection
from qunce.kernel import clock
from qunce.kernel.actor import Role
from qunce.kernel.ids import new_id
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot

QUERIES = 31


def planned(group, account, state):
    """A delivery in this state."""
    return Delivery.objects.create(
        id=new_id(),
        key=str(new_id()),
        account_id=account.pk,
        group_id=group.pk,
        purpose=0,
        content=[{"is": "text", "text": "你好"}],
        state=state,
        created_at=clock.now(),
        not_before=clock.now(),
    )


def test_an_empty_installation_says_how_to_begin(browse):
    page = browse("/", world.owner())
    page.get_by_role("heading", name="Welcome. Let us begin.").wait_for()
    page_ok(page, "today-empty")
    page.get_by_role("link", name="Begin here").click()
    page.wait_for_url("**/sandbox/")


def test_first_steps_are_ticked_off(browse):
    world.lively()
    page = browse("/", world.owner())
    expect(page.locator(".is-done")).to_have_count(3)  # sandbox, community, groups
    page_ok(page, "today-begun")


def test_what_waits_is_named_with_the_way_to_deal_with_it(browse):
    made = world.lively()
    group = made.groups["城市书房 · 晨读群"]
    planned(group, made.account, DeliveryState.FAILED)
    planned(group, made.account, DeliveryState.UNKNOWN)
    planned(group, made.account, DeliveryState.UNKNOWN)
    SetAside.objects.create(account_id=made.account.pk, error="ValueError", event={}, at=clock.now())
    Seat.objects.filter(group_id=group.pk).update(reads=False)
    page = browse("/", world.owner())
    page.get_by_role("heading", name="6 things wait for you").wait_for()
    page.get_by_text(re.compile(r"\d+ questions are unanswered")).wait_for()
    for sentence in (
        "1 event could not be processed",
        "1 message was not delivered",
        "Of 2 messages nobody knows whether they arrived",
        "2 groups wait to be taken over",
        "1 group is not read by anyone",
    ):
        expect(page.get_by_text(sentence)).to_be_visible()
    page_ok(page, "today")
    shoot(browse("/", world.owner(), dark=True), "today-dark")
    page.get_by_role("link", name="See which").click()
    page.get_by_role("heading", name="1 group is not read by anyone").wait_for()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_what_waits_appears_by_itself(browse):
    made = world.lively(groups=1, found=0)
    page = browse("/", world.owner())
    page.locator('html[data-live="on"]').wait_for(state="attached")
    support.live(made.account, GroupSeen("!new", "新来的群"))
    page.get_by_text("1 group waits to be taken over").wait_for()


def test_a_viewer_sees_what_happened_in_his_community_and_nothing_else(client, db):
    mine = world.lively("甲", groups=1)
    world.lively("乙", groups=1)
    client.force_login(world.member_of_staff(roles={mine.home.pk: Role.VIEWER}))
    shown = client.get("/").content.decode()
    assert "Nothing waits for you" in shown
    assert "甲" in shown
    assert "乙" not in shown
    assert "First steps" not in shown


def test_the_page_has_a_budget(client, db, django_assert_num_queries):
    world.lively(groups=1, found=1)
    client.force_login(world.owner())
    with django_assert_num_queries(QUERIES):
        client.get("/")
    for n in range(3):
        world.lively(f"社群 {n}", groups=3, found=3)
    with django_assert_num_queries(QUERIES):
        client.get("/")


def test_broadcasts_under_way_are_listed(client, db):
    made = world.lively(groups=2, found=0)
    chat.send_broadcast(
        actor=world.actor(world.owner()),
        title="周末活动",
        text="周六见",
        selection=Selection(community_ids=(made.home.pk,)),
        submission=new_id(),
    )
    client.force_login(world.owner())
    shown = client.get("/").content.decode()
    assert "周末活动" in shown
    assert "2 of 2 still to go" in shown
