"""One rule: its form, what it would say, and which other rules it meets."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.chat.types import Content, Media
from qunce.community.types import GroupFacts
from qunce.console.context import StaffRequest
from qunce.console.desk import words
from qunce.console.desk.form import RuleForm, filled, hours_in
from qunce.console.filters import number
from qunce.console.forms import errors_in
from qunce.console.uploads import just_picked
from qunce.content import policies as content
from qunce.content import selectors as library
from qunce.content.types import Attached, Way, Wire
from qunce.desk import actions, selectors
from qunce.desk.types import MOST_ANSWERS, WEEK, Match, RuleDraft
from qunce.kernel import clock
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.htmx import go, is_partial

MOST_MEETINGS = 8


def new_rule(request: StaffRequest) -> HttpResponse:
    """Make a rule; ``?example=1`` starts from one, ``?group=`` with a group chosen."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    form = RuleForm(request.POST or None, request.FILES or None, initial=_proposed(request), actor=request.actor)
    if request.method == "POST":
        with errors_in(form):
            files = form.take(request.FILES.getlist("uploads"))
            if form.is_valid():
                actions.create_rule(actor=request.actor, draft=form.draft(files))
                messages.success(request, _("The rule is made; it answers from the next message on."))
                return go(request, "console:keyword_replies")
    return render(request, "console/desk/rule.html", {"may_change": True, **_around(request, form)})


def _proposed(request: StaffRequest) -> dict[str, Any]:
    """What a new rule's form begins with."""
    group = request.GET.get("group", "")
    begun: dict[str, Any] = {
        "reach": "everywhere" if request.actor.may(Permission.OPERATE) else "community",
        "cooldown": 60,
        "when": "always",
        "days": list(WEEK[:5]),
        "opens": time(9),
        "closes": time(18),
    }
    if group.isdecimal():
        begun |= {"reach": "group", "group": int(group)}
    if item := selectors.item_of(request.actor, number(request.GET.get("item", ""))):
        begun |= {"item": item.pk}
        if item.community_id is not None:
            begun |= {"reach": "community", "community": item.community_id}
    if "example" in request.GET:
        begun |= {
            "keywords": _("sign up\nhow do I join"),
            "answer": _("Hello {name}, write “I am in” with your city, and you get a number in {group}."),
        }
    return begun


def rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """One rule, to change it where the person may."""
    view = selectors.rule(request.actor, rule_id)
    form = RuleForm(
        request.POST or None,
        request.FILES or None,
        initial=filled(view),
        actor=request.actor,
        to_change=view.may_change,
    )
    if request.method == "POST":
        with errors_in(form):
            files = form.take(request.FILES.getlist("uploads"))
            if form.is_valid():
                seen = form.cleaned_data["seen"]
                actions.change_rule(actor=request.actor, rule_id=rule_id, draft=form.draft(files), seen=seen)
                messages.success(request, _("Saved. The rule answers so from the next message on."))
                return go(request, "console:keyword_replies")
    context = {
        "view": view,
        "may_change": view.may_change,
        "changed_by_another": form.is_bound and form.catch_up(selectors.rule(request.actor, rule_id)),
        **_around(request, form, rule_id),
    }
    return render(request, "console/desk/rule.html", context)


def _around(request: StaffRequest, form: RuleForm, rule_id: int = 0) -> dict[str, Any]:
    """The form, and beside it what is shown of what is typed."""
    room = MOST_ANSWERS - 1 - len(form.variants)
    return {
        "form": form,
        "room": room > 0,
        "insertable": words.insertable(),
        "rule_id": rule_id,
        **_preview(request, form, rule_id),
    }


# ---------------------------------------------------------------- preview
def _preview(request: StaffRequest, form: RuleForm, rule_id: int) -> dict[str, Any]:
    """The answers as they will look, what is wrong with them, and which rules are met besides."""
    draft = _typed(form)
    asked = next(iter(draft.keywords), "").strip()
    group = selectors.sample(request.actor, draft.scope)
    shown: dict[str, Any] = {
        "asked": asked,
        "name": request.user.name,
        "group_name": group.name,
        "files": draft.files,
        **_item(request, draft, group),
    }
    shown["ways"] = _ways(request, draft, shown["item_files"])
    whole = replace(draft, keywords=draft.keywords or ("?",), answer=draft.answer or "…", files=())
    try:
        checked = selectors.checked(whole)
    except Invalid as error:
        return {**shown, "error": error}
    if asked:
        shown |= _meetings(request, checked, rule_id)
    texts = [checked.answer if draft.answer else "", *checked.variants, checked.away]
    now = clock.now()
    first, *variants, away = [selectors.fill(text, name=request.user.name, group=group, at=now) for text in texts]
    return {**shown, "said": first, "variants": variants, "away": away}


