"""Reads behind a member's own pages: the link is the guard, and shows one member in one community."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Actor, Permission
from qunce.kernel.errors import NotFound
from qunce.members.models import Identity, Member, MemberLink, Membership
from qunce.members.selectors.people import member


def hash_of(secret: str) -> str:
    """What is kept of a secret (256 random bits: no salt is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def void_link() -> NotFound:
    """What is said about a link that does not open, whatever the reason."""
    error = NotFound(_("This link does not open here."))
    error.fix = _("Ask for a new link in the group.")
    return error


# ------------------------------------------------------------------ the member's side
@dataclass(frozen=True, slots=True)
class Visit:
    """A member who looks at their own pages by a link of theirs."""

    link: MemberLink
    member: Member


def _valid() -> QuerySet[MemberLink]:
    """Of a member who was merged into another the links rest: nobody sees another's record by mistake."""
    in_time = MemberLink.objects.filter(revoked_at=None, expires_at__gt=clock.now())
    return in_time.filter(member__merged_into=None).select_related("member")


def link_to_open(token: str) -> MemberLink:
    """The valid link with this token, opened already or not. NotFound otherwise, whatever the reason."""
    found = _valid().filter(token_hash=hash_of(token)).first()
    if found is None:
        raise void_link()
    return found


def visit(ref: str, secret: str) -> Visit:
    """The visit of the browser that holds ``secret``. NotFound otherwise, whatever the reason."""
    found = _valid().filter(ref=ref).first()
    bound = found.bound_hash if found is not None else ""
    if not constant_time_compare(hash_of(secret), bound or hash_of(ref)) or found is None or not bound:
        raise void_link()
    return Visit(found, found.member)


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What is known of a member in one community: accounts on platforms with a stay there, and those stays."""

    identities: Sequence[Identity]
    stays: Sequence[Membership]

    @property
    def now(self) -> list[int]:
        """The ids of groups that they are in."""
        return sorted({stay.group_id for stay in self.stays if stay.left_at is None})

    @property
    def since(self) -> datetime | None:
        """Since when they have been there, as far as is known."""
        return min((stay.joined_at or stay.seen_at for stay in self.stays), default=None)


def own_record(visit: Visit) -> OwnRecord:
    """What is known of the visitor in the link's community, and nothing of other communities."""
    groups = community.groups_of(SYSTEM, visit.link.community_id)
    stays = (
        Membership.objects.filter(identity__member=visit.member, group_id__in=groups)
        .select_related("identity")
        .order_by("seen_at", "pk")
    )
    rows = list(stays)
    return OwnRecord(list({stay.identity_id: stay.identity for stay in rows}.values()), rows)


# ------------------------------------------------------------------ the team's side
def communities_of(actor: Actor, member_id: int) -> list[Community]:
    """The communities that the actor operates in which the member is or was: a link can be made for each."""
    one = member(actor, member_id)
    groups = Membership.objects.filter(identity__in=one.identities.all()).values("group_id")
    visible = community.visible_groups(actor, Permission.OPERATE).filter(pk__in=groups, community__isnull=False)
    ids = set(visible.order_by().values_list("community", flat=True))
    return list(community.visible_communities(actor, Permission.OPERATE).filter(pk__in=ids))


def links_of(actor: Actor, member_id: int) -> list[MemberLink]:
    """The links of a member in communities that the actor operates, latest first."""
    found = MemberLink.objects.filter(member=member(actor, member_id)).order_by("-pk")
    operated = actor.communities(Permission.OPERATE)
    return list(found if operated is None else found.filter(community_id__in=operated))


def muted(member_ids: Collection[int]) -> set[int]:
    """Those of the members who do not want to be mentioned, chased or written to. No guard: not for pages.

    What somebody said before being merged into another holds for the other.
    """
    said = Member.objects.filter(Q(pk__in=member_ids) | Q(merged_into__in=member_ids), muted_at__isnull=False)
    found = {key for pair in said.values_list("pk", "merged_into") for key in pair}
    return {key for key in member_ids if key in found}
