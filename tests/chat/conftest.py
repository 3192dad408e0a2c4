"""What several test modules of the chat context start from."""

import pytest

from qunce.community import actions as community
from qunce.community.models import Group
from qunce.kernel.actor import SYSTEM
from tests.chat import probe, support


@pytest.fixture
def probes():
    """The probe's connector beside the built-in ones."""
    with probe.installed():
        yield


@pytest.fixture
def groups(probes):
    """Three groups of one account in one community, two of them tagged."""
    found = support.adopted(support.account("probe"), "!a", "!b", "!c")
    ids = [found["!a"].pk, found["!b"].pk]
    community.tag_groups(actor=SYSTEM, group_ids=ids, add=["vip"])
    return {key.removeprefix("!"): Group.objects.get(pk=group.pk) for key, group in found.items()}
