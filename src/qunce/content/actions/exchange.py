"""Items that come as an archive."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.content.actions.files import keep_file
from qunce.content.actions.items import change_item, create_item, publish_item
from qunce.content.selectors import exchange
from qunce.content.types.exchange import LARGEST_ARCHIVE, PlannedItem, Verdict
from qunce.kernel import audit, files, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed


@dataclass(frozen=True, slots=True)
class Brought:
    """How many items an archive made and changed, and how many of its lines could not be read."""

    made: int
    changed: int
    wrong: int


def take_archive(*, actor: Actor, name: str, body: bytes) -> str:
    """Keep an archive while somebody looks at what it would do; returns its sha256. For operators of any place."""
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    if len(body) > LARGEST_ARCHIVE:
        raise Invalid(
            _("The file is too large."),
            fix=_("At most %(size)d MB are read at once; cut it in two.") % {"size": LARGEST_ARCHIVE >> 20},
            field="archive",
        )
    return files.put(body, name=name[:120], content_type="application/octet-stream").sha256


@transaction.atomic
def import_items(*, actor: Actor, name: str, body: bytes, seen: str) -> Brought:
    """Make and change the items that an archive holds, all in one go; lines that cannot be read are left out.

    ``seen``: `ImportPlan.seen` of what the person has looked at; Conflict where the library has been changed since.
    What was published where it comes from is published here, where this person may. The same archive again changes
    nothing.
    """
    if not actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed(permission=Permission.OPERATE)
    locks.name("library.import")
    plan = exchange.plan_import(actor, body)
    if plan.seen != seen:
        raise Conflict(
            _("Somebody changed the library while you were looking; nothing was imported."),
            fix=_("Look at what would happen now, then import."),
        )
    _text, contents = exchange.unpacked(body)
    good = plan.of(Verdict.NEW, Verdict.CHANGED)
    for line in good:
        for file in line.document.files if line.document else ():
            if file.sha256 in contents:
                keep_file(file, contents[file.sha256])
        _take_over(actor, line)
    made, changed = len(plan.of(Verdict.NEW)), len(plan.of(Verdict.CHANGED))
    if good:
        said = gettext_noop("%(actor)s imported items from “%(file)s”: %(made)s new, %(changed)s changed.")
        audit.record(actor, "items.imported", said, file=name, made=made, changed=changed)
    return Brought(made, changed, len(plan.of(Verdict.WRONG)))


def _take_over(actor: Actor, line: PlannedItem) -> None:
    assert line.document is not None  # noqa: S101 (it was read)
    if line.item_id is None:
        row = create_item(
            actor=actor,
            document=line.document,
            key=line.key,
            community_id=line.community_id,
            openness=line.openness,
        )
    else:
        row = change_item(
            actor=actor,
            item_id=line.item_id,
            edition=line.edition,
            document=line.document,
            key=line.key,
            openness=line.openness,
        )
    if line.published:
        publish_item(actor=actor, item_id=row.pk, edition=row.edition)