def _typed(form: RuleForm) -> RuleDraft:
    """What the form holds, as far as it makes sense; what is wrong with it is for `selectors.checked`."""
    if form.is_bound:
        form.is_valid()  # cleaned once: what an action objected to stays among the errors
        for name, value in {"keywords": "", "answer": "", "away": "", "days": [], "cooldown": 0}.items():
            form.cleaned_data.setdefault(name, value)
        for name in ("opens", "closes", "community", "group", "tag_community"):
            form.cleaned_data.setdefault(name, None)
        given = form.cleaned_data
    else:
        given = {name: form[name].value() for name in form.fields}
    reach = given.get("reach")
    picked = just_picked(str(form["picked"].value() or ""))
    draft = RuleDraft(
        keywords=tuple(filter(str.strip, str(given["keywords"] or "").splitlines())),
        answer=str(given["answer"] or "").strip(),
        match=Match(given["match"]) if given.get("match") in set(Match) else Match.CONTAINS,
        variants=tuple(form.variants),
        files=(*(file for _token, file in form.attached), *picked),
        item_id=number(str(given.get("item") or "")),
        **_place(reach, given),
    )
    return replace(draft, hours=hours_in(given), away=str(given["away"] or "").strip())


def _place(reach: str | None, given: dict[str, Any]) -> dict[str, Any]:
    if reach == "group":
        return {"group_id": given["group"]}
    if reach == "tag":
        return {"tag": str(given.get("tag") or ""), "community_id": given["tag_community"]}
    return {"community_id": given["community"]} if reach == "community" else {}


def _item(request: StaffRequest, draft: RuleDraft, group: GroupFacts) -> dict[str, Any]:
    """What goes along from the library: its words and files in such a group, or why it does not."""
    row = selectors.item_of(request.actor, draft.item_id)
    ready = library.ready([row.pk]).get(row.pk) if row else None
    shown: dict[str, Any] = {"item": row, "item_said": "", "item_files": ()}
    if row is None or ready is None:
        return {**shown, "item_lacks": _(library.why_not_ready(row)) if row else ""}
    parts = library.parts_of(ready, group.platform, token="…" if library.token_for(ready) else "")
    words_only = Content(tuple(part for part in parts if not isinstance(part, Media)))
    files = ready.document.files if not content.has_page(ready.document) else ()
    return {**shown, "item_said": words_only.plain.strip(), "item_files": files}


def _ways(request: StaffRequest, draft: RuleDraft, more: Sequence[Attached]) -> list[str]:
    """Where the files do not go as files, in sentences."""
    found: dict[Way, list[Wire]] = defaultdict(list)
    files = (*draft.files, *more)
    for wire in selectors.wires_of(request.actor, draft.scope) if files else ():
        ways = {content.way_of(file, wire, public=bool(settings.BASE_URL)) for file in files}
        for way in ways - {Way.SENT}:
            found[way].append(wire)
    return [words.way(way, wires) for way, wires in found.items()]


def _meetings(request: StaffRequest, draft: RuleDraft, rule_id: int) -> dict[str, Any]:
    met = selectors.meetings(request.actor, selectors.as_rule(draft, rule_id))
    return {
        "meetings": [(each, words.meeting(each)) for each in met[:MOST_MEETINGS]],
        "more_meetings": max(0, len(met) - MOST_MEETINGS),
    }


@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """What is being typed, on a phone; ``rule``: the one that is changed."""
    form = RuleForm(request.POST, initial={}, actor=request.actor)
    key = request.POST.get("rule", "")
    context = _preview(request, form, int(key) if key.isdecimal() else 0)
    return render(request, "console/desk/preview.html", context)


# ---------------------------------------------------------------- switch, delete, restore
@require_POST
def switch_rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """``enabled=1`` or ``0``: let the rule answer, or not."""
    actions.set_rule_enabled(actor=request.actor, rule_id=rule_id, enabled=request.POST.get("enabled") == "1")
    if is_partial(request):
        return render(request, "console/desk/row.html", {"view": selectors.rule(request.actor, rule_id)})
    return go(request, "console:keyword_replies")


@require_POST
def delete_rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Take the rule away; the list offers to undo it."""
    actions.delete_rule(actor=request.actor, rule_id=rule_id)
    return redirect(reverse("console:keyword_replies", query={"deleted": rule_id}))


@require_POST
def restore_rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """Undo the deletion."""
    actions.restore_rule(actor=request.actor, rule_id=rule_id)
    messages.success(request, _("The rule is back."))
    return go(request, "console:keyword_replies")


urlpatterns = [
    path("keyword-replies/new/", new_rule, name="rule_new"),
    path("keyword-replies/preview/", preview, name="rule_preview"),
    path("keyword-replies/<int:rule_id>/", rule, name="rule"),
    path("keyword-replies/<int:rule_id>/switch/", switch_rule, name="rule_switch"),
    path("keyword-replies/<int:rule_id>/delete/", delete_rule, name="rule_delete"),
    path("keyword-replies/<int:rule_id>/restore/", restore_rule, name="rule_restore"),
]
