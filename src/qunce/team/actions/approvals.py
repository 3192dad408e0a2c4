"""Approvals: something waits for the yes or no of a second person."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.kernel import audit, clock, events, live, locks
from qunce.kernel.actor import PERMISSIONS, SYSTEM, Actor, Permission, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.team import selectors
from qunce.team.actions.notifications import tell
from qunce.team.events import ApprovalDecided
from qunce.team.models import Approval
from qunce.team.selectors.approvals import deciders, may_decide, one_approval
from qunce.team.types import ApprovalState, Topic

LIFE = timedelta(days=7)
LONGEST_REASON = 1000
ROLE = "role"
"""The kind of approval by which somebody asks for a role of his own."""


def ask_approval(
    *,
    actor: Actor,
    key: str,
    kind: str,
    sentence: str,
    permission: Permission,
    community_id: int | None = None,
    params: Mapping[str, audit.Param] | None = None,
    payload: Mapping[str, Any] | None = None,
    reason: str = "",
    life: timedelta = LIFE,
    url: str = "",
) -> Approval:
    """Ask somebody with ``permission`` there for a yes or no; with a ``key`` that exists nothing is asked again.

    ``sentence``: what is asked for, an untranslated message id with places for ``params``; ``payload`` comes back in
    `ApprovalDecided`, once, whatever the answer. After ``life`` the answer is no. ``url``: where it can be looked at,
    a path of the console. The caller has its own guard.
    """
    with transaction.atomic():
        locks.name(f"approval:{key}")
        if known := Approval.objects.filter(key=key).first():
            return known
        now = clock.now()
        approval = Approval.objects.create(
            key=key,
            kind=kind,
            sentence=sentence,
            params=dict(params or {}),
            payload=dict(payload or {}),
            community_id=community_id,
            permission=permission,
            reason=reason.strip()[:LONGEST_REASON],
            url=url,
            asked_by=actor.id,
            asked_by_name=actor.name,
            asked_at=now,
            expires_at=now + life,
        )
        _record(actor, approval, "approval.asked", gettext_noop("%(actor)s asked for a yes: %(what)s"))
        whom = list(deciders(approval).values_list("pk", flat=True))
        tell(
            staff_ids=whom,
            topic=Topic.APPROVALS,
            key=f"approval:{approval.pk}",
            sentence=sentence,
            url=url or "/approvals/",
            params=approval.params,
        )
        live.touch("approvals", "today")
    return approval


def decide_approval(*, actor: Actor, approval_id: int, approve: bool, reason: str = "") -> Approval:
    """Say yes or no, once. Nobody decides what he asked for himself, unless nobody else holds the permission.

    A no needs a reason: whoever asked is told.
    """
    reason = reason.strip()[:LONGEST_REASON]
    with transaction.atomic():
        seen = one_approval(actor, approval_id)
        if not may_decide(actor, seen):
            raise NotAllowed(_("Somebody else has to decide this."))
        if not approve and not reason:
            raise Invalid(_("Say why: whoever asked is told."), field="reason")
        approval = locks.row(Approval, approval_id)
        if approval.state != ApprovalState.WAITING or approval.expires_at <= clock.now():
            raise Conflict(_("This has been decided in the meantime, or its time is over."))
        _decide(actor, approval, ApprovalState.APPROVED if approve else ApprovalState.DECLINED, reason)
    return approval


def withdraw_approval(*, actor: Actor, approval_id: int) -> Approval:
    """Take back what one asked for; asked again it is a new question only under another key."""
    with transaction.atomic():
        if one_approval(actor, approval_id).asked_by != actor.id:
            raise NotAllowed
        approval = locks.row(Approval, approval_id)
        if approval.state == ApprovalState.WAITING:
            _decide(actor, approval, ApprovalState.WITHDRAWN, "")
    return approval


def expire_approvals() -> int:
    """End what nobody decided in time; returns how many. For the clock."""
    late = Approval.objects.select_for_update(skip_locked=True).filter(
        state=ApprovalState.WAITING, expires_at__lte=clock.now()
    )
    with transaction.atomic():
        ended = list(late.order_by("expires_at")[:100])
        for approval in ended:
            _decide(SYSTEM, approval, ApprovalState.EXPIRED, "")
    return len(ended)


_SAID = {
    ApprovalState.APPROVED: (
        gettext_noop("%(actor)s approved: %(what)s"),
        gettext_noop("%(actor)s approved what you asked for."),
    ),
    ApprovalState.DECLINED: (
        gettext_noop("%(actor)s declined (%(reason)s): %(what)s"),
        gettext_noop("%(actor)s declined what you asked for: %(reason)s"),
    ),
    ApprovalState.EXPIRED: (
        gettext_noop("Nobody decided in time: %(what)s"),
        gettext_noop("Nobody decided in time on what you asked for."),
    ),
    ApprovalState.WITHDRAWN: (gettext_noop("%(actor)s took back: %(what)s"), ""),
}


def _decide(actor: Actor, approval: Approval, state: ApprovalState, reason: str) -> None:
    approval.state, approval.decision_reason = state, reason
    approval.decided_by, approval.decided_by_name, approval.decided_at = actor.id, actor.name, clock.now()
    approval.save()
    recorded, told = _SAID[state]
    _record(actor, approval, f"approval.{state}", recorded, reason)
    if told and approval.asked_by is not None and approval.asked_by != actor.id:
        tell(
            staff_ids=[approval.asked_by],
            topic=Topic.APPROVALS,
            key=f"approval:{approval.pk}:decided",
            sentence=told,
            url=approval.url or "/approvals/",
            params={"actor": actor.name, "reason": reason},
        )
    events.publish(
        ApprovalDecided(
            approval_id=approval.pk,
            key=approval.key,
            kind=approval.kind,
            approved=state is ApprovalState.APPROVED,
            decided_by=actor.id,
            payload=approval.payload,
        )
    )
    live.touch("approvals", "today")


def _record(actor: Actor, approval: Approval, action: str, sentence: str, reason: str = "") -> None:
    audit.record(
        actor,
        action,
        sentence,
        community_id=approval.community_id,
        about=("approval", approval.pk),
        what=_(approval.sentence) % approval.params,
        reason=reason,
    )


# ------------------------------------------------------------------ a role of one's own
ASKS = {
    Role.OWNER: gettext_noop("%(name)s wants to be an owner of %(where)s"),
    Role.LEAD: gettext_noop("%(name)s wants to be a lead of %(where)s"),
    Role.OPERATOR: gettext_noop("%(name)s wants to be an operator of %(where)s"),
    Role.SERVICE: gettext_noop("%(name)s wants to be a service agent of %(where)s"),
    Role.VIEWER: gettext_noop("%(name)s wants to be a viewer of %(where)s"),
}


def request_role(*, actor: Actor, community_id: int, role: Role, reason: str = "") -> Approval:
    """Ask the community's owners for a higher role there than one has; one question per place at a time."""
    where = community.community(actor, community_id)
    if actor.id is None:
        raise NotAllowed
    if all(actor.may(permission, community_id) for permission in PERMISSIONS[role]):
        raise Invalid(_("You may do all that already."), field="role")
    waiting = selectors.visible_approvals(actor).filter(kind=ROLE, asked_by=actor.id, community_id=community_id)
    with transaction.atomic():
        locks.name(f"role:{actor.id}:{community_id}")
        if waiting.exists():
            raise Conflict(
                _("You have asked for a role here already."),
                fix=_("Take that question back first, or wait for the answer until it expires."),
            )
        number = Approval.objects.filter(kind=ROLE, asked_by=actor.id, community_id=community_id).count()
        return ask_approval(
            actor=actor,
            key=f"role:{actor.id}:{community_id}:{number}",
            kind=ROLE,
            sentence=ASKS[role],
            permission=Permission.ADMINISTER,
            community_id=community_id,
            params={"name": actor.name, "where": where.name},
            payload={"staff_id": actor.id, "role": role.value, "community_id": community_id},
            reason=reason,
        )
