"""Accounts whose messages a person carries over: which groups they are in, as people enter it, and who carries.

What is entered goes the way of everything that comes in, so that these groups are found and taken over like others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qunce.chat.actions.ingest import receive
from qunce.chat.models import Account, Seat
from qunce.chat.selectors import by_hand as reads
from qunce.chat.selectors.accounts import one_account
from qunce.kernel import audit, live, locks, revisions
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.kernel.ids import new_id
from qunce.team import selectors as team

LONGEST_NAME = 255
MOST_LINES = 2000
PORTION = 500


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One group as somebody enters it; ``members`` None: they do not know."""

    name: str
    members: int | None = None


def enter_groups(*, actor: Actor, account_id: int, lines: Sequence[GroupLine]) -> tuple[int, int]:
    """Note that the account is in these groups; returns how many are new, and how many were known by that name.

    Names are compared as written: of a known one the number of members is taken over. Raises Invalid.
    """
    names = [" ".join(line.name.split()) for line in lines]
    if not any(names):
        raise Invalid(_("Enter at least one group."), field="lines")
    if len(lines) > MOST_LINES:
        said = ngettext("At most %(count)d group at once.", "At most %(count)d groups at once.", MOST_LINES)
        raise Invalid(said % {"count": MOST_LINES}, field="lines")
    with transaction.atomic():
        account = _account(actor, account_id)
        known = {each.group.name: each.group.external_id for each in reads.groups_of(actor, account_id)}
        wanted: dict[str, int | None] = {}
        for name, line in zip(names, lines, strict=True):
            if name:
                wanted[name[:LONGEST_NAME]] = line.members if line.members is not None else wanted.get(name)
        new = [name for name in wanted if name not in known]
        described = [_described(known.get(name) or str(new_id()), name, wanted[name]) for name in wanted]
        for first in range(0, len(described), PORTION):
            _receive(account, kind="groups", groups=described[first : first + PORTION])
        sentence = gettext_noop("%(actor)s entered groups of the account %(account)s (new: %(count)s).")
        _record(actor, account, "account.groups_entered", sentence, count=len(new))
    return len(new), len(wanted) - len(new)


def rename_hand_group(*, actor: Actor, account_id: int, group_id: int, name: str, members: int | None = None) -> None:
    """The group is called something else now, or has so many members."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise Invalid(_("Enter the group's name."), field="name")
    with transaction.atomic():
        account = _account(actor, account_id)
        external_id = _external_id(actor, account_id, group_id)
        _receive(account, kind="groups", groups=[_described(external_id, name, members)])
        sentence = gettext_noop("%(actor)s wrote down the group “%(group)s” of the account %(account)s anew.")
        _record(actor, account, "account.group_renamed", sentence, group=name)
        live.touch(f"group:{group_id}")


def group_is_gone(*, actor: Actor, account_id: int, group_id: int) -> None:
    """The account is no longer in this group. What waits for it stays on the list until somebody leaves it out."""
    with transaction.atomic():
        account = _account(actor, account_id)
        external_id = _external_id(actor, account_id, group_id)
        _receive(account, kind="gone", group={"id": external_id}, reason=actor.name)
        sentence = gettext_noop("%(actor)s noted that the account %(account)s is no longer in a group.")
        _record(actor, account, "account.group_gone", sentence)


def set_carrier(*, actor: Actor, account_id: int, staff_id: int | None) -> None:
    """Whose task it is to carry this account's messages over, to all its groups; None: whoever operates them."""
    actor.require(Permission.ADMINISTER)
    with transaction.atomic():
        account = _account(actor, account_id)
        person = team.staff_member(actor, staff_id) if staff_id is not None else None
        if person is not None and not person.is_active:
            raise Invalid(_("This person is deactivated."), field="carrier")
        if account.carrier_id == staff_id:
            return
        account.carrier_id = staff_id
        account.save(update_fields=["carrier_id"])
        if person is None:
            sentence = gettext_noop("%(actor)s left it open who carries for the account %(account)s.")
        else:
            sentence = gettext_noop("%(actor)s had %(name)s carry for the account %(account)s.")
        _record(actor, account, "account.carrier", sentence, name=person.name if person else "")
        revisions.bump("accounts")
        live.touch("accounts", "today")


# ------------------------------------------------------------------ within
def _account(actor: Actor, account_id: int) -> Account:
    """The account, locked; NotFound where no person carries for it."""
    if not one_account(actor, account_id).by_hand:
        raise NotFound
    return locks.row(Account, account_id)


def _external_id(actor: Actor, account_id: int, group_id: int) -> str:
    found = [each.group for each in reads.groups_of(actor, account_id) if each.group.pk == group_id]
    if not found or not Seat.objects.filter(account_id=account_id, group_id=group_id, left_at=None).exists():
        raise NotFound
    return found[0].external_id


def _described(external_id: str, name: str, members: int | None) -> dict[str, Any]:
    return {"id": external_id, "name": name, **({} if members is None else {"members": members})}


def _receive(account: Account, **raw: object) -> None:
    receive(account_id=account.pk, raw=raw)


def _record(actor: Actor, account: Account, action: str, sentence: str, **params: audit.Param) -> None:
    about = ("account", account.pk)
    audit.record(actor, action, sentence, community_id=None, about=about, account=account.name, **params)
