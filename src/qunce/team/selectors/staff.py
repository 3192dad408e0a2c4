"""Reads of people: who works here, and how they get in."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from qunce.kernel import clock, locks
from qunce.kernel.actor import PERMISSIONS, Actor, Permission, Role
from qunce.kernel.errors import NotFound
from qunce.team.models import Grant, SignInLink
from qunce.team.models import Staff as Staff  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.team.types import Standing

NOBODY = Actor(id=None, name="")


def actor_for(staff: AbstractBaseUser | AnonymousUser) -> Actor:
    """What this person may do where; nobody may do anything without having signed in."""
    if not isinstance(staff, Staff) or not staff.is_active:
        return NOBODY
    grants = Grant.objects.filter(staff=staff).values_list("community_id", "role")
    return Actor(id=staff.pk, name=staff.name, grants={community_id: Role(role) for community_id, role in grants})


def actor_by_id(staff_id: int) -> Actor:
    """What the person with this id may do; nobody's rights where there is none (any more)."""
    staff = Staff.objects.filter(pk=staff_id).first()
    return actor_for(staff) if staff else NOBODY


# ------------------------------------------------------------------ people
def by_email(email: str) -> Staff | None:
    """Whoever has this address, whatever its case."""
    return Staff.objects.filter(email__iexact=email.strip()).first()


def installation_owners() -> QuerySet[Staff]:
    """Active owners of everything who have set up their sign-in."""
    ready = Staff.objects.filter(is_active=True, email__isnull=False)
    return ready.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).filter(
        grants__community_id=None, grants__role=Role.OWNER
    )


def first_owner() -> Staff | None:
    """The oldest active owner of everything, set up or not."""
    owners = Staff.objects.filter(is_active=True, grants__community_id=None, grants__role=Role.OWNER)
    return owners.order_by("created_at", "pk").first()


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as the actor sees him: only the roles in the actor's own communities."""

    staff: Staff
    grants: tuple[Grant, ...]
    standing: Standing
    second_factor: bool
    manageable: bool  # the actor owns everything this person has a role in


def visible_staff(actor: Actor) -> QuerySet[Staff]:
    """The actor himself, and people with a role in what he leads; all people for leads of all communities."""
    led = actor.communities(Permission.LEAD)
    everybody = Staff.objects.order_by("name", "pk")
    if led is None:
        return everybody
    return everybody.filter(Q(pk=actor.id) | Q(pk__in=Grant.objects.filter(community_id__in=led).values("staff_id")))


def colleagues(actor: Actor, *, search: str = "", community_id: int | None = None) -> list[Colleague]:
    """The people the actor sees, by name; ``community_id``: with a role there or in all."""
    people = visible_staff(actor)
    if search:
        people = people.filter(Q(name__icontains=search) | Q(email__icontains=search))
    if community_id is not None:
        wanted = Grant.objects.filter(Q(community_id=community_id) | Q(community_id=None)).values("staff_id")
        people = people.filter(pk__in=wanted)
    found = list(people.prefetch_related(Prefetch("grants", Grant.objects.order_by("community_id"))))
    secured = set(
        Authenticator.objects.filter(
            user_id__in=[staff.pk for staff in found], type=Authenticator.Type.TOTP
        ).values_list("user_id", flat=True)
    )
    return [_as_seen(actor, staff, secured) for staff in found]


def colleague(actor: Actor, staff_id: int) -> Colleague:
    """One person; NotFound where the actor does not see him."""
    staff = staff_member(actor, staff_id)
    secured = Authenticator.objects.filter(user_id=staff.pk, type=Authenticator.Type.TOTP).exists()
    return _as_seen(actor, staff, {staff.pk} if secured else set())


def _as_seen(actor: Actor, staff: Staff, secured: set[int]) -> Colleague:
    grants = tuple(staff.grants.all())
    shown = grants
    if staff.pk != actor.id and (led := actor.communities(Permission.LEAD)) is not None:
        shown = tuple(grant for grant in grants if grant.community_id in led)
    return Colleague(
        staff=staff,
        grants=shown,
        standing=standing(staff),
        second_factor=staff.pk in secured,
        manageable=_owns(actor, grants),
    )


def standing(staff: Staff) -> Standing:
    """Invited until a password is set."""
    if not staff.is_active:
        return Standing.DEACTIVATED
    return Standing.ACTIVE if staff.has_usable_password() else Standing.INVITED


def _owns(actor: Actor, grants: tuple[Grant, ...]) -> bool:
    scopes = {grant.community_id for grant in grants} or {None}
    return all(actor.may(Permission.ADMINISTER, scope) for scope in scopes)


def staff_member(actor: Actor, staff_id: int, *, lock: bool = False) -> Staff:
    """One person, locked until the transaction ends where asked; NotFound where the actor does not see him."""
    if not visible_staff(actor).filter(pk=staff_id).exists():
        raise NotFound
    return locks.row(Staff, staff_id) if lock else Staff.objects.get(pk=staff_id)


def for_owner(actor: Actor, staff_id: int, *, lock: bool = False) -> Staff:
    """One person whose every role lies in what the actor owns: only then may he touch the person's sign-in."""
    staff = staff_member(actor, staff_id, lock=lock)
    for scope in set(staff.grants.values_list("community_id", flat=True)) or {None}:
        actor.require(Permission.ADMINISTER, scope)
    return staff


def who_may(
    permission: Permission, where: Collection[int | None] | None = None, *, seen_by: Actor | None = None
) -> QuerySet[Staff]:
    """Active people who hold ``permission`` in one of these communities, by name: whom to tell, whom to offer.

    ``where``: None among them stands for what belongs to no community; nothing given: anywhere. ``seen_by``: only
    communities that this actor may see count. No other guard: not for pages about people.
    """
    able = Grant.objects.filter(role__in=[role for role in Role if permission in PERMISSIONS[role]])
    if seen_by is not None and (seen := seen_by.communities(Permission.VIEW)) is not None:
        where = seen if where is None else seen.intersection(where)
    if where is not None:
        places = [key for key in where if key is not None]
        able = able.filter(Q(community_id__in=places) | Q(community_id=None))
    return Staff.objects.filter(is_active=True, pk__in=able.values("staff_id")).order_by("name", "pk")


def at_work() -> list[Actor]:
    """Everybody who may do anything, as actors, by name: for whoever asks it of many of them, again and again."""
    roles: dict[int, dict[int | None, Role]] = {}
    for staff_id, community_id, role in Grant.objects.values_list("staff_id", "community_id", "role"):
        roles.setdefault(staff_id, {})[community_id] = Role(role)
    return [Actor(key, name, roles[key]) for key, name in who_may(Permission.VIEW).values_list("pk", "name")]


# ------------------------------------------------------------------ links
def hash_of(token: str) -> str:
    """What is kept of a link's token (256 random bits: no salt is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_link(token: str) -> SignInLink:
    """The link with this token, unused and in time, with its person; NotFound otherwise. The token is the guard."""
    link = (
        SignInLink.objects.select_related("staff")
        .filter(token_hash=hash_of(token), used_at=None, expires_at__gt=clock.now(), staff__is_active=True)
        .first()
    )
    if link is None:
        raise void_link()
    return link


def void_link() -> NotFound:
    """What is said about a link that leads nowhere, whatever the reason."""
    error = NotFound(_("This link has been used, or it is older than a day."))
    error.fix = _("Ask whoever sent it for a new one; on the server itself, `qunce admin-link` prints one.")
    return error
