"""What people decide about histories: to take one over, to stop, to go on, and to take it back."""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from errno import ENOSPC

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from qunce.community import actions as community
from qunce.community import selectors as groups
from qunce.community.selectors import Group
from qunce.insights.importer import Importer, Source
from qunce.insights.models import Import
from qunce.insights.selectors import histories
from qunce.insights.types import Chat, ImportState, Options
from qunce.kernel import audit, clock, files, live, locks
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.kernel.models import StoredFile

UPLOADED = "application/x-chat-history"
"""The type of files that were handed in for this alone, and are removed with it."""
RUN, UNDO = "insights.run_import", "insights.undo_import"
"""The jobs, by name: jobs stand above what they run."""
_ENDED = {ImportState.DONE, ImportState.FAILED, ImportState.STOPPED}
_GOES_ON = {ImportState.WAITING, ImportState.RUNNING, ImportState.FAILED, ImportState.STOPPED}


def keep_upload(*, actor: Actor, name: str, content: Iterable[bytes]) -> StoredFile:
    """Store a file that somebody hands in, however large; for those who lead a community."""
    if not actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    try:
        return files.put(content, name=name, content_type=UPLOADED)
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        raise Conflict(_("The disk is full."), fix=_("Make room, then hand the file in once more.")) from error


def begin_import(
    *,
    actor: Actor,
    source: Source,
    importer_key: str,
    chat: str,
    community_id: int,
    group_id: int | None = None,
    name: str = "",
    options: Options = Options(),  # noqa: B008 (frozen)
    kept: str = "",
) -> Import:
    """Decide to take over one chat of a history, into a group of the community; a new one where none is named.

    ``kept``: the file as `keep_upload` has stored it, which a job then reads; otherwise whoever calls this runs it
    with the source. The same file again, where it was cut off, goes on where it was. Needs the role of a lead.
    """
    groups.community(actor, community_id, Permission.LEAD)
    kind = histories.importer(importer_key)
    meant = _one(source, kind, chat, options)
    sha256, size = histories.fingerprint(source)
    with transaction.atomic():
        if group_id is None:
            key, called = histories.external_id(kind, chat), name or meant.name or source.name
            group = community.found_history_group(
                actor=actor, community_id=community_id, external_id=key, name=called
            )
        else:
            group = _open_group(actor, community_id, group_id)
        locks.name(f"history:{group.pk}")
        chosen = replace(options, zone=options.zone or histories.zone_of(group.pk))
        histories.reading_of(chosen)
        run = _cut_off(group, sha256, chat, chosen) or Import(
            group_id=group.pk,
            community_id=community_id,
            chat=chat,
            file_sha256=sha256,
            file_size=size,
            created_at=clock.now(),
        )
        run.importer, run.file_name, run.expected = importer_key, source.path.name, meant.messages
        run.options, run.kept, run.path = chosen.to_json(), bool(kept), "" if kept else str(source.path.absolute())
        run.state, run.error, run.runner = ImportState.WAITING, "", None
        run.by_id, run.by_name = actor.id, actor.name
        run.save()
        audit.record(
            actor,
            "import.begun",
            gettext_noop("%(actor)s took the history “%(file)s” into the group %(group)s."),
            community_id=community_id,
            about=("group", group.pk),
            file=run.file_name,
            group=group.name or group.external_id,
        )
        live.touch("imports", f"import:{run.pk}")
        if kept:
            soon(run, RUN)
    return run


def stop_import(*, actor: Actor, import_id: int) -> Import:
    """Stop an import that is under way; what was taken over by now stays. Needs the role of a lead."""
    with transaction.atomic():
        run = _locked(actor, import_id)
        if run.state not in {ImportState.WAITING, ImportState.RUNNING}:
            raise Conflict(_("This import is not under way."))
        run.state, run.runner, run.error = ImportState.STOPPED, None, ""
        run.save(update_fields=["state", "runner", "error"])
        _record(actor, run, "import.stopped", gettext_noop("%(actor)s stopped taking over the history “%(file)s”."))
    return run


