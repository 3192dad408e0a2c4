"""The record of what people decided and what was done to people, in sentences they can read."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.ids import new_id
from qunce.kernel.models import AuditEntry

Param = str | int | float | None


def record(
    actor: Actor,
    action: str,
    sentence: str,
    *,
    community_id: int | None = None,
    about: tuple[str, object] = ("", ""),
    **params: Param,
) -> None:
    """Write one entry in the transaction of the decision.

    ``action``: dotted key, e.g. ``broadcast.sent``. ``sentence``: an untranslated message id (marked with
    gettext_noop) with ``%(name)s`` places for ``params``; ``%(actor)s`` is always there. ``about``: kind and
    id of the thing decided on.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(f"{action}: an audit entry belongs to its transaction")
    kind, key = about
    AuditEntry.objects.create(
        id=new_id(),
        at=clock.now(),
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        sentence=sentence,
        params=params,
        community_id=community_id,
        object_kind=kind,
        object_id=str(key),
    )


def say(entry: AuditEntry) -> str:
    """The entry as a sentence in the reader's language."""
    return gettext(entry.sentence) % {"actor": entry.actor_name, **entry.params}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are looked for; what is None or empty does not restrict. ``since`` is included, ``until`` not."""

    by: int | None = None
    community_id: int | None = None
    about: tuple[str, str] = ("", "")
    since: datetime | None = None
    until: datetime | None = None


def visible_to(actor: Actor, wanted: Wanted | None = None) -> QuerySet[AuditEntry]:
    """Entries of the communities that the actor leads; for leads of all, also those that belong to none."""
    wanted = wanted or Wanted()
    led = actor.communities(Permission.LEAD)
    kind, key = wanted.about
    limits = {
        "community_id__in": led,
        "actor_id": wanted.by,
        "community_id": wanted.community_id,
        "object_kind": kind or None,
        "object_id": key or None,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    return AuditEntry.objects.filter(**{name: limit for name, limit in limits.items() if limit is not None})
