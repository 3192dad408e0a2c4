"""Keyword replies: the list of rules, and the box in which one tries which of them answers."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _

from qunce.community import selectors as communities
from qunce.community.types import GroupFilter
from qunce.console.context import StaffRequest
from qunce.console.desk.words import SHORT_KINDS, line
from qunce.console.filters import Asked
from qunce.console.live import topic
from qunce.desk import actions, selectors
from qunce.desk.selectors import RuleView
from qunce.desk.types import Explanation, Fate, Match, RuleFilter, RuleOrder
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.htmx import page

MOST_GROUPS = 50
TAG = "tag:"


@topic(actions.SCOPE)
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever may see rules at all."""
    return not key and actor.may_anywhere(Permission.VIEW)


# ---------------------------------------------------------------- the rules
def rules(request: StaffRequest) -> HttpResponse:
    """The rules that this person may see, filtered by the address, and the box to try them in."""
    wanted, chosen = wanted_rules(request)
    shown = selectors.rule_page(request.actor, wanted, cursor=request.GET.get("cursor", ""))
    context = {
        "page": shown,
        "counts": selectors.rule_counts(request.actor),
        "wanted": wanted,
        "chosen": chosen,
        "filtered": bool(chosen.keys() - {"order"}),
        "kinds": SHORT_KINDS.items(),
        "orders": orders(),
        "communities": communities.visible_communities(request.actor),
        "tags": communities.tags(request.actor),
        "deleted": _just_deleted(request),
        "may_make": request.actor.may_anywhere(Permission.OPERATE),
        **groups_to_choose(request.actor, Permission.VIEW, "", wanted.group_id),
    }
    return page(request, "console/desk/rules.html", context, piece="console/desk/list.html")


def orders() -> list[tuple[str, str]]:
    """How the list may be sorted."""
    return [
        (RuleOrder.NEWEST, _("Newest first")),
        (RuleOrder.MOST_USED, _("Most used first")),
        (RuleOrder.LAST_USED, _("Last used first")),
        (RuleOrder.LONG_UNUSED, _("Longest unused first")),
    ]


def wanted_rules(request: StaffRequest) -> tuple[RuleFilter, dict[str, str]]:
    """The filter in the address, and what of it restricts."""
    names = ("q", "where", "group", "kind", "state", "order")
    asked = {key: request.GET.get(key, "").strip() for key in names}
    read, where, state = Asked(request.GET), asked["where"], asked["state"]
    return RuleFilter(
        text=asked["q"],
        everywhere=where == "everywhere",
        community_id=read.number("where"),
        group_id=read.number("group"),
        tag=where.removeprefix(TAG) if where.startswith(TAG) else "",
        match=Match(asked["kind"]) if asked["kind"] in set(Match) else None,
        enabled={"on": True, "off": False}.get(state),
        never_used=state == "never",
        overridden=state == "overridden",
        order=read.one_of(RuleOrder, "order", RuleOrder.NEWEST),
    ), {key: value for key, value in asked.items() if value}


def _just_deleted(request: StaffRequest) -> RuleView | None:
    key = request.GET.get("deleted", "")
    return selectors.deleted_rule(request.actor, int(key)) if key.isdecimal() else None


def groups_to_choose(actor: Actor, permission: Permission, text: str, chosen: int | None) -> dict[str, Any]:
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
        request,
        "console/desk/group_options.html",
        groups_to_choose(request.actor, permission, request.GET.get("q", ""), None),
    )


# ---------------------------------------------------------------- trying
def try_out(request: StaffRequest) -> HttpResponse:
    """``?group=&text=``: which rule would answer, and why."""
    group, text = request.GET.get("group", ""), request.GET.get("text", "").strip()
    if not group.isdecimal() or not text:
        return render(request, "console/desk/tried.html", {})
    name = request.user.name
    tried = selectors.explain(request.actor, group_id=int(group), text=text, name=name)
    context = {"text": text, "name": name, "tried": tried, "lines": [line(each) for each in tried.judged]}
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


urlpatterns = [
    path("keyword-replies/", rules, name="keyword_replies"),
    path("keyword-replies/try/", try_out, name="rule_try"),
    path("keyword-replies/groups/", group_options, name="rule_groups"),
]
