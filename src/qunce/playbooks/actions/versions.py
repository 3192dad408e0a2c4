"""Every change of playbooks: writing, publishing, putting away.

Who operates a community writes and publishes what is its own; what is everybody's is written by who operates all
communities, and published by who leads them all.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.community import selectors as community
from qunce.kernel import audit, clock, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.playbooks.models import Playbook, Run, Version
from qunce.playbooks.selectors import playbooks as reads
from qunce.playbooks.selectors.checks import require_no_errors
from qunce.playbooks.types import Document, RunState, said

LONGEST_NOTE = 10_000


def create_playbook(
    *,
    actor: Actor,
    document: Document,
    community_id: int | None = None,
    text: str = "",
    library: str = "",
) -> Playbook:
    """Begin a draft; it may be unfinished in every way. ``text``: the document as YAML, where it was written so.

    ``library``: which playbook of the library it was made from. Raises Conflict where the key is taken.
    """
    with transaction.atomic():
        if community_id is None:
            actor.require(Permission.OPERATE)
        else:
            community.community(actor, community_id, Permission.OPERATE)
        _require_free(community_id, document.key)
        now = clock.now()
        row = Playbook.objects.create(
            community_id=community_id,
            key=document.key,
            document=document.model_dump(mode="json"),
            text=text,
            library=library,
            created_by_name=actor.name,
            created_at=now,
            changed_at=now,
        )
        _note(actor, row, "playbook.created", gettext_noop("%(actor)s began the playbook “%(title)s”."))
    return row


def change_draft(*, actor: Actor, playbook_id: int, edition: int, document: Document, text: str = "") -> Playbook:
    """Write the draft anew; runs keep the versions they have. Writing what is there already changes nothing.

    ``edition``: which one was seen; Conflict where somebody has changed it since.
    """
    with transaction.atomic():
        row = _locked(actor, playbook_id, Permission.OPERATE)
        _require_edition(row, edition)
        if document.key != row.key:
            _require_free(row.community_id, document.key)
        changed = document.model_dump(mode="json")
        if changed == row.document and text == row.text:
            return row
        row.key, row.document, row.text = document.key, changed, text
        row.edition, row.changed_at = row.edition + 1, clock.now()
        row.save(update_fields=["key", "document", "text", "edition", "changed_at"])
        _note(actor, row, "playbook.changed", gettext_noop("%(actor)s changed the playbook “%(title)s”."))
    return row


def note_on_playbook(*, actor: Actor, playbook_id: int, note: str) -> None:
    """Keep what the team has learned with it."""
    with transaction.atomic():
        row = _locked(actor, playbook_id, Permission.OPERATE)
        row.note = note.strip()[:LONGEST_NOTE]
        row.save(update_fields=["note"])
        _note(actor, row, "playbook.noted", gettext_noop("%(actor)s wrote a note on the playbook “%(title)s”."))


def publish(*, actor: Actor, playbook_id: int, edition: int, accepted: Sequence[str] = ()) -> Version:
    """Make the draft a version that never changes; runs begun from now on take it.

    ``accepted``: the warnings (``code`` or ``code:step``) that whoever publishes accepts, for the record. Raises
    Invalid where the checker finds an error, the engine could not carry it out, or a part of the product is missing;
    Conflict where nothing is new.
    """
    with transaction.atomic():
        row = _locked(actor, playbook_id, Permission.OPERATE)
        if row.community_id is None and not actor.may(Permission.LEAD):
            raise NotAllowed(permission=Permission.LEAD)
        _require_edition(row, edition)
        document = reads.document_of(row)
        reads.require_sound(document)
        reads.require_parts(document)
        require_no_errors(actor, document, playbook=row)
        last = Version.objects.filter(playbook=row).order_by("-number").first()
        if last is not None and last.document == row.document:
            raise Conflict(_("Nothing has changed since version %(number)d.") % {"number": last.number})
        made = Version.objects.create(
            playbook=row,
            number=last.number + 1 if last else 1,
            document=row.document,
            text=row.text,
            accepted=sorted(set(accepted)),
            published_by=actor.id,
            published_by_name=actor.name,
            published_at=clock.now(),
        )
        _note(
            actor,
            row,
            "playbook.published",
            gettext_noop("%(actor)s published version %(number)s of the playbook “%(title)s”."),
            number=made.number,
        )
    return made


def duplicate_playbook(*, actor: Actor, playbook_id: int, community_id: int | None = None) -> Playbook:
    """A draft of the same text under a key of its own, in a community or for everybody."""
    with transaction.atomic():
        source = reads.playbook(actor, playbook_id)
        document = reads.document_of(source)
        taken = set(_of(community_id).values_list("key", flat=True))
        key, number = document.key, 2
        while key in taken:
            key, number = f"{document.key[:55]}-{number}", number + 1
        copied = document.model_copy(update={"key": key})
        text = source.text if key == document.key else ""
        return create_playbook(
            actor=actor, document=copied, community_id=community_id, text=text, library=source.library
        )


def archive_playbook(*, actor: Actor, playbook_id: int) -> None:
    """Put a playbook away; Conflict while it runs somewhere."""
    with transaction.atomic():
        row = _locked(actor, playbook_id, Permission.OPERATE)
        if Run.objects.filter(playbook=row).exclude(state=RunState.ENDED).exists():
            raise Conflict(_("This playbook is still running."), fix=_("Stop its runs first."))
        row.archived_at = row.archived_at or clock.now()
        row.save(update_fields=["archived_at"])
        _note(actor, row, "playbook.archived", gettext_noop("%(actor)s archived the playbook “%(title)s”."))


def restore_playbook(*, actor: Actor, playbook_id: int) -> None:
    """Take an archived playbook out again."""
    with transaction.atomic():
        row = _locked(actor, playbook_id, Permission.OPERATE)
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        _note(actor, row, "playbook.restored", gettext_noop("%(actor)s restored the playbook “%(title)s”."))


# ------------------------------------------------------------------ within
def _locked(actor: Actor, playbook_id: int, permission: Permission) -> Playbook:
    reads.playbook(actor, playbook_id, permission)
    return locks.row(Playbook, playbook_id)


def _require_edition(row: Playbook, edition: int) -> None:
    if row.edition != edition:
        raise Conflict(
            _("Somebody else has changed this playbook in the meantime."),
            fix=_("Look at what is there now, and put your changes into it."),
        )


def _require_free(community_id: int | None, key: str) -> None:
    locks.name(f"playbook:{community_id}:{key}")
    if _of(community_id).filter(key=key).exists():
        raise Invalid(_("There is a playbook with this key already."), fix=_("Choose another one."), field="key")


def _of(community_id: int | None) -> QuerySet[Playbook]:
    found = Playbook.objects.all()
    return found.filter(community=None) if community_id is None else found.filter(community=community_id)


def _note(actor: Actor, row: Playbook, action: str, sentence: str, **params: audit.Param) -> None:
    """What every change of a playbook ends with: the record, and that open pages are old."""
    audit.record(
        actor,
        action,
        sentence,
        community_id=row.community_id,
        about=("playbook", row.pk),
        title=said(row.document.get("title") or {}, "") or row.key,
        **params,
    )
    live.touch("playbooks", f"playbook:{row.pk}")
