"""Events: how a floor tells the floors above what has happened.

`publish` stores the event in the transaction that makes it true; after the commit a job hands it to every
subscriber, in a transaction of its own and once per event and subscriber. A handler that fails is tried
again, eight times in all, and does not hold up the others.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued
from pydantic import TypeAdapter

from qunce.kernel import clock
from qunce.kernel.ids import new_id
from qunce.kernel.models import HandledEvent, StoredEvent

log = logging.getLogger(__name__)
ATTEMPTS = 8
DELIVER = "kernel.deliver_events"
"""The job that hands events out, by name: jobs stand above what they run."""


@dataclass(frozen=True)
class Event:
    """Base of all events: a frozen dataclass named in the past tense, its fields JSON-able."""

    name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Name it ``<context>.<ClassName>``: what is stored, so a class is not renamed lightly."""
        cls.name = f"{cls.__module__.split('.')[-2]}.{cls.__name__}"
        _known[cls.name] = cls


E = TypeVar("E", bound=Event)
Handler = Callable[[Any], None]
_known: dict[str, type[Event]] = {}
_subscribers: dict[str, dict[str, Handler]] = defaultdict(dict)


def subscriber(event: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a handler of an event; it lives in a context's ``subscribers.py``."""

    def register(handler: Callable[[E], None]) -> Callable[[E], None]:
        _subscribers[event.name][f"{handler.__module__}.{handler.__qualname__}"] = handler
        return handler

    return register


def publish(event: Event) -> None:
    """Store the event in the current transaction and have it delivered after the commit."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{event.name}: published outside a transaction")
    if not _subscribers.get(event.name):
        return
    payload = TypeAdapter(type(event)).dump_python(event, mode="json")
    StoredEvent.objects.create(id=new_id(), name=event.name, payload=payload, at=clock.now())
    transaction.on_commit(_wake)


def _wake() -> None:
    """Have `deliver_pending` run soon; one waiting job is enough."""
    with suppress(AlreadyEnqueued):
        app.configure_task(DELIVER, queueing_lock=DELIVER).defer()


def deliver_pending(limit: int = 500) -> int:
    """Hand out stored events in order; returns how many are now done. Safe to run anywhere, any number of times."""
    pending = StoredEvent.objects.filter(done_at=None).order_by("id").values_list("id", "name", "payload")[:limit]
    return sum(_deliver(key, name, payload) for key, name, payload in pending)


def _deliver(key: UUID, name: str, payload: dict[str, Any]) -> bool:
    kind = _known.get(name)
    if kind is None:  # of a plug-in that is gone: nobody is left to hear it
        StoredEvent.objects.filter(pk=key).update(done_at=clock.now())
        return True
    event = TypeAdapter(kind).validate_python(payload)
    done = all([_hand_over(key, event, who, handler) for who, handler in _subscribers[name].items()])  # noqa: C419 (every handler gets its turn)
    if done:
        StoredEvent.objects.filter(pk=key).update(done_at=clock.now())
    return done


def _hand_over(key: UUID, event: Event, who: str, handler: Handler) -> bool:
    """Run one handler once; True where it is finished with (also when it has failed for good)."""
    HandledEvent.objects.bulk_create([HandledEvent(event_id=key, subscriber=who)], ignore_conflicts=True)
    try:
        with transaction.atomic():
            record = HandledEvent.objects.select_for_update().get(event_id=key, subscriber=who)
            if record.done_at or record.attempts >= ATTEMPTS:
                return True
            handler(event)
            record.done_at = clock.now()
            record.save(update_fields=["done_at"])
    except Exception as error:
        log.exception("%s failed on %s", who, event.name)
        failed = HandledEvent.objects.get(event_id=key, subscriber=who)
        failed.attempts += 1
        failed.error = f"{type(error).__name__}: {error}"[:2000]
        failed.save(update_fields=["attempts", "error"])
        return failed.attempts >= ATTEMPTS
    return True
