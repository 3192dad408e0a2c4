"""A browser that looks at the console as people do, and notices what they would complain about.

def test_groups(browse, site):
    page = browse("/groups/", world.owner())
    page_ok(page, "groups")

Pictures of the pages are kept in test-pictures/ where QUNCE_LOOK is set.
"""

import os
import re
import shutil
import time
from pathlib import Path

import axe_playwright_python
import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the browser's driver has an event loop of its own in this thread

PICTURES = Path(__file__).parents[2] / "test-pictures"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# The shell without windows does the same for half the work; not every system has it.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
PATIENCE = 60  # seconds; a page that works is never waited for so long, however busy the machine
expect.set_options(timeout=PATIENCE * 1000)
AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": FLAGS}


@pytest.fixture
def browse(new_context, site):
    """``browse(path, staff=None, phone=False, dark=False, language="en")``: a page, opened as this person."""

    def open_page(path="/", staff=None, *, phone=False, dark=False, language="en"):
        context = new_context(
            base_url=site,
            viewport=PHONE if phone else DESK,
            color_scheme="dark" if dark else "light",
            locale={"en": "en-GB", "zh-hans": "zh-CN"}[language],
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE * 1000)
        cookies = {settings.LANGUAGE_COOKIE_NAME: language}
        if staff is not None:
            client = Client()
            client.force_login(staff)
            cookies |= {name: morsel.value for name, morsel in client.cookies.items()}
            type(staff).objects.filter(pk=staff.pk).update(language=language)
        context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
        page = context.new_page()
        watch(page)
        page.goto(path)
        return page

    return open_page


def wait_until(page, expression, seconds=PATIENCE):
    """Wait for an expression to be true; the driver's own way evaluates text in the page, which its policy forbids."""
    wait_until_true(page, lambda: page.evaluate(expression), seconds, expression)


def wait_until_true(page, asks, seconds=PATIENCE, what=""):
    """Wait until ``asks()`` is true, while the page goes on."""
    deadline = time.monotonic() + seconds
    while not asks():
        assert time.monotonic() < deadline, what
        page.wait_for_timeout(50)


def held(page, part):
    """What is asked for at an address with this part waits until the returned function is called."""
    waiting, pattern = [], re.compile(re.escape(str(part)))

    def hold(route):
        waiting.append(route)

    def let_go():
        for route in waiting:
            route.continue_()
        page.unroute(pattern, hold)

    page.route(pattern, hold)
    return waiting, let_go


def watch(page):
    """Keep what the console of the page complains about, a violation of the content policy included."""
    page.complaints = []
    page.on("console", lambda line: line.type in {"error", "warning"} and page.complaints.append(line.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))


def page_ok(page, name=""):
    """Nothing is complained about, axe finds nothing serious, nothing is wider than a phone; keeps pictures by name."""
    page.wait_for_load_state("load")
    assert not page.complaints, page.complaints
    _accessible(page)
    before = page.viewport_size
    if name:
        shoot(page, name)
    page.set_viewport_size(PHONE)
    # A chart follows its place a moment later.
    for _ in range(PATIENCE):
        if not (wide := page.evaluate(WIDER)):
            break
        page.wait_for_timeout(100)
    assert not wide, f"wider than {PHONE['width']} px: {wide}"
    _accessible(page)
    if name:
        shoot(page, f"{name}-phone")
    page.set_viewport_size(before)
    assert not page.complaints, page.complaints


WIDER = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
    .map((element) => element.outerHTML.slice(0, 120)).slice(0, 5)"""


VIOLATIONS = """() => axe.run({resultTypes: ["violations"], preload: false, elementRef: false})
  .then((found) => found.violations)"""


def _accessible(page):
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)
    found = page.evaluate(VIOLATIONS)
    told = [
        (each["id"], each["help"], [node["html"][:160] for node in each["nodes"]][:3])
        for each in found
        if each["impact"] in SERIOUS
    ]
    assert not told, told


def shoot(page, name):
    """Keep a picture of the whole page in test-pictures/, where pictures are wanted."""
    if "QUNCE_LOOK" not in os.environ:
        return
    PICTURES.mkdir(exist_ok=True)
    # Hiding the caret would leave style attributes behind.
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, caret="initial")
