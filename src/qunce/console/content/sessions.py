"""Sessions: those of all groups, begun, taken from the past, ended; and what becomes of each."""

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from qunce.chat import selectors as chat
from qunce.chat.selectors import messages as said
from qunce.chat.types import Selection
from qunce.community import selectors as community
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.content import actions
from qunce.content.policies.drafts import edit_of
from qunce.content.selectors import sessions as reads
from qunce.content.selectors import sites, writing
from qunce.content.selectors.sessions import Session
from qunce.content.types import ConsentState, Outlet, SessionState
from qunce.kernel import clock, paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid, QunceError
from qunce.kernel.htmx import go, page
from qunce.kernel.ids import new_id
from qunce.members import actions as members
from qunce.members import selectors as people

AT_ONCE = 120
STATES: dict[str, tuple[str, str | Promise]] = {
    SessionState.RUNNING: ("busy", pgettext_lazy("a session", "Goes on")),
    SessionState.ENDED: ("busy", gettext_lazy("Being drafted")),
    SessionState.DRAFTED: ("wait", gettext_lazy("Waits for scribes")),
    SessionState.EDITED: ("wait", gettext_lazy("Written up")),
    SessionState.PUBLISHED: ("good", gettext_lazy("Published")),
    SessionState.AWAY: ("off", gettext_lazy("Put away")),
}
CONSENTS: dict[str, tuple[str, str | Promise]] = {
    ConsentState.ASKED: ("wait", gettext_lazy("Has not answered")),
    ConsentState.YES: ("good", gettext_lazy("Agrees")),
    ConsentState.ANONYMOUS: ("good", gettext_lazy("Agrees, without a name")),
    ConsentState.NO: ("bad", gettext_lazy("Does not want it")),
}
FAR: dict[str, str | Promise] = {
    Outlet.MEMBERS: gettext_lazy("for members"),
    Outlet.SITE: gettext_lazy("for the site"),
}
WAYS: dict[str, str | Promise] = {"words": gettext_lazy("in the group"), "page": gettext_lazy("on their own page")}


