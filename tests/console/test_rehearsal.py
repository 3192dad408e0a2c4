"""The page of rehearsals on groups that do not exist."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from qunce.kernel.actor import SYSTEM, Role
from qunce.playbooks import actions
from qunce.playbooks.actions.rehearsals import carry_out_rehearsal
from qunce.playbooks.models import KeptRehearsal
from qunce.playbooks.policies.yaml import read
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok

TEXT = "key: two-days\ntitle: 两天\nsteps:\n  - {id: hello, when: day 1 20:00, do: send, text: '大家好，{group}'}\n"


def url(name, *args):
    return reverse(f"console:{name}", args=args)


def drafted():
    return actions.create_playbook(actor=SYSTEM, document=read(TEXT))


def given(**more):
    return {"whom": "simulated", "groups": "3", "members": "20", "days": "4", "submission": str(uuid4()), **more}


def test_simulated_groups_are_what_there_is_where_there_are_no_others(browse, transactional_db):
    row = drafted()
    page = browse(f"/playbooks/{row.pk}/rehearse/", world.owner())
    page.get_by_label("How many groups").fill("3")
    page_ok(page, "rehearse-simulated")
    page.get_by_label("Every group that I operate").check()
    page.get_by_label("How many groups").wait_for(state="hidden")
    page.get_by_label("Simulated groups").check()
    page.get_by_role("button", name="Rehearse the draft").click()
    page.get_by_text("waits for a worker").wait_for()
    kept = KeptRehearsal.objects.get()
    assert kept.simulated == {"groups": 3, "members": 80, "seed": 1}
    carry_out_rehearsal(rehearsal_id=kept.pk)
    page.reload()
    page.get_by_text("in 3 simulated groups").wait_for()
    page.get_by_text("none of them exists").wait_for()
    page.locator("details.scene summary").click()
    page.get_by_text(re.compile("^大家好，(Simulated group|模拟群) 1$")).wait_for()
    page_ok(page, "rehearsal-simulated")
    page.goto(f"/playbooks/{row.pk}/rehearse/")
    page.get_by_text("3 simulated groups").wait_for()


@pytest.mark.django_db
def test_what_is_asked_for_is_kept_and_bounded():
    row = drafted()
    browser = Client()
    browser.force_login(world.owner())
    refused = browser.post(url("playbook_rehearse", row.pk), given(groups="1001"))
    assert "1000" in refused.content.decode()
    assert browser.post(url("playbook_rehearse", row.pk), given(groups="", members="")).status_code == 302
    assert KeptRehearsal.objects.get().simulated == {"groups": 100, "members": 80, "seed": 1}


@pytest.mark.django_db
def test_with_groups_of_ones_own_those_are_offered_first():
    row = drafted()
    support.adopted(support.account(), "A")
    browser = Client()
    browser.force_login(world.owner())
    form = browser.get(url("playbook_rehearse", row.pk)).context["form"]
    assert form.initial["whom"] != "simulated"
    viewer = Client()
    viewer.force_login(world.member_of_staff(everywhere=Role.VIEWER))
    assert viewer.post(url("playbook_rehearse", row.pk), given()).status_code == 403
