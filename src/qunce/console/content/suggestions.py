"""What members suggest: the board, one suggestion with what becomes of it, and the thanks of a month."""

import math
from collections.abc import Collection, Iterator
from datetime import date

from django import forms
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from qunce.chat.selectors import Fate
from qunce.chat.selectors import messages as said
from qunce.community import selectors as community
from qunce.console import filters
from qunce.console.content.brief import message_key
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked, number
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.console.spreadsheet import Rows, spreadsheet
from qunce.content import actions, selectors
from qunce.content.selectors import Suggestion, SuggestionFilter
from qunce.content.types import SuggestionState
from qunce.kernel import clock, paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.htmx import go, page

TONES = {
    SuggestionState.NEW: "wait",
    SuggestionState.CONSIDERED: "busy",
    SuggestionState.PLANNED: "busy",
    SuggestionState.DONE: "good",
    SuggestionState.DECLINED: "off",
}
EXPORTED = 500


@topic("suggestions")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that some have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


def standing(row: Suggestion) -> tuple[str, str]:
    """How it stands: a tone, and in words."""
    return TONES[SuggestionState(row.state)], _(selectors.CALLED[row.state])


# ---------------------------------------------------------------- the board
def suggestions(request: StaffRequest) -> HttpResponse:
    """All of them, filtered by the address."""
    wanted = _wanted(request)
    found = paging.by_key(
        selectors.board(request.actor, wanted), key=("at", "id"), cursor=request.GET.get("cursor", "")
    )
    counts = selectors.state_counts(request.actor, wanted)
    heard = selectors.voices([row.pk for row in found])
    context = {
        "tabs": TABS,
        "here": "suggestions",
        "wanted": wanted,
        "restricts": wanted != SuggestionFilter(),
        "states": [
            (state, _(selectors.CALLED[state]), counts[state], state is wanted.state) for state in SuggestionState
        ],
        "total": sum(counts.values()),
        "new": counts[SuggestionState.NEW],
        "page": found,
        "rows": [(row, standing(row), heard.get(row.pk, [])) for row in found],
        "picks": [filters.by_community(request.actor, wanted.community_id)],
        "may_enter": request.actor.may_anywhere(Permission.REPLY),
    }
    return page(request, "console/content/suggestions.html", context, piece="console/content/suggestions_rows.html")


def _wanted(request: StaffRequest) -> SuggestionFilter:
    asked = Asked(request.GET)
    state = asked.text("state")
    return SuggestionFilter(
        SuggestionState(state) if state in set(SuggestionState) else None,
        asked.number("community"),
        asked.text("q"),
    )


@require_GET
def export(request: StaffRequest) -> StreamingHttpResponse:
    """Those that are shown, as a file for spreadsheets."""
    head = [_("Suggestion"), _("Community"), _("State"), _("Reason"), _("People"), _("Who"), _("When"), _("Decided")]
    rows = selectors.board(request.actor, _wanted(request))
    return spreadsheet("suggestions", [str(each) for each in head], _portions(list(rows)))


def _portions(rows: list[Suggestion]) -> Iterator[Rows]:
    for first in range(0, len(rows), EXPORTED):
        portion = rows[first : first + EXPORTED]
        heard = selectors.voices([row.pk for row in portion])
        yield [
            [
                row.text,
                row.community.name,
                _(selectors.CALLED[row.state]),
                row.reason,
                len(heard.get(row.pk, ())),
                ", ".join(voice.name for voice in heard.get(row.pk, ())),
                row.at.isoformat(timespec="minutes"),
                row.decided_at.isoformat(timespec="minutes") if row.decided_at else "",
            ]
            for row in portion
        ]


