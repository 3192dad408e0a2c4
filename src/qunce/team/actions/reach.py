"""How staff want to be told: channels and hours, and the chat of their own that a code links."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.team import policies
from qunce.team.models import ChatCode, Staff, StaffChat
from qunce.team.types import Reach

CODE_LIFE = timedelta(minutes=15)
CODES_PER_HOUR = 10


def change_own_reach(*, actor: Actor, reach: Reach) -> None:
    """Choose how, when and of what one is told. Quiet hours have a beginning and an end, or neither."""
    if (reach.quiet_from is None) != (reach.quiet_until is None):
        raise Invalid(_("Quiet hours need a beginning and an end."), field="quiet_until")
    with transaction.atomic():
        staff = _oneself(actor)
        staff.by_mail, staff.by_chat = reach.mail, reach.chat
        staff.topics = sorted(reach.topics)
        staff.quiet_from, staff.quiet_until = reach.quiet_from, reach.quiet_until
        staff.save(update_fields=["by_mail", "by_chat", "topics", "quiet_from", "quiet_until"])
        _record(actor, "staff.reach_changed", gettext_noop("%(actor)s changed how Qunce reports to them."))


def issue_chat_code(*, actor: Actor) -> str:
    """A new code to be written to one of our bots within 15 minutes; earlier ones are void. Ten an hour at most."""
    with transaction.atomic():
        staff = _oneself(actor)
        now = clock.now()
        if ChatCode.objects.filter(staff=staff, created_at__gt=now - timedelta(hours=1)).count() >= CODES_PER_HOUR:
            raise Conflict(_("You have asked for many codes."), fix=_("Try again in an hour."))
        ChatCode.objects.filter(staff=staff, used_at=None, expires_at__gt=now).update(expires_at=now)
        code = "".join(secrets.choice(policies.ALPHABET) for _number in range(policies.CODE_LENGTH))
        ChatCode.objects.create(staff=staff, code=code, created_at=now, expires_at=now + CODE_LIFE)
        _record(actor, "staff.code_issued", gettext_noop("%(actor)s asked for a code to link a chat."))
    return policies.shown_code(code)


def link_chat(*, code: str, group_id: int, room: str) -> Staff | None:
    """Make the chat where this code was said its owner's own, once, in the caller's transaction.

    The code is the guard. None where it is unknown, used or expired; whoever tries is told nothing.
    """
    waiting = ChatCode.objects.select_for_update().filter(code=code, used_at=None, expires_at__gt=clock.now())
    found = waiting.first()
    if found is None or not (staff := locks.row(Staff, found.staff_id)).is_active:
        return None
    found.used_at = clock.now()
    found.save(update_fields=["used_at"])
    StaffChat.objects.update_or_create(staff=staff, defaults={"group_id": group_id, "linked_at": clock.now()})
    actor = Actor(id=staff.pk, name=staff.name)
    _record(actor, "staff.chat_linked", gettext_noop("%(actor)s linked the chat “%(room)s”."), room=room)
    live.touch(f"staff:{staff.pk}")
    return staff


def unlink_chat(*, actor: Actor) -> bool:
    """Have nothing more sent to one's own chat; False where none was linked."""
    with transaction.atomic():
        staff = _oneself(actor)
        gone, _rows = StaffChat.objects.filter(staff=staff).delete()
        if gone:
            _record(actor, "staff.chat_unlinked", gettext_noop("%(actor)s unlinked their chat."))
    return bool(gone)


def _oneself(actor: Actor) -> Staff:
    if actor.id is None:
        raise NotAllowed
    return locks.row(Staff, actor.id)


def _record(actor: Actor, action: str, sentence: str, room: str = "") -> None:
    audit.record(actor, action, sentence, about=("staff", actor.id), room=room)
