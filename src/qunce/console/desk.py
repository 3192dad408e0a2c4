"""Keyword replies: the rules, their form, and the box in which one tries which of them answers."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from qunce.community import selectors as communities
from qunce.community.types import GroupFilter
from qunce.console.context import StaffRequest
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.desk import actions, selectors
from qunce.desk.selectors import RuleView
from qunce.desk.types import (
    LONGEST_ANSWER,
    VARIABLES,
    Explanation,
    Fate,
    Judged,
    Match,
    Reach,
    RuleDraft,
    RuleFilter,
)
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.htmx import go, is_partial, page
from qunce.kernel.words import sentences

MOST_GROUPS = 50
COOLDOWNS: tuple[tuple[int, str | Promise], ...] = (
    (0, gettext_lazy("None: it answers every time")),
    (60, gettext_lazy("A minute")),
    (300, gettext_lazy("Five minutes")),
    (1800, gettext_lazy("Half an hour")),
    (3600, gettext_lazy("An hour")),
    (86400, gettext_lazy("A day")),
)

REACHES = (
    ("everywhere", gettext_lazy("In all groups")),
    ("community", gettext_lazy("In the groups of one community")),
    ("group", gettext_lazy("In one group")),
)


@topic(actions.SCOPE)
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see rules at all."""
    return not key and actor.may_anywhere(Permission.VIEW)


# ---------------------------------------------------------------- the rules
def rules(request: StaffRequest) -> HttpResponse:
    """The rules that this person may see, filtered by the address, and the box to try them in."""
    wanted, chosen = _wanted(request)
    shown = selectors.rule_page(request.actor, wanted, cursor=request.GET.get("cursor", ""))
    context = {
        "page": shown,
        "counts": selectors.rule_counts(request.actor),
        "wanted": wanted,
        "filtered": bool(chosen),
        "communities": communities.visible_communities(request.actor),
        "deleted": _just_deleted(request),
        "may_make": request.actor.may_anywhere(Permission.OPERATE),
        **_groups(request.actor, Permission.VIEW, "", wanted.group_id),
    }
    return page(request, "console/desk/rules.html", context, piece="console/desk/list.html")


def _wanted(request: StaffRequest) -> tuple[RuleFilter, dict[str, str]]:
    """The filter in the address, and what of it restricts."""
    asked = {key: request.GET.get(key, "").strip() for key in ("q", "where", "group", "state")}
    where, group = asked["where"], asked["group"]
    return RuleFilter(
        text=asked["q"],
        everywhere=where == "everywhere",
        community_id=int(where) if where.isdecimal() else None,
        group_id=int(group) if group.isdecimal() else None,
        enabled={"on": True, "off": False}.get(asked["state"]),
    ), {key: value for key, value in asked.items() if value}


def _just_deleted(request: StaffRequest) -> RuleView | None:
    key = request.GET.get("deleted", "")
    return selectors.deleted_rule(request.actor, int(key)) if key.isdecimal() else None


def _groups(actor: Actor, permission: Permission, text: str, chosen: int | None) -> dict[str, Any]:
    """Groups to choose from: those that the text finds, the chosen one first."""
    wanted = GroupFilter(text=text)
    found = list(communities.find_groups(actor, wanted, permission)[: MOST_GROUPS + 1])
    first = communities.groups_in_order(actor, [chosen]) if chosen else []
    rest = [group for group in found[:MOST_GROUPS] if group.pk != chosen]
    return {"groups": [*first, *rest], "group": chosen, "more_groups": len(found) > MOST_GROUPS}


def group_options(request: StaffRequest) -> HttpResponse:
    """``?q=``: the groups to choose from, as options."""
    permission = Permission.OPERATE if request.GET.get("for") == "rule" else Permission.VIEW
    return render(
        request, "console/desk/group_options.html", _groups(request.actor, permission, request.GET.get("q", ""), None)
    )


# ---------------------------------------------------------------- trying
def try_out(request: StaffRequest) -> HttpResponse:
    """``?group=&text=``: which rule would answer, and why."""
    group, text = request.GET.get("group", ""), request.GET.get("text", "").strip()
    if not group.isdecimal() or not text:
        return render(request, "console/desk/tried.html", {})
    name = request.user.name
    tried = selectors.explain(request.actor, group_id=int(group), text=text, name=name)
    context = {"text": text, "name": name, "tried": tried, "lines": [_line(each) for each in tried.judged]}
    return render(request, "console/desk/tried.html", {**context, "verdict": _verdict(tried)})


def _verdict(tried: Explanation) -> str:
    """What happens, in a sentence."""
    if tried.answer is not None:
        return _("This is answered.")
    if tried.judged and tried.judged[0].fate is Fate.COOLING:
        return _("Nothing is said: the rule has answered in this group a moment ago.")
    if tried.judged:
        return _("Nothing is said: no rule is met that may answer.")
    return _("Nothing is said: no rule is met.")


