"""Two members become one, and are taken apart again.

A merge hangs one member beneath another and points its identities there; nothing else is changed, so that taking
them apart in any order gives each what it had (see models.Member).
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.members import policies, selectors
from qunce.members.models import Entry, Identity, Member
from qunce.members.types import EntryKind


def merge_members(*, actor: Actor, member_id: int, into_id: int) -> Member:
    """Two members are one person: ``member_id`` goes under ``into_id``, whose name stays; returns the latter.

    Needs an operator of a group of each. Raises Invalid where they are one already or one is a bot, Conflict where
    one was merged in the meantime.
    """
    if member_id == into_id:
        raise Invalid(_("This is the same member twice."), fix=_("Choose the other one."))
    member, into = _one(actor, member_id), _one(actor, into_id)
    if member.pk == into.pk:
        raise Invalid(_("“%(name)s” and “%(other)s” are one member already.") % _names(member_id, into_id))
    with transaction.atomic():
        rows = {row.pk: row for row in locks.rows(Member, [member_id, into_id])}
        for key in (member_id, into_id):
            if rows[key].merged_into_id is not None:
                raise Conflict(
                    _("“%(name)s” was merged into another member.") % {"name": rows[key].name},
                    fix=_("Merge that one."),
                )
        below, above = rows[member_id], rows[into_id]
        below.merged_into, below.merged_at, below.merged_by_name = above, clock.now(), actor.name
        below.save(update_fields=["merged_into", "merged_at", "merged_by_name"])
        Member.objects.filter(root=below.pk).update(root=above)
        Identity.objects.filter(member=below.pk).update(member=above)
        _record(actor, into, _MERGED, below)
    return above


def separate_member(*, actor: Actor, member_id: int) -> Member:
    """Take a member out of the one it was merged into: each has again what was theirs. Returns it.

    What was merged into it stays with it. Needs an operator of a group of the person as they are now.
    """
    now = selectors.member(actor, member_id, Permission.OPERATE)
    with transaction.atomic():
        rows = {row.pk: row for row in locks.rows(Member, [now.pk, member_id])}
        member = rows.get(member_id)
        if member is None:
            raise NotFound
        if member.merged_into_id is None:
            raise Conflict(_("“%(name)s” is a member of their own already.") % {"name": member.name})
        if member.root_id != now.pk or rows[now.pk].merged_into_id is not None:
            raise Conflict(_("The member was merged again in the meantime."), fix=_("Look at them anew."))
        above = dict(Member.objects.filter(root=now.pk).values_list("pk", "merged_into"))
        own = policies.beneath(above, member_id)
        member.merged_into, member.merged_at, member.merged_by_name = None, None, ""
        member.save(update_fields=["merged_into", "merged_at", "merged_by_name"])
        Member.objects.filter(pk__in=own).update(root=member)
        Identity.objects.filter(home__in=own).update(member=member)
        _record(actor, now, _SEPARATED, member)
    return member


@dataclass(frozen=True, slots=True)
class _Said:
    """How a decision is written down: in the audit, and as a line of the timeline."""

    action: str
    sentence: str
    kind: EntryKind


_MERGED = _Said(
    "member.merged", gettext_noop("%(actor)s merged the member %(other)s into %(member)s."), EntryKind.MERGED
)
_SEPARATED = _Said(
    "member.separated", gettext_noop("%(actor)s took the member %(other)s out of %(member)s."), EntryKind.SEPARATED
)


def _one(actor: Actor, member_id: int) -> Member:
    """The member as they are now, with their identities; no bot."""
    found = selectors.member(actor, member_id, Permission.OPERATE)
    if any(identity.is_bot for identity in found.identities.all()):
        raise Invalid(_("“%(name)s” is a bot, and no member.") % {"name": found.name})
    return found


def _names(member_id: int, other_id: int) -> dict[str, str]:
    names = dict(Member.objects.filter(pk__in=[member_id, other_id]).values_list("pk", "name"))
    return {"name": names[member_id], "other": names[other_id]}


def _record(actor: Actor, member: Member, said: _Said, other: Member) -> None:
    for about, text in ((member, other.name), (other, member.name)):
        if said.kind is EntryKind.SEPARATED or about is member:
            Entry.objects.create(
                member_id=about.pk, at=clock.now(), kind=said.kind, text=text, by_id=actor.id, by_name=actor.name
            )
    audit.record(
        actor,
        said.action,
        said.sentence,
        community_id=selectors.home_of(actor, member, Permission.OPERATE),
        about=("member", member.pk),
        member=member.name,
        other=other.name,
    )
    live.touch(f"member:{member.pk}", f"member:{other.pk}")
