"""Entries and departures that are taken back: what was known before is known again, whatever was told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.members import actions
from qunce.members.models import Membership
from qunce.members.types import Account, StayChange

pytestmark = pytest.mark.django_db

BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
turns = st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(0, 12)), max_size=12)


@pytest.fixture
def people():
    accounts = {key: Account(key, key) for key in ("@a", "@b")}
    return sorted(actions.resolve_identities(platform="history", accounts=accounts).values())


def told(people, group_id, changes):
    return actions.record_stays(
        changes=[
            StayChange(group_id, people[who], joined, BEGIN + timedelta(hours=hour)) for who, joined, hour in changes
        ]
    )


def known(group_id):
    rows = Membership.objects.filter(group_id=group_id)
    return sorted(rows.values_list("identity_id", "joined_at", "left_at"), key=str)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=turns, present=st.lists(st.integers(0, 1)), portions=st.lists(turns, max_size=3))
def test_what_was_known_before_is_known_again(people, before, present, portions):
    with transaction.atomic():
        told(people, 7, before)
        actions.record_presence(pairs=[(7, people[who]) for who in present], at=BEGIN)
        were = known(7)
        news = [turn for portion in portions for turn in told(people, 7, portion)]
        for first in range(0, len(news), 3):
            actions.take_back_stays(changes=news[::-1][first : first + 3])
        assert known(7) == were
        transaction.set_rollback(True)


def test_what_was_told_meanwhile_stays(people):
    news = told(people, 7, [(0, True, 1)])
    told(people, 7, [(0, False, 5), (1, True, 6)])
    actions.take_back_stays(changes=news)
    assert known(7) == [
        (people[0], None, BEGIN + timedelta(hours=5)),
        (people[1], BEGIN + timedelta(hours=6), None),
    ]
