"""Making and revoking the secret address of a calendar."""

from hashlib import sha256
from secrets import token_urlsafe

from django.db import transaction
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock
from qunce.kernel.actor import Actor
from qunce.kernel.errors import NotAllowed
from qunce.playbooks.models import Feed


def new_feed(*, actor: Actor) -> str:
    """A new secret address for whoever asks; the one before works no longer. Returns its token, kept nowhere."""
    if actor.id is None:
        raise NotAllowed
    token = token_urlsafe(32)
    with transaction.atomic():
        Feed.objects.update_or_create(
            staff_id=actor.id,
            defaults={"token_hash": hash_of(token), "created_at": clock.now(), "read_at": None},
        )
        audit.record(actor, "calendar.opened", gettext_noop("%(actor)s made a secret address for their calendar."))
    return token


def revoke_feed(*, actor: Actor) -> None:
    """The secret address works no longer."""
    if actor.id is None:
        raise NotAllowed
    with transaction.atomic():
        gone, _rows = Feed.objects.filter(staff_id=actor.id).delete()
        if gone:
            audit.record(actor, "calendar.closed", gettext_noop("%(actor)s took back the address of their calendar."))


def note_read(*, token: str) -> None:
    """A program has fetched it."""
    Feed.objects.filter(token_hash=hash_of(token)).update(read_at=clock.now())


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return sha256(token.encode()).hexdigest()
