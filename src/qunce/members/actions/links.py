"""Links to a member's own pages: made and revoked by the team, opened by one browser, and what is decided there."""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotFound
from qunce.members import selectors
from qunce.members.models import Member, MemberLink
from qunce.members.selectors.links import Visit, hash_of, link_to_open, void_link

LASTS = timedelta(days=30)
LONGEST = timedelta(days=366)
REF = 16
NOTED_EVERY = timedelta(minutes=5)


# ------------------------------------------------------------------ the team's part
def make_link(*, actor: Actor, member_id: int, community_id: int, expires_in: timedelta = LASTS) -> str:
    """The path of a new link to the member's own pages of a community, where they are or were in a group of it.

    Shown once: only its hash is stored. Needs an operator of the community.
    """
    actor.require(Permission.OPERATE, community_id)
    member = selectors.member(actor, member_id)
    if member.merged_into_id is not None or all(each.is_bot for each in member.identities.all()):
        raise Invalid(_("This is nobody who could open it."), field="member")
    if community_id not in {each.pk for each in selectors.communities_of(actor, member_id)}:
        raise Invalid(_("This person was never in a group of that community."), field="community")
    if not timedelta(0) < expires_in <= LONGEST:
        raise Invalid(_("A link lasts at most a year."), field="expires_in")
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        made = MemberLink.objects.create(
            member=member,
            community_id=community_id,
            ref=hash_of(token)[:REF],
            token_hash=hash_of(token),
            created_at=clock.now(),
            created_by=actor.id,
            created_by_name=actor.name,
            expires_at=clock.now() + expires_in,
        )
        _record(
            actor, made, "member.link_made", gettext_noop("%(actor)s made a link to the own pages of %(member)s.")
        )
    return f"/m/open/{token}/"


def revoke_link(*, actor: Actor, link_id: int) -> None:
    """From now on the link opens nothing. Needs an operator of its community."""
    with transaction.atomic():
        try:
            link = locks.row(MemberLink, link_id)
        except MemberLink.DoesNotExist as error:
            raise NotFound from error
        if not actor.may(Permission.VIEW, link.community_id):
            raise NotFound
        actor.require(Permission.OPERATE, link.community_id)
        if link.revoked_at is None:
            _revoke(actor, link)


def revoke_links(*, actor: Actor, member_id: int) -> int:
    """Revoke all of a member's links in the communities that the actor operates; returns how many those were."""
    with transaction.atomic():
        rows = locks.rows(MemberLink, [link.pk for link in selectors.links_of(actor, member_id)])
        still = [link for link in rows if link.revoked_at is None and link.expires_at > clock.now()]
        for link in still:
            _revoke(actor, link)
    return len(still)


def _revoke(actor: Actor, link: MemberLink) -> None:
    link.revoked_at = clock.now()
    link.save(update_fields=["revoked_at"])
    sentence = gettext_noop("%(actor)s revoked a link to the own pages of %(member)s.")
    _record(actor, link, "member.link_revoked", sentence)


def _record(actor: Actor, link: MemberLink, action: str, sentence: str) -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=link.community_id,
        about=("member", link.member_id),
        member=link.member.name,
    )


# ------------------------------------------------------------------ the member's part
def open_link(*, token: str) -> tuple[MemberLink, str]:
    """Bind a link to the browser that opens it first; returns it with the secret that this browser keeps.

    NotFound where it is unknown, expired, revoked, or bound already: the token alone opens it once.
    """
    with transaction.atomic():
        link = locks.row(MemberLink, link_to_open(token).pk)
        if link.bound_hash or link.revoked_at is not None:
            raise void_link()
        secret = secrets.token_urlsafe(32)
        link.bound_hash, link.opened_at = hash_of(secret), clock.now()
        link.save(update_fields=["bound_hash", "opened_at"])
    return link, secret


def note_visit(*, visit: Visit) -> None:
    """When the link was used last, as precisely as anybody needs it."""
    now = clock.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
    MemberLink.objects.filter(stale, pk=visit.link.pk).update(last_used_at=now)


def set_muted(*, visit: Visit, muted: bool) -> None:
    """The visitor does not want to be mentioned, chased or written to, or does again."""
    with transaction.atomic():
        member = locks.row(Member, visit.member.pk)
        if (member.muted_at is not None) == muted:
            return
        member.muted_at = clock.now() if muted else None
        member.save(update_fields=["muted_at"])
        sentence = (
            gettext_noop("%(actor)s asked not to be mentioned or written to.")
            if muted
            else gettext_noop("%(actor)s may be mentioned and written to again.")
        )
        audit.record(
            Actor(id=None, name=member.name),
            "member.muted" if muted else "member.unmuted",
            sentence,
            community_id=visit.link.community_id,
            about=("member", member.pk),
        )
        live.touch(f"member:{member.pk}")
