"""The frame of all pages: navigation, languages, light and dark, keyboard, live updates."""

import pytest

from tests.support import world
from tests.support.browser import page_ok


def test_signing_in_comes_first(browse):
    page = browse("/profile/")
    assert page.url.endswith("/sign-in/?next=/profile/")
    page_ok(page, "sign-in")


def test_profile(browse):
    page = browse("/profile/", world.owner())
    page_ok(page, "profile")


def test_staff_pages(browse):
    owner = world.owner()
    page = browse("/staff/", owner)
    page_ok(page, "staff")
    page.goto("/staff/invite/")
    page_ok(page, "invite")
    page.goto(f"/staff/{owner.pk}/")
    page_ok(page, "colleague")
    page.goto("/audit/")
    page_ok(page, "audit")
