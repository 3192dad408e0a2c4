"""Steps, conditions and variables are filled in, not written: what a form shows is what the playbook says."""

from importlib import import_module

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from qunce.console.playbooks.configs import ConfigForm
from qunce.console.playbooks.fields import YamlField
from qunce.console.playbooks.forms import AboutForm, StepForm, around_step
from qunce.console.playbooks.starts import StartForm
from qunce.kernel.actor import SYSTEM
from qunce.members.condition import conditions
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies import editing
from qunce.playbooks.step import steps
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Document
from tests.support import world
from tests.support.browser import page_ok, wait_until_true
from tests.support.filled import filled

pytestmark = pytest.mark.django_db

BRANCHED = {
    "key": "branched",
    "title": "分流",
    "audience": "member",
    "variables": {"place": {"label": {"zh": "地点", "en": "Place"}, "required": True}, "price": {"label": "¥"}},
    "needs": ["tags", "points"],
    "steps": [
        {"id": "question", "do": "ask", "with_": {"text": "来吗？", "for": "24h"}},
        {
            "id": "way",
            "do": "branch",
            "only_if": [["tag", {"tag": "vip"}], ["joined_days", {"at_least": 3}]],
            "with_": {"if": [{"tag": "vip"}, {"answered": "question"}], "unless": ["core", {"unheard_of": 7}]},
            "paths": {"then": [{"id": "hello", "do": "send", "with_": {"text": "{place}见"}}]},
        },
    ],
}


def posted(form):
    """What a browser would send for a form of which nothing was changed."""
    html = "".join(bound.as_widget() for bound in form)
    data = QueryDict(mutable=True)
    for name, value in filled(f"<form>{html}</form>"):
        data.appendlist(name, value)
    return data


def documents():
    return [entry.document for entry in selectors.library()]


def of_fixtures():
    for key in steps:
        given = import_module(f"tests.steps.fixtures.{key}")
        more = {"variables": getattr(given, "VARIABLES", {}), "audience": getattr(given, "AUDIENCE", "group")}
        yield Document.model_validate({"key": "fixture", "title": key, "steps": given.STEPS, **more})


def saved(document, step):
    around = StepForm(document, step, steps[step.do].Config)
    form = StepForm(document, step, steps[step.do].Config, posted(around))
    assert form.is_valid(), (document.key, step.id, form.errors)
    return form.spec()


def test_a_form_that_is_saved_as_it_is_changes_nothing():
    for document in [*documents(), *of_fixtures()]:
        for step in document.walk():
            assert saved(document, step) == step, (document.key, step.id)


def test_a_start_that_is_saved_as_it_is_changes_nothing():
    for document in documents():
        form = StartForm(document, document.start.on)
        again = StartForm(document, document.start.on, posted(form))
        assert again.is_valid(), (document.key, again.errors)
        assert again.spec() == document.start


def test_what_a_playbook_is_for_is_saved_as_it_is():
    for document in [*documents(), Document.model_validate(BRANCHED)]:
        form = AboutForm(document, posted(AboutForm(document)))
        assert form.is_valid(), (document.key, form.errors)
        assert form.changed_document() == document


def test_nothing_has_to_be_written_as_code():
    document = Document.model_validate(BRANCHED)
    for kind in (*steps.values(), *triggers.values(), *conditions.values()):
        form = ConfigForm()
        form.add_config(kind.Config, {}, around_step(document))
        code = [name for name, field in form.fields.items() if isinstance(field, YamlField)]
        assert not code, (kind, code)


# ---------------------------------------------------------------- rows
def changed(document, step_id, change):
    step = editing.found(document, step_id)
    data = posted(StepForm(document, step, steps[step.do].Config))
    change(data)
    return StepForm(document, step, steps[step.do].Config, data)


def test_a_condition_is_added_taken_out_and_moved():
    document = Document.model_validate(BRANCHED)

    def add(data):
        del data["with_unless-1-kind"]
        data["only_if-7-kind"], data["only_if-7-with_days"] = "spoke_within", "7"

    form = changed(document, "way", add)
    assert form.is_valid(), form.errors
    assert form.spec().only_if == (
        ("tag", {"tag": "vip"}),
        ("joined_days", {"at_least": 3}),
        ("spoke_within", {"days": 7}),
    )

    def take_out(data):
        del data["only_if-0-kind"]
        del data["with_unless-1-kind"]

    form = changed(document, "way", take_out)
    assert form.is_valid(), form.errors
    assert form.spec().only_if == (("joined_days", {"at_least": 3}),)


def test_a_condition_that_is_not_there_any_more_stays_until_it_is_taken_out():
    """The Config refuses it, and says so beneath the list; nothing of it is lost."""
    document = Document.model_validate(BRANCHED)
    form = changed(document, "way", lambda _data: None)
    assert not form.is_valid()
    assert "unheard_of" in str(form.errors)
    assert "unheard_of" in str(form["with_unless"])

    def take_out(data):
        del data["with_unless-1-kind"]

    form = changed(document, "way", take_out)
    assert form.is_valid(), form.errors
    assert form.spec().with_ == {"if": [{"tag": "vip"}, {"answered": "question"}], "unless": ["core"]}


