"""The pages of playbooks: begin from a text, arrange the steps, publish, begin a run, follow and steer it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from qunce.chat.types import Selection
from qunce.kernel.actor import SYSTEM
from qunce.playbooks import actions, selectors
from qunce.playbooks.models import Playbook
from qunce.playbooks.policies.yaml import read
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, wait_until

TEXT = """\
# written by hand
key: three-days
title: {zh: 三天同行, en: Three days together}
goal: {zh: 每个人说一句, en: Everybody says something}
evidence: {zh: 一半人说过话, en: Half of them have spoken}
steps:
  - id: hello
    when: day 0 20:00
    do: send
    text: {zh: "大家好，{group}", en: "Hello {group}"}
  - id: question
    when: day 1 20:00   # in the evening
    do: ask
    text: {zh: 今天学到了什么？, en: What have you learned today?}
    for: 24h
    silent:
      - id: nudge
        do: send
        text: {zh: 说一句就好, en: A word is enough}
  - id: thanks
    when: day 3 20:00
    do: send
    text: {zh: 谢谢大家, en: Thank you all}
"""


def written(text=TEXT, **more):
    return actions.create_playbook(actor=SYSTEM, document=read(text), text=text, **more)


def rooms(*names):
    """A sandbox account with adopted rooms; returns the groups by room."""
    made = support.account("sandbox", external_id="bot:Qunce", state="working")
    return support.adopted(made, *names)


def begun(row, **more):
    actions.publish(actor=SYSTEM, playbook_id=row.pk, edition=row.edition)
    run = actions.begin_run(
        actor=SYSTEM, playbook_id=row.pk, selection=Selection(everywhere=True), submission=uuid4(), **more
    )
    actions.look_for_starts()
    return run


@pytest.fixture
def client(db):
    browser = Client()
    browser.force_login(world.owner())
    return browser


def test_pages(client):
    rooms("A", "B")
    row = written()
    run = begun(row)
    for name, args in (
        ("playbooks", []), ("playbook_new", []), ("playbook", [row.pk]), ("playbook_about", [row.pk]),
        ("playbook_start", [row.pk]), ("playbook_text", [row.pk]), ("playbook_publish", [row.pk]),
        ("playbook_versions", [row.pk]), ("playbook_step", [row.pk, "hello"]), ("run_begin", [row.pk]),
        ("run", [run.pk]), ("run_move", [run.pk]), ("run_call", [run.pk, "question"]), ("playbook_export", [row.pk]),
    ):
        answer = client.get(reverse(f"console:{name}", args=args))
        assert answer.status_code == 200, (name, answer.status_code)