@dataclass(frozen=True, slots=True)
class Line:
    """One rule in the explanation."""

    judged: Judged
    tone: str
    label: str
    why: str


def _line(judged: Judged) -> Line:
    keyword = {"keyword": judged.hit.keyword}
    if judged.hit.rule.match is Match.EXACT:
        met = _("The message is “%(keyword)s”.") % keyword
    else:
        met = _("“%(keyword)s” is in the message.") % keyword
    reach = {
        Reach.GROUP: _("The rule is this group's."),
        Reach.COMMUNITY: _("The rule is the community's."),
        Reach.EVERYWHERE: _("The rule counts everywhere."),
    }[judged.hit.rule.reach]
    tone, label, reason = {
        Fate.ANSWERS: ("good", _("Answers"), ""),
        Fate.COOLING: ("wait", _("Cooling down"), ""),
        Fate.FARTHER: ("off", _("Loses"), _("A rule nearer to the group comes first.")),
        Fate.LOOSER: ("off", _("Loses"), _("A rule for the whole message comes first.")),
        Fate.SHORTER: ("off", _("Loses"), _("A rule with a longer keyword comes first.")),
        Fate.YOUNGER: ("off", _("Loses"), _("An older rule comes first.")),
        Fate.CUT: ("off", _("Not met"), _("The keyword is only a part of a longer word.")),
        Fate.OFF: ("off", _("Switched off"), ""),
    }[judged.fate]
    return Line(judged, tone, label, sentences(met, reach, reason))


# ---------------------------------------------------------------- one rule
class RuleForm(forms.Form):
    """What an operator enters of a rule."""

    use_required_attribute = False  # of community and group one at most is to be seen

    keywords = forms.CharField(
        label=gettext_lazy("Keywords"),
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "One on each line. Capitals, full width and spaces between Chinese characters do not count."
        ),
    )
    match = forms.ChoiceField(
        label=gettext_lazy("It answers when a keyword"),
        choices=(
            (Match.CONTAINS, gettext_lazy("is in the message")),
            (Match.EXACT, gettext_lazy("is the whole message")),
        ),
        widget=forms.RadioSelect,
        initial=Match.CONTAINS,
        help_text=gettext_lazy("English words are found as words: “ad” is not found in “bad”."),
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=LONGEST_ANSWER, widget=forms.Textarea({"rows": 5}), strip=True
    )
    reach = forms.ChoiceField(
        label=gettext_lazy("Where it counts"),
        choices=REACHES,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Where several rules are met, the one nearer to the group answers."),
    )
    community = forms.IntegerField(
        label=gettext_lazy("Community"),
        widget=forms.Select,
        error_messages={"required": gettext_lazy("Choose a community.")},
    )
    group = forms.IntegerField(
        label=gettext_lazy("Group"), widget=forms.Select, error_messages={"required": gettext_lazy("Choose a group.")}
    )
    cooldown = forms.IntegerField(
        label=gettext_lazy("Silence after an answer"),
        widget=forms.Select,
        help_text=gettext_lazy("For how long the rule then says nothing in the same group."),
    )
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, to_change: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed = Permission.OPERATE if to_change else Permission.VIEW
        places = communities.visible_communities(actor, needed)
        chosen = self["group"].value()
        offered = _groups(actor, needed, "", int(chosen) if str(chosen or "").isdecimal() else None)
        self.fields["community"].widget.choices = [(each.pk, each.name) for each in places]
        self.fields["group"].widget.choices = [(each.pk, each.name or each.external_id) for each in offered["groups"]]
        self.more_groups = offered["more_groups"]
        self.fields["cooldown"].widget.choices = self._cooldowns()
        if not actor.may(needed):
            self.fields["reach"].widget.choices = REACHES[1:]
        self.fields["seen"].required = "seen" in self.initial

    def _cooldowns(self) -> list[tuple[int, str | Promise]]:
        """The usual ones, and the one that the rule has."""
        has = self.initial.get("cooldown", 0)
        usual = list(COOLDOWNS)
        if has not in dict(usual):
            usual.append((has, _("%(seconds)d seconds") % {"seconds": has}))
        return sorted(usual, key=lambda each: each[0])

    @property
    def draft(self) -> RuleDraft:
        """What was typed, once it is valid."""
        given = self.cleaned_data
        return RuleDraft(
            keywords=tuple(given["keywords"].splitlines()),
            answer=given["answer"],
            match=Match(given["match"]),
            cooldown_seconds=given["cooldown"],
            community_id=given["community"] if given["reach"] == "community" else None,
            group_id=given["group"] if given["reach"] == "group" else None,
        )

    def catch_up(self, view: RuleView) -> bool:
        """Whether somebody changed the rule after the form was opened; saving again then replaces that."""
        typed: Any = self.data.copy()  # type: ignore[attr-defined]
        stands = view.rule.changed_at.isoformat()
        changed: bool = typed["seen"] != stands
        typed["seen"] = stands
        self.data = typed
        return changed

    def clean(self) -> dict[str, Any]:
        """Only the place that the reach asks for must be chosen; a missing one never means everywhere."""
        for reach in {"community", "group"} - {self.cleaned_data.get("reach")}:
            self.errors.pop(reach, None)
        return self.cleaned_data


