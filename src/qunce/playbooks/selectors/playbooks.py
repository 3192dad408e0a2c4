"""Reads of playbooks and versions, and versions as they are carried out."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.kernel.words import listed
from qunce.members.condition import Condition, conditions
from qunce.playbooks.models import Playbook, Version
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.policies.walking import Walk
from qunce.playbooks.step import Step, steps
from qunce.playbooks.trigger import Trigger, triggers
from qunce.playbooks.types import Document, StepSpec


# ------------------------------------------------------------------ who sees what
def visible_playbooks(
    actor: Actor, permission: Permission = Permission.VIEW, *, archived: bool = False
) -> QuerySet[Playbook]:
    """Playbooks of communities in which the actor holds ``permission``, by key, with their community.

    Those that are everybody's are seen by whoever sees any community, and changed by who may do so in all of them.
    """
    found = Playbook.objects.filter(archived_at__isnull=not archived).select_related("community")
    if not actor.may_anywhere(Permission.VIEW):
        return found.none()
    allowed = actor.communities(permission)
    if allowed is not None:
        everybodys = Q(community=None, pk__isnull=permission is not Permission.VIEW)
        found = found.filter(Q(community__in=allowed) | everybodys)
    return found.order_by("key", "pk")


def playbook(actor: Actor, playbook_id: int, permission: Permission = Permission.VIEW) -> Playbook:
    """One of them, archived or not. NotFound where the actor may not see it, NotAllowed where that is all."""
    found = Playbook.objects.filter(pk=playbook_id).select_related("community").first()
    if found is None or not _sees(actor, found):
        raise NotFound
    if permission is not Permission.VIEW and not actor.may(permission, found.community_id):
        raise NotAllowed(permission=permission)
    return found


def _sees(actor: Actor, found: Playbook) -> bool:
    if found.community_id is None:
        return actor.may_anywhere(Permission.VIEW)
    return actor.may(Permission.VIEW, found.community_id)


def versions(actor: Actor, playbook_id: int) -> list[Version]:
    """What was published of a playbook, the latest first."""
    return list(Version.objects.filter(playbook=playbook(actor, playbook_id)).order_by("-number"))


def version(actor: Actor, playbook_id: int, number: int | None = None) -> Version:
    """One version by its number; None: the latest. NotFound where there is none."""
    found = Version.objects.filter(playbook=playbook(actor, playbook_id)).order_by("-number")
    row = found.filter(number=number).first() if number is not None else found.first()
    if row is None:
        raise NotFound
    return row


def latest_of(playbook_ids: list[int]) -> dict[int, Version]:
    """The latest version of each, by the playbook's id. No guard: for lists of what the actor may see."""
    found = Version.objects.filter(playbook__in=playbook_ids).order_by("playbook_id", "-number")
    return {row.playbook_id: row for row in found.distinct("playbook_id")}


def document_of(row: Playbook | Version) -> Document:
    """What is written in a draft or a version."""
    return Document.model_validate(row.document)


# ------------------------------------------------------------------ as it is carried out
@dataclass(frozen=True, slots=True)
class Ready:
    """A step with its kind, its Config and its conditions; or why it cannot be carried out (``broken``)."""

    spec: StepSpec
    kind: Step | None
    config: Any
    only_if: tuple[tuple[Condition, Any], ...] = ()
    broken: str = ""


class Compiled:
    """A published version, ready to be carried out; it never changes, so it is kept per process."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.walk = Walk(document)
        self.steps = {key: _ready(spec) for key, spec in self.walk.steps.items()}
        kind = triggers.get(document.start.on)
        self.trigger: Trigger | None = kind() if kind else None
        self.trigger_config: BaseModel | None = None
        if self.trigger:
            try:
                self.trigger_config = self.trigger.Config.model_validate(document.start.with_)
            except ValidationError:
                self.trigger = None


def _ready(spec: StepSpec) -> Ready:
    kind = steps.get(spec.do)
    if kind is None:
        return Ready(spec, None, None, broken=f"{spec.do}?")
    try:
        config = kind.Config.model_validate(spec.with_)
        only_if = tuple((conditions[key](), conditions[key].Config.model_validate(raw)) for key, raw in spec.only_if)
    except (KeyError, ValidationError) as error:
        return Ready(spec, None, None, broken=f"{spec.id}: {type(error).__name__}")
    return Ready(spec, kind(), config, only_if)


@lru_cache(maxsize=256)
def compiled(version_id: int) -> Compiled:
    """A version by its id. No guard: for the engine."""
    return Compiled(document_of(Version.objects.get(pk=version_id)))


# ------------------------------------------------------------------ what keeps it from being published
def require_parts(document: Document) -> None:
    """Raise Invalid where the playbook, or a kind in it, needs a part of the product that does not exist."""
    needs = set(document.needs)
    for spec in document.walk():
        needs |= set(steps[spec.do].needs) if spec.do in steps else set()
        needs |= {part for key, _raw in spec.only_if if key in conditions for part in conditions[key].needs}
    if document.start.on in triggers:
        needs |= set(triggers[document.start.on].needs)
    if lacking := missing_parts(needs):
        raise Invalid(
            _("This playbook needs what Qunce does not have yet: %(parts)s.") % {"parts": listed(lacking)},
            fix=_("It can stay a draft until then."),
        )


def require_sound(document: Document) -> None:
    """Raise Invalid where the engine could not carry it out: unknown kinds, unreadable settings, an id twice."""
    if not document.steps:
        raise Invalid(_("A playbook needs at least one step."))
    seen: set[str] = set()
    for spec in document.walk():
        if spec.id in seen:
            raise Invalid(_("The step “%(step)s” is there twice.") % {"step": spec.id})
        seen.add(spec.id)
        ready = _ready(spec)
        if ready.kind is None:
            raise Invalid(
                _("The step “%(step)s” cannot be carried out: %(reason)s") % {"step": spec.id, "reason": ready.broken}
            )
        if unknown := sorted(set(spec.paths) - set(ready.kind.paths)):
            raise Invalid(
                _("The step “%(step)s” never takes the path “%(path)s”.") % {"step": spec.id, "path": unknown[0]}
            )
    if Compiled(document).trigger is None:
        raise Invalid(_("Nothing in Qunce starts a playbook by “%(trigger)s”.") % {"trigger": document.start.on})


def roles_of(document: Document) -> frozenset[str]:
    """The roles that steps of a document speak of, by name; empty: whichever is the first of the group."""
    kinds = ((steps.get(spec.do), spec) for spec in document.walk())
    return frozenset(
        str(spec.with_.get("rota", "")) for kind, spec in kinds if kind and "rota" in kind.Config.model_fields
    )
