"""Briefs whose hour is a quiet one: what is said of it is what happens."""

from datetime import time, timedelta

import pytest

from qunce.chat import actions as chat
from qunce.chat.types import Restraint
from qunce.content import selectors
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from tests.chat import support
from tests.content.test_briefs import MONDAY, Morning, entry

pytestmark = pytest.mark.django_db


def test_an_hour_in_quiet_hours_waits_for_their_end_or_is_too_late_by_then():
    homes = [Morning(platform=platform).home for platform in ("telegram", "sandbox")]
    for home in homes:
        chat.set_restraint(actor=SYSTEM, community_id=home.pk, restraint=Restraint(time(22), time(8)))
    hours = [time(8), time(7, 30), time(7, 15), time(21, 59), time(22)]
    found = selectors.nights((home, at) for home in homes for at in hours)
    assert {key: night.never for key, night in found.items()} == {
        (homes[0].pk, time(7, 30)): False,
        (homes[0].pk, time(7, 15)): True,
        (homes[0].pk, time(22)): True,
    }


def test_a_brief_of_such_an_hour_goes_out_as_was_said():
    morning = Morning(platform="telegram")
    entry(morning.feed, 1, MONDAY - timedelta(hours=2))
    chat.set_restraint(actor=SYSTEM, community_id=morning.home.pk, restraint=Restraint(time(22), time(9)))
    assert not selectors.nights([(morning.home, morning.plan.at)])[morning.home.pk, morning.plan.at].never
    morning.go()
    account = morning.account
    for at, count in ((MONDAY, 0), (MONDAY + timedelta(minutes=30), 2)):
        with clock.at(at):
            claimed = chat.claim(account_id=account.pk, epoch=support.lease(account), limit=9)
        assert len(claimed) == count
