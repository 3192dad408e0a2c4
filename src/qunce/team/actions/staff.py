"""Who belongs to the team, and with which role where."""

import logging
from zoneinfo import available_timezones

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, override

from qunce.community import selectors as community
from qunce.kernel import audit, clock, locks
from qunce.kernel.actor import PERMISSIONS, Actor, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.team import selectors
from qunce.team.actions.links import checked_email, checked_name, issue
from qunce.team.actions.tasks import release_tasks
from qunce.team.models import Grant, SignInLink, Staff
from qunce.team.types import Invitation, Roles, Theme

log = logging.getLogger(__name__)
MADE = {
    Role.OWNER: gettext_noop("%(actor)s made %(name)s an owner of %(where)s."),
    Role.LEAD: gettext_noop("%(actor)s made %(name)s a lead of %(where)s."),
    Role.OPERATOR: gettext_noop("%(actor)s made %(name)s an operator of %(where)s."),
    Role.SERVICE: gettext_noop("%(actor)s made %(name)s a service agent of %(where)s."),
    Role.VIEWER: gettext_noop("%(actor)s made %(name)s a viewer of %(where)s."),
    None: gettext_noop("%(actor)s took the role in %(where)s away from %(name)s."),
}
MADE_EVERYWHERE = {
    Role.OWNER: gettext_noop("%(actor)s made %(name)s an owner of everything."),
    Role.LEAD: gettext_noop("%(actor)s made %(name)s a lead of all communities."),
    Role.OPERATOR: gettext_noop("%(actor)s made %(name)s an operator of all communities."),
    Role.SERVICE: gettext_noop("%(actor)s made %(name)s a service agent of all communities."),
    Role.VIEWER: gettext_noop("%(actor)s made %(name)s a viewer of all communities."),
    None: gettext_noop("%(actor)s took the role in all communities away from %(name)s."),
}


def invite_staff(*, actor: Actor, email: str, name: str, roles: Roles, language: str = "") -> Invitation:
    """Take somebody into the team; the invitation's link is handed over, and mailed where mail is configured.

    Somebody who is in the team already gets the roles and no link. Needs an owner wherever a role is given.
    """
    if not roles:
        raise Invalid(_("Choose at least one role."), field="role")
    with transaction.atomic():
        locks.name("team.owners")
        known = selectors.by_email(email.strip())
        if known is not None:
            if not known.is_active:
                raise Conflict(
                    _("This person is deactivated."), fix=_("An owner of everything can reactivate the person.")
                )
            _give(actor, known, roles)
            return Invitation(known.pk, "")
        for community_id, role in roles.items():
            _may_give(actor, community_id, role)
        staff = Staff(email=checked_email(email), name=checked_name(name), language=language, created_at=clock.now())
        staff.set_unusable_password()
        staff.save(force_insert=True)
        audit.record(
            actor,
            "staff.invited",
            gettext_noop("%(actor)s invited %(name)s (%(email)s)."),
            about=("staff", staff.pk),
            name=staff.name,
            email=str(staff.email),
        )
        _give(actor, staff, roles)
        path = issue(staff)
    return Invitation(staff.pk, path, mailed=_mail(staff, actor, path))


def change_roles(*, actor: Actor, staff_id: int, roles: dict[int | None, Role | None]) -> None:
    """Give and (with None) take roles where ``roles`` names them; others stay.

    Needs an owner of each community named, of everything for the key None; nobody gives more than he holds.
    The last owner of everything stays: Conflict.
    """
    with transaction.atomic():
        locks.name("team.owners")
        staff = selectors.staff_member(actor, staff_id, lock=True)
        _give(actor, staff, roles)


def deactivate_staff(*, actor: Actor, staff_id: int) -> None:
    """Let somebody in no more: sessions end, links are void, open tasks are anybody's, roles are kept.

    Needs an owner of everything the person has a role in. The last owner of everything stays: Conflict.
    """
    with transaction.atomic():
        locks.name("team.owners")
        staff = selectors.for_owner(actor, staff_id, lock=True)
        if not staff.is_active:
            return
        _stays_owned(without=staff)
        staff.is_active = False
        staff.save(update_fields=["is_active"])
        SignInLink.objects.filter(staff=staff, used_at=None).delete()
        release_tasks(staff_id=staff.pk)
        audit.record(
            actor,
            "staff.deactivated",
            gettext_noop("%(actor)s deactivated %(name)s."),
            about=("staff", staff.pk),
            name=staff.name,
        )


def reactivate_staff(*, actor: Actor, staff_id: int) -> None:
    """Let somebody in again, with the roles from before. Needs an owner of everything the person has a role in."""
    with transaction.atomic():
        staff = selectors.for_owner(actor, staff_id, lock=True)
        if staff.is_active:
            return
        staff.is_active = True
        staff.save(update_fields=["is_active"])
        audit.record(
            actor,
            "staff.reactivated",
            gettext_noop("%(actor)s reactivated %(name)s."),
            about=("staff", staff.pk),
            name=staff.name,
        )


