"""A bench on which one of the people is of the team."""

import pytest

from qunce.kernel.actor import SYSTEM
from qunce.members import actions as members
from tests.steps.bench import Bench


@pytest.fixture
def bench():
    made = Bench()
    members.set_team(actor=SYSTEM, member_id=made.member("王五").pk, team=True)
    return made