def go_on(*, actor: Actor, import_id: int) -> Import:
    """Go on with an import that was stopped or has failed, from where it is. Needs the role of a lead."""
    with transaction.atomic():
        run = _locked(actor, import_id)
        if run.state not in {ImportState.STOPPED, ImportState.FAILED}:
            raise Conflict(_("This import was neither stopped, nor has it failed."))
        if not run.kept:
            raise Conflict(
                _("The file is not stored here."), fix=_("Run the command `qunce import` with the same file again.")
            )
        run.state, run.error = ImportState.WAITING, ""
        run.save(update_fields=["state", "error"])
        _record(actor, run, "import.continued", gettext_noop("%(actor)s went on with the history “%(file)s”."))
        soon(run, RUN)
    return run


def undo_import(*, actor: Actor, import_id: int) -> Import:
    """Take back what an import has brought: a job removes its messages, stays, and people known by it alone.

    What others have told since, and what was there before, stays. Needs the role of a lead.
    """
    with transaction.atomic():
        run = _locked(actor, import_id)
        if run.state == ImportState.UNDONE:
            raise Conflict(_("This import was taken back already."))
        if run.state not in _ENDED:
            raise Conflict(_("This import is under way."), fix=_("Stop it first."))
        run.state, run.runner, run.error = ImportState.UNDOING, None, ""
        run.save(update_fields=["state", "runner", "error"])
        _record(actor, run, "import.undone", gettext_noop("%(actor)s took back the import of “%(file)s”."))
        soon(run, UNDO)
    return run


def remove_file(*, actor: Actor, import_id: int) -> Import:
    """Forget the file of an import that has ended; what was taken over stays, and can still be taken back."""
    with transaction.atomic():
        run = _locked(actor, import_id)
        if run.state not in _ENDED | {ImportState.UNDONE}:
            raise Conflict(_("This import is under way."), fix=_("Stop it first."))
        if run.kept:
            forget_file(run=run)
            _record(actor, run, "import.file_removed", gettext_noop("%(actor)s removed the file “%(file)s”."))
    return run


def forget_file(*, run: Import) -> None:
    """The file of an import is not kept any more, unless another one needs it. In the caller's transaction."""
    run.kept = False
    run.save(update_fields=["kept"])
    others = Import.objects.filter(file_sha256=run.file_sha256, kept=True).exclude(pk=run.pk)
    with suppress(NotFound):
        if not others.exists() and files.stored(run.file_sha256).content_type == UPLOADED:
            transaction.on_commit(lambda: files.remove(run.file_sha256))


def soon(run: Import, job: str) -> None:
    """Have the job done after the commit; imports into one group one after another."""

    def defer() -> None:
        with suppress(AlreadyEnqueued):
            wanted = app.configure_task(job, lock=f"history:{run.group_id}", queueing_lock=f"{job}:{run.pk}")
            wanted.defer(import_id=run.pk)

    transaction.on_commit(defer)


# ------------------------------------------------------------------ within
def _one(source: Source, kind: Importer, chat: str, options: Options) -> Chat:
    """The chat. Raises Invalid where it is not in the file."""
    found = histories.chats(source=source, importer_key=kind.key, options=options)
    for each in found:
        if each.key == chat:
            return each
    raise Invalid(
        _("There is no chat “%(chat)s” in “%(name)s”.") % {"chat": chat, "name": source.path.name}, field="chat"
    )


def _open_group(actor: Actor, community_id: int, group_id: int) -> Group:
    group = groups.group(actor, group_id, Permission.LEAD)
    if group.community_id != community_id:
        raise NotFound
    if group.archived_at:
        raise Conflict(
            _("The group “%(group)s” is archived.") % {"group": group.name},
            fix=_("Restore it first, or choose another one."),
        )
    return group


def _cut_off(group: Group, sha256: str, chat: str, options: Options) -> Import | None:
    """The import of just this that has not come to its end."""
    found = Import.objects.filter(group_id=group.pk, file_sha256=sha256, chat=chat, state__in=_GOES_ON)
    wanted = options.to_json()
    return next((run for run in found.order_by("-id") if run.options == json.loads(json.dumps(wanted))), None)


def _locked(actor: Actor, import_id: int) -> Import:
    """The import, locked. NotFound or NotAllowed where the actor does not lead its community."""
    try:
        run = locks.row(Import, import_id)
    except Import.DoesNotExist:
        raise NotFound from None
    groups.community(actor, run.community_id, Permission.LEAD)
    return run


def _record(actor: Actor, run: Import, action: str, sentence: str) -> None:
    audit.record(
        actor, action, sentence, community_id=run.community_id, about=("group", run.group_id), file=run.file_name
    )
    live.touch("imports", f"import:{run.pk}")
