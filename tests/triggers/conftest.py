"""What is remembered of playbooks ends with each test's data."""

import pytest


@pytest.fixture(autouse=True)
def nothing_seen():
    yield
    from qunce.playbooks.actions import starting
    from qunce.playbooks.selectors.playbooks import compiled

    starting._seen.clear()
    compiled.cache_clear()
