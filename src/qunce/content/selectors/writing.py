"""The words around a write-up, in the language of its community."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from qunce.content.models import Session
from qunce.content.policies.leaving import files_in, leaving, markdown, picture_name
from qunce.content.selectors import sessions as reads
from qunce.content.types import Attached, ConsentState, Draft, ItemDocument, ItemKind, Outlet
from qunce.content.types.items import MOST_FILES
from qunce.kernel.words import listed

LONGEST_SUMMARY = 600


def headings(language: str | None) -> dict[str, str]:
    """What stands above and before the parts of a write-up."""
    with override(language):
        return {
            "points": _("Key points"),
            "talk": _("The session"),
            "questions": _("Questions and answers"),
            "unquoted": _("(The question is not quoted.)"),
            "question": pgettext("before a question that is quoted", "Q"),
            "answer": pgettext("before an answer that is quoted", "A"),
        }


def day_and_time(row: Session, moment: datetime) -> str:
    """A moment in the zone of the session's community."""
    return date_format(moment.astimezone(ZoneInfo(row.community.zone)), "SHORT_DATETIME_FORMAT")


def leaving_of(row: Session, draft: Draft, outlet: Outlet, language: str | None) -> Draft:
    """What of a draft may leave the group as far as ``outlet``."""
    with override(language):
        return leaving(draft, reads.answers_to(row, draft, outlet), _("a member"))


def document_of(row: Session, left: Draft, language: str | None) -> ItemDocument:
    """A write-up that leaves the group, as an item of the library."""
    speakers = [each.name for each in left.people if each.speaks]
    return ItemDocument(
        kind=ItemKind.ARTICLE,
        title=left.title or row.topic,
        summary=left.summary[:LONGEST_SUMMARY],
        body=markdown(left, headings(language)),
        files=tuple(
            Attached(
                sha256=file.sha256,
                name=picture_name(file) if file.kind == "image" else file.name,
                content_type=file.content_type,
                size=file.size,
                kind=file.kind,
            )
            for file in files_in(left)[:MOST_FILES]
        ),
        tags=tuple(each[:40] for each in left.keywords[:5]),
        author=_listed(speakers, language),
        language=(language or "")[:2],
    )


def _listed(names: list[str], language: str | None) -> str:
    with override(language):
        return listed(names)


def unanswered(row: Session) -> int:
    """How many of those who are asked about the draft as it is have not answered."""
    if not row.openness:
        return 0
    said = reads.answers_to(row, reads.draft_of(row), row.openness)
    return sum(state is ConsentState.ASKED for state in said.values())