def _filled(view: RuleView) -> dict[str, Any]:
    """A rule as the form has it."""
    rule = view.rule
    return {
        "keywords": "\n".join(rule.keywords),
        "match": rule.match,
        "answer": rule.answer,
        "reach": "group" if rule.group_id else "community" if rule.community_id else "everywhere",
        "community": rule.community_id,
        "group": rule.group_id,
        "cooldown": rule.cooldown_seconds,
        "seen": rule.changed_at.isoformat(),
    }


def new_rule(request: StaffRequest) -> HttpResponse:
    """Make a rule; ``?example=1`` starts from one, ``?group=`` with a group chosen."""
    if not request.actor.may_anywhere(Permission.OPERATE):
        raise NotAllowed
    form = RuleForm(request.POST or None, initial=_proposed(request), actor=request.actor)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            actions.create_rule(actor=request.actor, draft=form.draft)
            messages.success(request, _("The rule is made; it answers from the next message on."))
            return go(request, "console:keyword_replies")
    context = {
        "form": form,
        "may_change": True,
        **_preview(request, form["answer"].value(), form["keywords"].value()),
    }
    return render(request, "console/desk/rule.html", context)


def _proposed(request: StaffRequest) -> dict[str, Any]:
    """What a new rule's form begins with."""
    group = request.GET.get("group", "")
    begun: dict[str, Any] = {
        "reach": "everywhere" if request.actor.may(Permission.OPERATE) else "community",
        "cooldown": 60,
    }
    if group.isdecimal():
        begun |= {"reach": "group", "group": int(group)}
    if "example" in request.GET:
        begun |= {
            "keywords": _("sign up\nhow do I join"),
            "answer": _("Hello {name}, write “I am in” with your city, and you get a number in {group}."),
        }
    return begun


def rule(request: StaffRequest, rule_id: int) -> HttpResponse:
    """One rule, to change it where the person may."""
    view = selectors.rule(request.actor, rule_id)
    form = RuleForm(request.POST or None, initial=_filled(view), actor=request.actor, to_change=view.may_change)
    if request.method == "POST" and form.is_valid():
        with errors_in(form):
            seen = form.cleaned_data["seen"]
            actions.change_rule(actor=request.actor, rule_id=rule_id, draft=form.draft, seen=seen)
            messages.success(request, _("Saved. The rule answers so from the next message on."))
            return go(request, "console:keyword_replies")
    context = {
        "form": form,
        "view": view,
        "may_change": view.may_change,
        "changed_by_another": form.is_bound and form.catch_up(selectors.rule(request.actor, rule_id)),
        **_preview(request, form["answer"].value(), form["keywords"].value()),
    }
    return render(request, "console/desk/rule.html", context)


def _preview(request: StaffRequest, answer: str | None, keywords: str | None) -> dict[str, Any]:
    """The answer as it will look, or what is wrong with it; nothing yet where nothing is typed."""
    asked = next(iter((keywords or "").split("\n")), "").strip()
    shown: dict[str, Any] = {"asked": asked, "name": request.user.name, "insertable": _insertable()}
    if not (answer or "").strip():
        return shown
    try:
        cut = selectors.parse_answer((answer or "").replace("\r\n", "\n").strip())
    except Invalid as error:
        return {**shown, "error": error}
    return {**shown, "said": cut.fill({"name": request.user.name, "group": _("Night readers")})}


def _insertable() -> list[tuple[str, str]]:
    """The variables as they are written in the reader's language, and what they mean."""
    meanings = {"name": _("who asks"), "group": _("the group's name")}
    chinese = (get_language() or "").startswith("zh")
    return [(f"{{{alias if chinese else name}}}", meanings[name]) for name, alias in VARIABLES.items()]


@require_POST
def preview(request: StaffRequest) -> HttpResponse:
    """The answer that is being typed, on a phone."""
    context = _preview(request, request.POST.get("answer"), request.POST.get("keywords"))
    return render(request, "console/desk/preview.html", context)


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
    path("keyword-replies/", rules, name="keyword_replies"),
    path("keyword-replies/new/", new_rule, name="rule_new"),
    path("keyword-replies/try/", try_out, name="rule_try"),
    path("keyword-replies/preview/", preview, name="rule_preview"),
    path("keyword-replies/groups/", group_options, name="rule_groups"),
    path("keyword-replies/<int:rule_id>/", rule, name="rule"),
    path("keyword-replies/<int:rule_id>/switch/", switch_rule, name="rule_switch"),
    path("keyword-replies/<int:rule_id>/delete/", delete_rule, name="rule_delete"),
    path("keyword-replies/<int:rule_id>/restore/", restore_rule, name="rule_restore"),
]
