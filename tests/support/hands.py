"""What an administrator does first at the pages of a product that runs."""

import re

from tests.support.product import eventually
from tests.support.synapse import PASSWORD

GROUPS_FOUND = "SELECT count(*) FROM community_group WHERE platform = 'matrix'"


def set_up(page, product):
    """Use the first sign-in link."""
    page.goto(product.first_sign_in)
    page.get_by_label("Your name").fill("林芝")
    page.get_by_label("E-mail address").fill("lin@example.org")
    page.get_by_label("Password").fill("correct horse battery")
    page.get_by_role("button", name="Set up and go in").click()
    page.wait_for_url(re.compile(r"127\.0\.0\.1:\d+/$"))


def connect(page, product, account, *, per_second=None):
    """Connect an account of a homeserver; ``per_second``: as the operator of that homeserver has allowed."""
    page.goto(f"{product.address}/accounts/new/matrix/")
    page.get_by_label("Homeserver").fill(account.server.url)
    page.get_by_label("User").fill(account.id)
    page.get_by_label("Password").fill(PASSWORD)
    if per_second:
        page.get_by_label("Messages per second").fill(str(per_second))
    page.get_by_role("button", name="Connect and check").click()
    page.get_by_text(f"The platform knows it as {account.id}.").wait_for()


def take_over(page, product, *, rooms, name="城市书房"):
    """Found a community, and take all rooms over into it once they are there."""
    eventually(lambda: product.rows(GROUPS_FOUND) == [(rooms,)])
    page.goto(f"{product.address}/communities/new/")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Found it").click()
    page.get_by_role("heading", name=name).first.wait_for()
    page.goto(f"{product.address}/groups/?state=found")
    page.get_by_role("heading", name=f"{rooms} groups wait to be taken over").wait_for()
    page.get_by_label("Choose all groups of this page").check()
    page.get_by_role("button", name="Take over").click()
    page.get_by_text(f"{rooms} groups are now in {name}.").wait_for()
    read = "SELECT count(*) FROM chat_seat WHERE reads AND backfill = 'done'"
    eventually(lambda: product.rows(read) == [(rooms,)])
