"""Which parts of the product exist: playbooks and their kinds say what they cannot do without (``needs``)."""

from collections.abc import Iterable

PARTS = frozenset(
    {
        "approvals",
        "briefs",
        "content",
        "digests",
        "files",
        "notices",
        "polls",
        "questions",
        "rota",
        "sessions",
        "suggestions",
        "tags",
        "tasks",
        "webhooks",
    }
)
"""By the names under which playbooks ask for them."""


def missing_parts(needs: Iterable[str]) -> list[str]:
    """Those that are asked for and do not exist yet, sorted."""
    return sorted(set(needs) - PARTS)