def test_a_row_says_itself_what_is_wrong_with_it():
    document = Document.model_validate(BRANCHED)

    def empty(data):
        data["only_if-1-with_at_least"] = ""

    form = changed(document, "way", empty)
    assert not form.is_valid()
    shown = str(form["only_if"])
    assert "Say how many days at least, or at most." in shown
    assert "vip" in shown, "what was typed stays"


def test_variables_are_added_and_names_that_every_text_knows_are_refused():
    document = Document.model_validate(BRANCHED)
    data = posted(AboutForm(document))
    data["variables-9-kind"], data["variables-9-name"] = "variable", "speaker"
    data["variables-9-label_zh"], data["variables-9-required"] = "主讲人", "on"
    form = AboutForm(document, data)
    assert form.is_valid(), form.errors
    made = form.changed_document().variables
    assert list(made) == ["place", "price", "speaker"]
    assert (made["speaker"].label, made["speaker"].required) == ({"zh": "主讲人"}, True)
    for wrong, said in (
        ("group", "Every text knows this name already."),
        ("{x}", "Letters, digits and spaces"),
        ("place", "twice"),
    ):
        data["variables-9-name"] = wrong
        form = AboutForm(document, data)
        assert not form.is_valid()
        assert said in str(form["variables"]) + str(form.errors)


def test_needs_are_chips_that_say_what_is_missing():
    document = Document.model_validate(BRANCHED)
    with override("en"):
        shown = str(AboutForm(document)["needs"])
    assert "points (not there yet)" in shown
    data = posted(AboutForm(document))
    data.setlist("needs", ["tags"])
    form = AboutForm(document, data)
    assert form.is_valid(), form.errors
    assert form.changed_document().needs == ("tags",)


def test_lengths_and_moments_are_chosen():
    document = Document.model_validate(
        {"key": "waits", "title": "等", "steps": [{"id": "it", "do": "wait", "with_": {"until": "mon 09:00"}}]}
    )

    def to_christmas(data):
        data["with_until-way"], data["with_until-date"] = "date", "2026-12-24"
        data["with_until-yearly"], data["with_until-at"] = "on", "08:30"

    form = changed(document, "it", to_christmas)
    assert form.is_valid(), form.errors
    assert form.spec().with_ == {"until": "12-24 08:30"}

    def three_hours(data):
        data["with_until-way"], data["with_length_amount"], data["with_length_unit"] = "at_once", "3", "hours"

    form = changed(document, "it", three_hours)
    assert form.is_valid(), form.errors
    assert form.spec().with_ == {"for": "3h"}


# ---------------------------------------------------------------- in a browser
@pytest.mark.django_db(transaction=True)
def test_conditions_and_variables_by_keyboard(browse, transactional_db):
    row = actions.create_playbook(actor=SYSTEM, document=Document.model_validate(BRANCHED))
    owner = world.owner()
    page = browse(f"/playbooks/{row.pk}/?step=hello", owner)
    page.get_by_text("Title, condition, lateness").click()
    page.locator("#panel .rows summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Has spoken lately").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("7")
    page.get_by_text("Add a condition").click()
    page.get_by_role("button", name="Has a tag", exact=True).click()
    page.keyboard.type("新人")
    page.get_by_text("Add a condition").click()
    page.get_by_role("button", name="Is a core member", exact=True).click()
    page.get_by_role("button", name="Take out “Is a core member”").click()
    page_ok(page, "playbook-conditions")
    page.locator("#panel").get_by_role("button", name="Save").click()
    page.locator("#panel").get_by_text("Saved in the draft.").wait_for()
    row.refresh_from_db()
    (hello,) = [each for each in selectors.document_of(row).walk() if each.id == "hello"]
    assert hello.only_if == (("spoke_within", {"days": 7}), ("tag", {"tag": "新人"}))
    page.goto(reverse("console:playbook_about", args=[row.pk]))
    page.get_by_role("button", name="Add a variable").click()
    page.keyboard.type("speaker")
    page_ok(page, "playbook-about")
    page.get_by_role("button", name="Save").click()
    wait_until_true(page, lambda: "about" not in page.url)
    row.refresh_from_db()
    assert set(selectors.document_of(row).variables) == {"place", "price", "speaker"}


def test_the_page_of_a_branch_says_what_is_wrong(client):
    row = actions.create_playbook(actor=SYSTEM, document=Document.model_validate(BRANCHED))
    browser = Client()
    browser.force_login(world.owner())
    shown = browser.get(reverse("console:playbook_step", args=[row.pk, "way"])).content.decode()
    assert "Unknown here: “unheard_of”" in shown
    data = {}
    for name, value in filled(shown, within="step-form"):
        data.setdefault(name, []).append(value)
    answer = browser.post(reverse("console:playbook_step", args=[row.pk, "way"]), data).content.decode()
    assert "unheard_of" in answer
    assert "Saved in the draft." not in answer
