"""What a member suggests, and what became of it."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from qunce.content import actions, selectors
from qunce.kernel.errors import Conflict, Invalid
from qunce.memberpages.doors import MemberRequest, own
from qunce.memberpages.frame import page_of


@own
def suggestions(request: MemberRequest) -> HttpResponse:
    """A form, and what was suggested before."""
    objection, text = "", ""
    if request.method == "POST":
        text = request.POST.get("text", "")
        try:
            actions.suggest(visit=request.visit, text=text)
        except (Invalid, Conflict) as error:
            objection = str(error)
        else:
            return redirect("memberpages:suggestions", request.visit.link.ref)
    rows = [(row, top, _(selectors.CALLED[top.state])) for row, top in selectors.own_suggestions(request.visit)]
    return page_of(request, "suggestions", rows=rows, objection=objection, text=text)
