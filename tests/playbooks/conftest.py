"""What several test modules of playbooks start from."""

import pytest

from tests.playbooks import support


@pytest.fixture
def kinds():
    """Steps, triggers and conditions that do as they are told."""
    with support.installed() as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_seen():
    """What a worker remembers of runs ends with each test's data."""
    yield
    from qunce.playbooks.actions import starting
    from qunce.playbooks.selectors.playbooks import compiled

    starting._seen.clear()
    compiled.cache_clear()
