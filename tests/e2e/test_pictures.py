"""The pictures of the README and docs, taken of the product at work; ``make pictures`` puts them into docs/images.

The people and messages are made up; everything else is what the product shows.
"""

import os
import uuid
from pathlib import Path

import pytest

from qunce.chat import actions as chat
from qunce.chat.types import Selection
from qunce.console.chat import sandbox
from qunce.desk import actions as desk
from qunce.desk.types import RuleDraft
from qunce.insights.actions import health, series
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions as playbooks
from qunce.playbooks import selectors as scripts
from qunce.playbooks.actions.rehearsals import ask_rehearsal, carry_out_rehearsal
from qunce.playbooks.policies.yaml import read
from tests.support import world
from tests.support.browser import PICTURES, page_ok

FOLDER = Path(os.environ.get("QUNCE_PICTURES") or PICTURES / "docs")
TEXT = {
    "zh-hans": "各位{群名}的朋友，今晚八点共读第四章，{人数}位书友不见不散！",
    "en": "Dear {group}, tonight at eight we read chapter four together. See you, all {members} of you!",
}


@pytest.fixture
def scene(site):
    """A lively community, rules that answer, a broadcast under way."""
    made = world.lively()
    owner = world.owner("林芝")
    world.lively("跑者之家", groups=2, found=1)
    for keywords, answer in (
        (("报名", "怎么报名"), "{name}，报名在这里：https://example.org/join"),
        (
            ("资料", "讲义"),
            "{name}，讲义都在群公告里。",
        ),
    ):
        desk.create_rule(actor=SYSTEM, draft=RuleDraft(keywords=keywords, answer=answer, cooldown_seconds=60))
    series.fill()
    health.assess()
    return made, owner


def at_work(home, key):
    """A playbook of the library, published and at work in a community; the playbook and its run."""
    text = scripts.library_entry(key).text
    row = playbooks.create_playbook(actor=SYSTEM, document=read(text), text=text, community_id=home.pk)
    playbooks.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    where = Selection(community_ids=(home.pk,))
    run = playbooks.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=where, submission=uuid.uuid4())
    playbooks.look_for_starts()
    return row, run


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pictures(scene, browse, language):
    made, owner = scene
    sent = chat.send_broadcast(
        actor=world.actor(owner),
        title="今晚共读" if language == "zh-hans" else "Tonight",
        text=TEXT[language],
        selection=Selection(community_ids=(made.home.pk,)),
        submission=uuid.uuid4(),
    )
    room = sandbox.set_up(world.actor(owner))
    book, run = at_work(made.home, "rescue-closed-circle")
    kept = ask_rehearsal(
        actor=world.actor(owner), playbook_id=book.pk, selection=Selection(community_ids=(made.home.pk,)), days=14
    )
    carry_out_rehearsal(rehearsal_id=kept.pk)
    group = next(iter(made.groups.values())).pk
    pages = {
        "today": "/",
        "communities": "/communities/",
        "groups": "/groups/",
        "group": f"/groups/{group}/",
        "insight": f"/groups/{group}/insight/",
        "playbook": f"/playbooks/{book.pk}/",
        "run": f"/playbooks/runs/{run.pk}/",
        "rehearsal": f"/playbooks/rehearsals/{kept.pk}/",
        "calendar": "/calendar/",
        "broadcast": f"/broadcasts/{sent.pk}/",
        "replies": "/keyword-replies/",
        "sandbox": f"/sandbox/{room}/",
    }
    folder = FOLDER / language.partition("-")[0]
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in pages.items():
        page = browse(path, owner, language=language)
        page.wait_for_timeout(600)  # charts draw themselves
        page.screenshot(path=folder / f"{name}.png", caret="initial")
        if language == "zh-hans":
            page_ok(page)
        page.context.close()
    for name, path, dark in (("phone-today", "/", False), ("phone-group", pages["group"], True)):
        page = browse(path, owner, language=language, phone=True, dark=dark)
        page.wait_for_timeout(600)
        page.screenshot(path=folder / f"{name}.png", caret="initial")
        page.context.close()
