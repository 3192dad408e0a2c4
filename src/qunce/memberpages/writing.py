"""What members write up by their link, and what they say of being quoted."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qunce.content import actions
from qunce.content.policies.drafts import edit_of
from qunce.content.selectors import sessions as reads
from qunce.content.types import ConsentState
from qunce.kernel.errors import Conflict, NotFound
from qunce.memberpages.doors import MemberRequest, own, show
from qunce.memberpages.frame import page_of


# ------------------------------------------------------------------ write-ups
@own
@require_safe
def drafts(request: MemberRequest) -> HttpResponse:
    """The write-ups that wait for the member."""
    return page_of(request, "drafts", rows=reads.scribed_by(request.visit))


@own
@require_safe
def draft(request: MemberRequest, session_id: int) -> HttpResponse:
    """One of them on the desk."""
    row = reads.scribed(request.visit, session_id)
    if request.headers.get("X-Draft") == "piece":
        return _desk(request, row)
    return page_of(request, "draft", session=row, **_about(request, row))


def _about(request: MemberRequest, row: reads.Session) -> dict[str, object]:
    return {
        "desk": reads.desk_of(row, request.visit.member.name),
        "edit_url": f"/m/{request.visit.link.ref}/drafts/{row.pk}/edit/",
        "asked": bool(row.asked_at),
    }


def _desk(request: MemberRequest, row: reads.Session) -> HttpResponse:
    return show(request, "content/passages.html", _about(request, row))


@own
@require_POST
def draft_edit(request: MemberRequest, session_id: int) -> HttpResponse:
    """One thing that a scribe does; without a script the page is shown again."""
    wished, asked = edit_of(request.POST.dict(), request.visit.member.name), request.headers.get("X-Draft", "")
    try:
        row = actions.edit_as_scribe(visit=request.visit, session_id=session_id, edit=wished)
    except Conflict as error:
        if asked:
            return JsonResponse({"problem": str(error)}, status=409)
        raise
    if asked == "change":
        return _desk(request, row)
    if asked == "save":
        other = reads.draft_of(row).of(wished.passage)
        return JsonResponse({"said": _("Saved."), "changed": bool(other and other.other)})
    return redirect("memberpages:draft", request.visit.link.ref, session_id)


@own
@require_POST
def draft_done(request: MemberRequest, session_id: int) -> HttpResponse:
    """The write-up is done."""
    actions.finish_as_scribe(visit=request.visit, session_id=session_id)
    return redirect("memberpages:drafts", request.visit.link.ref)


# ------------------------------------------------------------------ being quoted
@own
@require_safe
def quoted(request: MemberRequest) -> HttpResponse:
    """Where the member is quoted, and what they have said of it; they may change their mind at any time."""
    rows = [(each, reads.own_words(each)) for each in reads.asked_of(request.visit)]
    return page_of(request, "quoted", rows=rows)


@own
@require_POST
def quoted_answer(request: MemberRequest, consent_id: int) -> HttpResponse:
    """What they say of one."""
    said = request.POST.get("answer", "")
    if said not in {ConsentState.YES, ConsentState.ANONYMOUS, ConsentState.NO}:
        raise NotFound
    actions.answer_on_page(visit=request.visit, consent_id=consent_id, state=ConsentState(said))
    return redirect("memberpages:quoted", request.visit.link.ref)