# ---------------------------------------------------------------- one
class DecideForm(forms.Form):
    """What becomes of it, why, and whether its authors are told."""

    state = forms.ChoiceField(label=gettext_lazy("What becomes of it"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("Why, or what came of it"),
        required=False,
        max_length=600,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Its authors read it."),
    )
    tells = forms.BooleanField(
        label=gettext_lazy("Tell them in their group, in reply to their message"), required=False, initial=True
    )
    edition = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        called = [(state.value, _(selectors.CALLED[state])) for state in SuggestionState]
        self.fields["state"].choices = called  # type: ignore[attr-defined]


def suggestion(request: StaffRequest, suggestion_id: int) -> HttpResponse:
    """One of them: who suggests it, and deciding what becomes of it."""
    row = selectors.suggestion(request.actor, suggestion_id)
    if row.same_as_id is not None:
        return go(request, "console:suggestion", row.same_as_id)
    initial = {"state": row.state, "reason": row.reason, "edition": row.edition, "tells": True}
    form = DecideForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.decide_suggestion(
                actor=request.actor,
                suggestion_id=suggestion_id,
                edition=given["edition"],
                state=SuggestionState(given["state"]),
                reason=given["reason"],
                tells=given["tells"],
            )
            return go(request, "console:suggestion", suggestion_id)
    heard = selectors.voices([row.pk]).get(row.pk, [])
    groups = community.group_names({voice.row.group_id for voice in heard if voice.row.group_id})
    may = request.actor.may(Permission.OPERATE, row.community_id)
    fates = selectors.told(row, heard)
    context = {
        "row": row,
        "standing": standing(row),
        "form": form,
        "voices": [(voice, groups.get(voice.row.group_id or 0, ""), fates.get(voice.row.pk)) for voice in heard],
        "alike": selectors.alike(request.actor, row) if may else (),
        "may_operate": may,
        **_telling(row, fates.values()),
    }
    return page(request, "console/content/suggestion.html", context, piece="console/content/suggestion_told.html")


def _telling(row: Suggestion, fates: Collection[Fate]) -> dict[str, object]:
    """For how many seconds the last decision can be undone; how many are being told of it, and how many were."""
    lost = sum(fate.is_lost for fate in fates)
    there = sum(fate.at is not None for fate in fates)
    return {
        "undo_for": math.ceil(selectors.time_to_undo(row).total_seconds()),
        "waiting": len(fates) - lost - there,
        "there": there,
        "lost": lost,
    }


@require_POST
def undo(request: StaffRequest, suggestion_id: int) -> HttpResponse:
    """``edition``: take back the decision that was seen, before its authors are told."""
    edition = number(request.POST.get("edition", "")) or 0
    try:
        actions.undo_decision(actor=request.actor, suggestion_id=suggestion_id, edition=edition)
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back: it is as it was, and nobody was told."))
    return go(request, "console:suggestion", suggestion_id)


@require_POST
def merge(request: StaffRequest, suggestion_id: int) -> HttpResponse:
    """Put it beneath another that says the same."""
    into = number(request.POST.get("into", ""))
    if into is None:
        raise Invalid(_("Choose another one."), field="into")
    target = actions.merge_suggestions(actor=request.actor, suggestion_id=suggestion_id, into=into)
    messages.success(request, _("They are one suggestion now."))
    return go(request, "console:suggestion", target.pk)


@require_POST
def separate(request: StaffRequest, suggestion_id: int) -> HttpResponse:
    """Let it stand by itself again."""
    row = actions.separate_suggestion(actor=request.actor, suggestion_id=suggestion_id)
    return go(request, "console:suggestion", row.pk)


class NewForm(forms.Form):
    """What somebody has suggested, and who."""

    text = forms.CharField(
        label=gettext_lazy("What is suggested"), max_length=2000, widget=forms.Textarea({"rows": 4})
    )
    name = forms.CharField(label=gettext_lazy("By whom"), max_length=120, required=False)
    community = forms.TypedChoiceField(label=gettext_lazy("Community"), coerce=int, required=False, empty_value=None)

    def __init__(self, actor: Actor, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        homes = community.visible_communities(actor, Permission.REPLY)
        self.fields["community"].choices = list(homes.values_list("pk", "name"))  # type: ignore[attr-defined]


def new(request: StaffRequest) -> HttpResponse:
    """Note one; ``?group=&at=&message=``: said in that message."""
    if not request.actor.may_anywhere(Permission.REPLY):
        request.actor.require(Permission.REPLY)
    key = message_key(request)
    found = said.message(request.actor, key, Permission.REPLY) if key else None
    initial = {"text": found.text} if found else {}
    form = NewForm(request.actor, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = actions.enter_suggestion(
                actor=request.actor,
                community_id=given["community"],
                text=given["text"],
                name=given["name"],
                message=key,
            )
        except (Invalid, Conflict) as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("It is on the board."))
            return go(request, "console:suggestion", made.pk)
    given_key = {name: request.GET.get(name, request.POST.get(name, "")) for name in ("group", "at", "message")}
    return page(request, "console/content/suggestion_new.html", {"form": form, "found": found, **given_key})


def thanks(request: StaffRequest) -> HttpResponse:
    """Whose suggestions were carried out in a month, as a text to post: ``?community=&month=2026-11``."""
    homes = list(community.visible_communities(request.actor))
    asked = Asked(request.GET)
    wanted = asked.number("community") or selectors.last_carried_out(request.actor)
    chosen = next((home for home in homes if home.pk == wanted), homes[0] if homes else None)
    today = clock.today(chosen.zone if chosen else "UTC")
    month = asked.day("month") or today
    context: dict[str, object] = {
        "homes": homes,
        "chosen": chosen,
        "months": _months(today),
        "month": month.replace(day=1),
        "text": selectors.thanks(chosen.pk, month, chosen.languages[0]) if chosen else "",
    }
    return page(request, "console/content/thanks.html", context)


def _months(today: date) -> list[date]:
    """A year of months, the present one first."""
    return [_before(today, back) for back in range(12)]


def _before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


urlpatterns = [
    path("content/suggestions/", suggestions, name="suggestions"),
    path("content/suggestions/export/", export, name="suggestions_export"),
    path("content/suggestions/new/", new, name="suggestion_new"),
    path("content/suggestions/thanks/", thanks, name="suggestions_thanks"),
    path("content/suggestions/<int:suggestion_id>/", suggestion, name="suggestion"),
    path("content/suggestions/<int:suggestion_id>/undo/", undo, name="suggestion_undo"),
    path("content/suggestions/<int:suggestion_id>/merge/", merge, name="suggestion_merge"),
    path("content/suggestions/<int:suggestion_id>/separate/", separate, name="suggestion_separate"),
]
