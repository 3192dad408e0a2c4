"""Steps and planned broadcasts are moved with a finger: on a phone, and on a large screen that is touched."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from qunce.chat import actions as chat
from qunce.chat.selectors import schedules
from qunce.chat.types import Rhythm, Selection
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.moments import written
from qunce.playbooks.policies.yaml import read
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, wait_until_true
from tests.support.fingers import Finger

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = """\
key: three-days
title: 三天同行
steps:
  - {id: hello, when: day 0 20:00, do: send, text: 大家好}
  - {id: question, when: day 1 20:00, do: ask, text: 好吗？, for: 24h}
  - {id: thanks, when: day 3 20:30, do: send, text: 谢谢}
"""


def when(row, step):
    row.refresh_from_db()
    return next(written(each.when) for each in selectors.document_of(row).walk() if each.id == step)


def test_a_step_is_dragged_with_a_finger(browse, transactional_db):
    row = actions.create_playbook(actor=SYSTEM, document=read(TEXT), text=TEXT)
    owner = world.owner()
    page = browse(f"/playbooks/{row.pk}/", owner, phone=True)
    finger = Finger(page)
    card = page.locator('.dayplan-list [data-step="hello"]')
    box, before = finger.box(card), page.evaluate("scrollY")
    finger.swipe((box["x"] + 40, box["y"] + 10), (box["x"] + 40, box["y"] - 200))
    wait_until_true(page, lambda: page.evaluate("scrollY") > before)
    assert when(row, "hello") == "day 0 20:00", "a finger that moves at once scrolls"
    free = page.locator('.dayplan-list [data-day="2"]').first
    expect(free).to_be_hidden()
    start = finger.lift(card)
    expect(free, "days on which nothing is are there to be chosen").to_be_visible()
    finger.put_on(start, free)
    wait_until_true(page, lambda: when(row, "hello") == "day 2 20:00")
    page.locator('.dayplan-list [data-day="2"] [data-step="hello"]').wait_for()
    expect(page.locator("#panel > *"), "it was dragged, not opened").to_have_count(0)
    page_ok(page, "playbook-touched")
    desk = browse(f"/playbooks/{row.pk}/", owner)
    finger = Finger(desk)
    start = finger.lift(desk.locator('.dayplan-table [data-step="question"]'))
    finger.put_on(start, desk.locator('.dayplan-table td[data-day="4"][data-hour="18"]').first)
    wait_until_true(desk, lambda: when(row, "question") == "day 4 18:00")
    # Held at the lower edge, the page follows.
    top = desk.evaluate("document.querySelector('.dayplan-scroll').scrollTop + scrollY")
    start = finger.lift(desk.locator('.dayplan-table [data-step="thanks"]'))
    finger.move(start, (start[0], desk.viewport_size["height"] - 5))
    moved = "document.querySelector('.dayplan-scroll').scrollTop + scrollY"
    wait_until_true(desk, lambda: desk.evaluate(moved) > top)
    desk.keyboard.press("Escape")
    desk.locator(".drag-ghost").wait_for(state="detached")
    finger.let_go()
    assert when(row, "thanks") == "day 3 20:30", "Escape puts it back"


def test_a_planned_broadcast_is_dragged_with_a_finger(browse, transactional_db):
    made = support.account("sandbox", external_id="bot:Qunce", state="working")
    support.adopted(made, "A")
    day = clock.today("Asia/Shanghai") + timedelta(days=1)
    planned = chat.plan_broadcast(
        actor=SYSTEM,
        text="周末见",
        selection=Selection(everywhere=True),
        rhythm=Rhythm(day, time(9), "Asia/Shanghai", ()),
        submission=uuid4(),
    )

    def on():
        planned.refresh_from_db()
        return schedules.rhythm_of(planned).first

    to = day + timedelta(days=2)
    page = browse("/calendar/?show=agenda", world.owner(), phone=True)
    finger = Finger(page)
    place = page.locator(f'.agenda-day[data-day="{to.isoformat()}"]')
    start = finger.lift(page.locator(".agenda [data-moves-schedule] .agenda-what"))
    place.wait_for()
    finger.put_on(start, place)
    page.get_by_text("goes out on").wait_for()
    assert on() == to
    assert "show=agenda" in page.url
    page_ok(page, "calendar-touched")