@topic("sessions")
def may_follow_all(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that sessions have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


@topic("session")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see it."""
    try:
        return key.isdecimal() and bool(reads.session(actor, int(key)))
    except QunceError:
        return False


# ------------------------------------------------------------------ all of them
def sessions(request: StaffRequest) -> HttpResponse:
    """The latest first; those that are put away where they are asked for."""
    state = request.GET.get("state", "")
    found = reads.visible_sessions(request.actor, SessionState(state) if state in STATES else None)
    cut = paging.by_key(found, key=("began_at", "id"), cursor=request.GET.get("cursor", ""), size=50)
    groups = community.group_names([row.group_id for row in cut])
    context: dict[str, object] = {
        "tabs": TABS,
        "here": "sessions",
        "page": cut,
        "rows": [(row, groups.get(row.group_id, ""), *STATES[row.state]) for row in cut],
        "states": [(key, word) for key, (_tone, word) in STATES.items()],
        "state": state,
        "may_begin": request.actor.may_anywhere(Permission.OPERATE),
    }
    return page(request, "console/content/sessions.html", context, piece="console/content/sessions_rows.html")


# ------------------------------------------------------------------ beginning
class Beginning(forms.Form):
    """What it is about, and who speaks."""

    topic = forms.CharField(label=gettext_lazy("Topic"), max_length=120)
    speakers = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Who speaks"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=gettext_lazy("Nobody chosen: whoever says most."),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: object, people: Sequence[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["speakers"].choices = list(people)  # type: ignore[attr-defined]


def new(request: StaffRequest) -> HttpResponse:
    """Begin one now, or take one from what was said: from one message to another."""
    chosen = request.GET.get("group", "")
    if not chosen.isdecimal():
        groups = chat.selectable(request.actor, Selection(everywhere=True)).values_list("pk", "name")
        return page(request, "console/content/session_where.html", {"groups": groups, "past": "past" in request.GET})
    group = community.group(request.actor, int(chosen), Permission.OPERATE)
    there = people.present_before(request.actor, {group.pk: clock.now()})[group.pk]
    named = [(each.key, each.name or each.external_id) for each in there]
    form = Beginning(request.POST or None, people=named, initial={"submission": new_id()})
    past = "past" in request.GET
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            made = _made(request, group.pk, form.cleaned_data, past=past)
            return go(request, "console:session", made.pk)
    context: dict[str, object] = {"form": form, "group": group, "past": past}
    if past:
        context["page"] = said.latest(request.actor, group.pk, cursor=request.GET.get("cursor", ""), size=AT_ONCE)
        context["since"], context["until"] = request.POST.get("since", ""), request.POST.get("until", "")
    return page(request, "console/content/session_new.html", context)


def _made(request: StaffRequest, group_id: int, given: dict[str, Any], *, past: bool) -> Session:
    common = {
        "actor": request.actor,
        "group_id": group_id,
        "topic": given["topic"],
        "key": f"page:{given['submission']}",
        "speaker_ids": given["speakers"],
    }
    if not past:
        return actions.begin_session(**common)
    try:
        since, until = (datetime.fromisoformat(request.POST.get(name, "")) for name in ("since", "until"))
    except ValueError:
        raise Invalid(_("Choose the first message and the last.")) from None
    if since.tzinfo is None or until.tzinfo is None:
        raise Invalid(_("Choose the first message and the last."))
    return actions.take_past(**common, since=since, until=until)


# ------------------------------------------------------------------ one
def one(request: StaffRequest, session_id: int) -> HttpResponse:
    """How it stands; its draft on the desk; where it goes."""
    row = reads.session(request.actor, session_id)
    if request.headers.get("X-Draft") == "piece":
        return _desk(request, row)
    context = _about(request, row)
    return page(request, "console/content/session.html", context, piece="console/content/session_now.html")


def _about(request: StaffRequest, row: Session) -> dict[str, object]:
    home = sites.site_of(row.community_id)
    named = reads.names_of(row.speaker_ids)
    context: dict[str, object] = {
        "session": row,
        "group": community.group_names([row.group_id]).get(row.group_id, ""),
        "tone": STATES[row.state][0],
        "word": STATES[row.state][1],
        "speakers": list(named.values()),
        "said": len(reads.said_in(row)) if row.state == SessionState.RUNNING else None,
        "may_operate": request.actor.may(Permission.OPERATE, row.community_id),
        "may_lead": request.actor.may(Permission.LEAD, row.community_id),
        "site": home,
    }
    if row.edition:
        consents = [(each, *CONSENTS[each.state]) for each in reads.consents_of(row)]
        context |= {
            "desk": reads.desk_of(row, request.actor.name),
            "edit_url": request.path + "edit/",
            "asked": bool(row.asked_at),
            "consents": consents,
            "waiting": writing.unanswered(row),
            "scribes": _scribes(request, row),
            "candidates": _candidates(request, row),
            "link": request.session.pop(f"scribe link {row.pk}", ""),
        }
    return context


def _scribes(request: StaffRequest, row: Session) -> list[tuple[int, str]]:
    seen = people.visible_members(request.actor).filter(pk__in=row.scribe_ids)
    return list(seen.order_by("sort_key", "pk").values_list("pk", "name"))


def _candidates(request: StaffRequest, row: Session) -> list[tuple[int, str]]:
    there = people.present_before(request.actor, {row.group_id: clock.now()})[row.group_id]
    found = {each.member_id: each.name or each.external_id for each in there}
    return [(key, name) for key, name in found.items() if key not in row.scribe_ids]


def _desk(request: StaffRequest, row: Session) -> HttpResponse:
    context = {
        "desk": reads.desk_of(row, request.actor.name),
        "edit_url": f"/content/sessions/{row.pk}/edit/",
        "asked": bool(row.asked_at),
    }
    return page(request, "content/passages.html", context)


@require_POST
def edit(request: StaffRequest, session_id: int) -> HttpResponse:
    """One thing that a scribe does; without a script the page is shown again."""
    wished = edit_of(request.POST.dict(), request.actor.name)
    asked = request.headers.get("X-Draft", "")
    try:
        row = actions.edit_draft(actor=request.actor, session_id=session_id, edit=wished)
    except Conflict as error:
        if asked:
            return _told({"problem": str(error)}, status=409)
        raise
    if asked == "change":
        return _desk(request, row)
    if asked == "save":
        other = reads.draft_of(row).of(wished.passage)
        return _told({"said": _("Saved."), "changed": bool(other and other.other)})
    return go(request, "console:session", session_id)


def _told(said: dict[str, object], status: int = 200) -> HttpResponse:
    return JsonResponse(said, status=status)


# ------------------------------------------------------------------ what is decided
@require_POST
def end(request: StaffRequest, session_id: int) -> HttpResponse:
    """It is over."""
    actions.end_session(actor=request.actor, session_id=session_id)
    return go(request, "console:session", session_id)


@require_POST
def finish(request: StaffRequest, session_id: int) -> HttpResponse:
    """It is written up."""
    actions.finish(actor=request.actor, session_id=session_id)
    messages.success(request, _("The write-up is done."))
    return go(request, "console:session", session_id)


@require_POST
def ask(request: StaffRequest, session_id: int) -> HttpResponse:
    """Ask whom it quotes."""
    count = actions.ask_authors(
        actor=request.actor, session_id=session_id, outlet=_outlet(request.POST.get("outlet", ""))
    )
    told = ngettext("%(count)d person is asked.", "%(count)d people are asked.", count) % {"count": count}
    messages.success(request, told if count else _("Everybody it quotes has been asked, or is left in peace."))
    return go(request, "console:session", session_id)


@require_POST
def publish(request: StaffRequest, session_id: int) -> HttpResponse:
    """Let it go out."""
    outlet = _outlet(request.POST.get("outlet", ""))
    actions.publish_session(actor=request.actor, session_id=session_id, outlet=outlet)
    messages.success(request, _("It is published."))
    return go(request, "console:session", session_id)


@require_POST
def take_back(request: StaffRequest, session_id: int) -> HttpResponse:
    """Take it from the members' pages and the site."""
    actions.take_back(actor=request.actor, session_id=session_id)
    messages.success(request, _("It is not to be read outside the group any more."))
    return go(request, "console:session", session_id)


@require_POST
def put_away(request: StaffRequest, session_id: int) -> HttpResponse:
    """Off the list, or back onto it."""
    away = request.POST.get("op") != "back"
    actions.put_away(actor=request.actor, session_id=session_id, away=away)
    messages.success(request, _("It is put away.") if away else _("It is on the list again."))
    return go(request, "console:session", session_id)


@require_POST
def scribes(request: StaffRequest, session_id: int) -> HttpResponse:
    """Name somebody as a scribe, or no more; or make them a link, shown once."""
    row = reads.session(request.actor, session_id, Permission.OPERATE)
    chosen = request.POST.get("member", "")
    if not chosen.isdecimal():
        raise Invalid(_("Choose somebody."), field="member")
    key, op = int(chosen), request.POST.get("op", "add")
    if op == "link":
        made = members.make_link(actor=request.actor, member_id=key, community_id=row.community_id)
        request.session[f"scribe link {row.pk}"] = request.build_absolute_uri(made)
    else:
        there = {*row.scribe_ids, key} if op == "add" else set(row.scribe_ids) - {key}
        actions.set_scribes(actor=request.actor, session_id=session_id, member_ids=there)
    return go(request, "console:session", session_id)


@require_POST
def export(request: StaffRequest, session_id: int) -> HttpResponse:
    """What authors have said, as a table."""
    row = reads.session(request.actor, session_id, Permission.OPERATE)
    actions.record_export(actor=request.actor, session_id=session_id)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="consents-{row.pk}.csv"'
    table = csv.writer(response)
    table.writerow(
        [
            _("Name"),
            _("How far"),
            pgettext("what an author says", "Answer"),
            _("Where they answered"),
            _("Asked at"),
            _("Answered at"),
            _("Fingerprint of the words"),
        ]
    )
    for each in reads.consents_of(row):
        name = f"'{each.name}" if each.name.startswith(("=", "+", "-", "@")) else each.name
        far, way = FAR.get(each.outlet, each.outlet), WAYS.get(each.way, each.way)
        when = [moment.isoformat() if moment else "" for moment in (each.asked_at, each.answered_at)]
        table.writerow([name, far, CONSENTS[each.state][1], way, *when, each.fingerprint])
    return response


def _outlet(word: str) -> Outlet:
    if word not in set(Outlet):
        raise Invalid(_("Choose one of the list."), field="outlet")
    return Outlet(word)


urlpatterns = [
    path("content/sessions/", sessions, name="sessions"),
    path("content/sessions/new/", new, name="session_new"),
    path("content/sessions/<int:session_id>/", one, name="session"),
    path("content/sessions/<int:session_id>/edit/", edit, name="session_edit"),
    path("content/sessions/<int:session_id>/end/", end, name="session_end"),
    path("content/sessions/<int:session_id>/finish/", finish, name="session_finish"),
    path("content/sessions/<int:session_id>/ask/", ask, name="session_ask"),
    path("content/sessions/<int:session_id>/publish/", publish, name="session_publish"),
    path("content/sessions/<int:session_id>/take-back/", take_back, name="session_take_back"),
    path("content/sessions/<int:session_id>/away/", put_away, name="session_away"),
    path("content/sessions/<int:session_id>/scribes/", scribes, name="session_scribes"),
    path("content/sessions/<int:session_id>/consents.csv", export, name="session_export"),
]
