"""The playbooks that come along: each is sound, in two languages, kind to members; most run today."""

import pytest

from qunce.kernel.actor import SYSTEM
from qunce.kernel.errors import NotFound
from qunce.playbooks import actions, selectors
from qunce.playbooks.policies.writing import written
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.selectors import checks
from qunce.playbooks.types import Severity

pytestmark = pytest.mark.django_db
KEYS = [
    "everyone-shares", "flash-sale-day", "friday-session-with-quality-gate", "holiday-greetings", "monthly-report",
    "morning-brief", "new-arrival", "rebirth", "renewal-season", "rescue-closed-circle", "rescue-no-newcomers",
    "rescue-owner-away", "roll-call", "rotating-host", "satisfaction-survey", "term-camp-21-days",
    "wake-up-silent-members", "weekly-challenge", "weekly-hot-topic", "welcome-7-days",
]  # fmt: skip


def test_all_are_there_and_most_run():
    assert sorted(entry.key for entry in selectors.library()) == KEYS
    assert sum(1 for entry in selectors.library() if not entry.missing) >= 12
    with pytest.raises(NotFound):
        selectors.library_entry("none")


@pytest.mark.parametrize("key", KEYS)
def test_each_is_sound_and_kind(key):
    entry = selectors.library_entry(key)
    found = checks.findings(SYSTEM, entry.document)
    wanted = {"missing_part"} if entry.missing else set()
    assert {each.code for each in found if each.severity is not Severity.HINT} == wanted, found
    assert entry.document.key == key
    assert entry.text.startswith("# ")
    for words in (entry.document.title, entry.document.summary, entry.document.goal):
        assert set(words) == {"zh", "en"}


@pytest.mark.parametrize("key", KEYS)
def test_each_is_read_as_it_is_written(key):
    entry = selectors.library_entry(key)
    assert read(written(entry.document, "", checks.vocabulary()), checks.vocabulary()) == entry.document


def test_one_is_taken_and_published():
    entry = selectors.library_entry("welcome-7-days")
    made = actions.create_playbook(actor=SYSTEM, document=entry.document, text=entry.text, library=entry.key)
    assert actions.publish(actor=SYSTEM, playbook_id=made.pk, edition=made.edition).number == 1
