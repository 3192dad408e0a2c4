"""What an account cannot read in a group is shown as not observed."""

import pytest

from qunce.chat.selectors import seats
from qunce.chat.selectors.seats import Reading
from qunce.chat.types import GroupSeen, Reads
from qunce.kernel.actor import SYSTEM
from tests.chat.support import account, adopted, live

pytestmark = pytest.mark.django_db
OPEN, SECRET = "!open", "!secret"


def reading(group):
    return seats.reading(seats.of_groups(SYSTEM, [group.pk])[group.pk])


def test_an_encrypted_group_is_not_observed_from_the_moment_it_is_known():
    made = account()
    groups = adopted(made, OPEN, SECRET)
    live(made, GroupSeen(SECRET, reads=Reads.ENCRYPTED), GroupSeen(OPEN))
    live(made, GroupSeen(SECRET, "新名字"))
    assert reading(groups[SECRET]) is Reading.ENCRYPTED
    assert reading(groups[OPEN]) is not Reading.ENCRYPTED