def remove_second_factor(*, actor: Actor, staff_id: int) -> None:
    """Let somebody who has lost the second factor sign in by password alone, to set up a new one.

    Needs an owner of everything the person has a role in.
    """
    with transaction.atomic():
        staff = selectors.for_owner(actor, staff_id, lock=True)
        Authenticator.objects.filter(user_id=staff.pk).delete()
        audit.record(
            actor,
            "staff.second_factor_removed",
            gettext_noop("%(actor)s removed the second factor of %(name)s."),
            about=("staff", staff.pk),
            name=staff.name,
        )


def note_second_factor(*, staff: Staff, on: bool) -> None:
    """Write down that somebody switched his own second factor on or off."""
    with transaction.atomic():
        audit.record(
            Actor(id=staff.pk, name=staff.name),
            "staff.second_factor_on" if on else "staff.second_factor_off",
            gettext_noop("%(actor)s switched the second factor on.")
            if on
            else gettext_noop("%(actor)s switched the second factor off."),
            about=("staff", staff.pk),
        )


def change_own_profile(
    *,
    actor: Actor,
    name: str | None = None,
    language: str | None = None,
    zone: str | None = None,
    theme: Theme | None = None,
) -> None:
    """Change one's own name, language (a code of the settings), zone (IANA) and theme; None leaves it."""
    changes: dict[str, str] = {}
    if name is not None:
        changes["name"] = checked_name(name)
    if language is not None:
        if language not in dict(settings.LANGUAGES):
            raise Invalid(_("The console does not speak this language."), field="language")
        changes["language"] = language
    if zone is not None:
        if zone not in available_timezones():
            raise Invalid(_("There is no such time zone."), field="zone")
        changes["zone"] = zone
    if theme is not None:
        changes["theme"] = theme
    with transaction.atomic():
        if not changes or actor.id is None or not Staff.objects.filter(pk=actor.id).update(**changes):
            return
        if changes.get("name", actor.name) != actor.name:
            audit.record(
                actor,
                "staff.renamed",
                gettext_noop("%(actor)s is called %(name)s now."),
                about=("staff", actor.id),
                name=changes["name"],
            )


def _give(actor: Actor, staff: Staff, roles: Roles | dict[int | None, Role | None]) -> None:
    held = {grant.community_id: grant for grant in Grant.objects.filter(staff=staff)}
    for community_id, role in roles.items():
        grant = held.get(community_id)
        if (Role(grant.role) if grant else None) == role:
            continue
        where = _may_give(actor, community_id, role)
        if community_id is None and grant is not None and grant.role == Role.OWNER:
            _stays_owned(without=staff)
        if role is None:
            Grant.objects.filter(staff=staff, community_id=community_id).delete()
        else:
            Grant.objects.update_or_create(
                staff=staff,
                community_id=community_id,
                defaults={"role": role},
                create_defaults={"role": role, "created_at": clock.now()},
            )
        audit.record(
            actor,
            "staff.role_changed",
            MADE_EVERYWHERE[role] if community_id is None else MADE[role],
            community_id=community_id,
            about=("staff", staff.pk),
            name=staff.name,
            where=where,
        )
    release_tasks(staff_id=staff.pk)


def _may_give(actor: Actor, community_id: int | None, role: Role | None) -> str:
    """The community's name; raises unless the actor owns it and holds at least what is given."""
    if community_id is None:
        actor.require(Permission.ADMINISTER)
        where = ""
    else:
        where = community.community(actor, community_id, Permission.ADMINISTER).name
    if role is not None and not all(actor.may(each, community_id) for each in PERMISSIONS[role]):
        raise NotAllowed(_("Nobody can give more than they hold."))
    return where


def _stays_owned(*, without: Staff) -> None:
    """Raise Conflict where the installation would have no owner left who can sign in."""
    owners = selectors.installation_owners()
    if owners.filter(pk=without.pk).exists() and not owners.exclude(pk=without.pk).exists():
        raise Conflict(
            _("This is the last owner: somebody must be able to run the installation."),
            fix=_("Make somebody else an owner of everything first."),
        )


def _mail(staff: Staff, actor: Actor, path: str) -> bool:
    """Send the link where mail and the address of this installation are configured; True where it went out."""
    if not settings.BASE_URL or settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        return False
    with override(staff.language or settings.LANGUAGE_CODE):
        subject = _("%(name)s invites you to Qunce") % {"name": actor.name}
        body = _("Set up your sign-in here, within 24 hours:\n\n%(link)s\n") % {"link": settings.BASE_URL + path}
    try:
        return bool(send_mail(subject, body, None, [str(staff.email)]))
    except OSError:
        log.exception("The invitation of %s could not be mailed", staff.email)
        return False
