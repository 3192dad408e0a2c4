"""Reads of imports: what was taken over, by whom, and how far it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.insights.importer import Source, Unreadable
from qunce.insights.models import Import as Import  # noqa: PLC0414 (rows are passed along, so their type is public)
from qunce.insights.selectors.histories import filled, refused
from qunce.kernel import files
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed, NotFound


def imports(actor: Actor, *, group_id: int | None = None) -> QuerySet[Import]:
    """Imports into groups of communities that the actor leads, the latest first."""
    led = actor.communities(Permission.LEAD)
    found = Import.objects.all() if led is None else Import.objects.filter(community_id__in=led)
    return (found if group_id is None else found.filter(group_id=group_id)).order_by("-id")


def one_import(actor: Actor, import_id: int) -> Import:
    """One import. Raises NotFound where the actor does not lead its community."""
    found = imports(actor).filter(pk=import_id).first()
    if found is None:
        raise NotFound
    return found


@contextmanager
def uploaded(actor: Actor, sha256: str, *, name: str) -> Iterator[Source]:
    """A file that was handed in (`actions.keep_upload`), to be looked at. For those who lead a community.

    Raises Invalid where it was removed meanwhile, because an import of the same file was taken back, say.
    """
    if not actor.may_anywhere(Permission.LEAD):
        raise NotAllowed(permission=Permission.LEAD)
    with ExitStack() as held:
        try:
            path = held.enter_context(files.on_disk(sha256, name=name))
        except NotFound:
            raise Invalid(_("The file is not here any more."), fix=_("Hand it in once more.")) from None
        yield opened(path)


@contextmanager
def source_of(run: Import) -> Iterator[Source]:
    """The file of an import: the one that is kept, or where a program left it. Raises Unreadable where it is gone."""
    if not run.kept:
        yield Source(Path(run.path))
        return
    with ExitStack() as held:
        try:
            path = held.enter_context(files.on_disk(run.file_sha256, name=run.file_name))
        except NotFound:
            raise Unreadable(
                gettext_noop("The file %(file)s is not here any more."),
                gettext_noop("Hand it in once more: what was taken over by now is not doubled."),
                file=run.file_name,
            ) from None
        yield Source(path)


def is_here(run: Import) -> bool:
    """Whether the file of an import is kept, and still there."""
    return run.kept and files.is_stored(run.file_sha256)


def failure(run: Import) -> tuple[str, str]:
    """Why an import has failed, and what to do, in the reader's language."""
    if run.error_values is None:
        return run.error, ""
    return filled(run.error, run.error_values), filled(run.error_fix, run.error_values)


def opened(path: Path) -> Source:
    """A file, folder or zip to be read. Raises Invalid with one sentence where nothing can be read."""
    try:
        return Source(path)
    except ValueError as error:
        raise refused(error) from error
