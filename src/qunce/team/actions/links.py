"""Links that sign one person in, once, within a day: the way to a first password, or to one for a lost one."""

import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.kernel import audit, clock, locks
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotFound
from qunce.team import selectors
from qunce.team.models import Grant, SignInLink, Staff

LINK_LIFE = timedelta(hours=24)


def issue_first_sign_in_link() -> str | None:
    """The path of a link for the installation's first owner, made here where there is none.

    None once an owner of the installation has set up his sign-in. A link issued before is void.
    """
    with transaction.atomic():
        locks.name("team.owners")
        if selectors.installation_owners().exists():
            return None
        first = selectors.first_owner()
        if first is None:
            first = Staff.objects.create(created_at=clock.now(), password="!")  # no password fits this one  # noqa: S106
            Grant.objects.create(staff=first, community_id=None, role=Role.OWNER, created_at=clock.now())
        return issue(first)


def issue_sign_in_link(*, email: str | None = None) -> str:
    """The path of a link for whoever has this address, or for the oldest owner of the installation.

    For the host itself, which needs no leave: it reads and writes the database as it likes.
    """
    with transaction.atomic():
        staff = selectors.first_owner() if email is None else selectors.by_email(email)
        if staff is None or not staff.is_active:
            raise NotFound(_("Nobody active has this e-mail address."))
        audit.record(
            SYSTEM,
            "staff.link_issued",
            gettext_noop("A sign-in link for %(name)s was issued on the server."),
            about=("staff", staff.pk),
            name=staff.name or str(staff.email or "–"),
        )
        return issue(staff)


def renew_sign_in_link(*, actor: Actor, staff_id: int) -> str:
    """The path of a new link for an invited person, or for one who has lost the password.

    Whoever has the link has that person's roles, so this needs an owner of everything the person has a role in.
    """
    with transaction.atomic():
        staff = selectors.for_owner(actor, staff_id, lock=True)
        if not staff.is_active:
            raise Conflict(_("This person is deactivated."), fix=_("Reactivate the person first."))
        audit.record(
            actor,
            "staff.link_issued",
            gettext_noop("%(actor)s issued a sign-in link for %(name)s."),
            about=("staff", staff.pk),
            name=staff.name,
        )
        return issue(staff)


def issue(staff: Staff) -> str:
    """A new link in the current transaction; the person's earlier ones are void. Only the token's hash is kept."""
    token = secrets.token_urlsafe(32)
    SignInLink.objects.filter(staff=staff, used_at=None).delete()
    SignInLink.objects.create(
        staff=staff,
        token_hash=selectors.hash_of(token),
        created_at=clock.now(),
        expires_at=clock.now() + LINK_LIFE,
    )
    return f"/welcome/{token}/"


def use_sign_in_link(
    *, token: str, email: str, name: str, password: str, language: str = "", zone: str = ""
) -> Staff:
    """Set a person's address, name and password by a link; from then on the link is void.

    NotFound where the link is unknown, used, expired or its owner deactivated; Invalid names the field at fault.
    """
    with transaction.atomic():
        link = locks.row(SignInLink, selectors.open_link(token).pk)
        if link.used_at is not None:
            raise selectors.void_link()
        staff = locks.row(Staff, link.staff_id)
        staff.email, staff.name = checked_email(email, staff), checked_name(name)
        _check_password(password, staff)
        staff.set_password(password)
        staff.language, staff.zone = language or staff.language, zone or staff.zone
        staff.save(update_fields=["email", "name", "password", "language", "zone"])
        link.used_at = clock.now()
        link.save(update_fields=["used_at"])
        audit.record(
            Actor(id=staff.pk, name=staff.name),
            "staff.set_up",
            gettext_noop("%(actor)s set up the sign-in by link."),
            about=("staff", staff.pk),
        )
    return staff


def checked_email(email: str, staff: Staff | None = None) -> str:
    """The address in the form in which it is kept; Invalid where it is none, or another person's."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise Invalid(_("This is not an e-mail address."), field="email") from error
    holder = selectors.by_email(email)
    if holder is not None and (staff is None or holder.pk != staff.pk):
        raise Invalid(_("Somebody else has this e-mail address."), field="email")
    return email


def checked_name(name: str) -> str:
    """The name without white space around it; Invalid where nothing is left."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("A name is needed: colleagues see it beside what you do."), field="name")
    return name[:80]


def _check_password(password: str, staff: Staff) -> None:
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field="password") from error
