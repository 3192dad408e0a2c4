"""The product's only clock. Whoever needs the time asks here, so that a rehearsal can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_moved: ContextVar[datetime | None] = ContextVar("moved_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _moved.get() or datetime.now(UTC)  # noqa: TID251 (the one place that may)


def today(zone: str) -> date:
    """Today's date where ``zone`` (an IANA name) is."""
    return now().astimezone(ZoneInfo(zone)).date()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the product believe that it is ``moment`` (aware) inside the block, in this context only."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)
