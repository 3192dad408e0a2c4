"""The inbox: what people say over all groups, and what of it needs a person: found, answered, given, closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from qunce.chat.selectors import messages as said
from qunce.chat.selectors.messages import Key
from qunce.chat.types import LONGEST_TEXT
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.console import filters
from qunce.console.chat import words
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked, Pick
from qunce.console.forms import errors_in
from qunce.console.live import topic
from qunce.desk import actions, selectors
from qunce.desk.selectors import Counts, Given, Item
from qunce.desk.types import InboxFilter, MatterState, Tab
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound, QunceError
from qunce.kernel.htmx import is_partial, page
from qunce.kernel.ids import new_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
TABS: tuple[tuple[Tab, str | Promise], ...] = (
    (Tab.ALL, gettext_lazy("Everything")),
    (Tab.UNANSWERED, gettext_lazy("Unanswered")),
    (Tab.MENTIONS, gettext_lazy("Mentions")),
    (Tab.MINE, gettext_lazy("Given to me")),
    (Tab.DONE, pgettext_lazy("tab of the inbox", "Done")),
)
STATES: Mapping[str, tuple[str, str | Promise]] = {
    MatterState.OPEN: ("wait", gettext_lazy("Waits")),
    MatterState.LIKELY: ("odd", gettext_lazy("Probably answered")),
    MatterState.ANSWERED: ("good", gettext_lazy("Answered")),
    MatterState.DONE: ("off", pgettext_lazy("state of a matter", "Done")),
}
KEYS: tuple[tuple[str, str | Promise], ...] = (
    ("j", gettext_lazy("next message")),
    ("k", gettext_lazy("previous message")),
    ("Enter", gettext_lazy("open it")),
    ("r", gettext_lazy("reply")),
    ("a", gettext_lazy("give it to a colleague")),
    ("e", gettext_lazy("mark it as done")),
    ("u", gettext_lazy("undo: open it again, or take it back")),
    ("/", gettext_lazy("search")),
    ("Esc", gettext_lazy("back to the list")),
    ("?", gettext_lazy("show these keys")),
)


@topic("messages")
def may_follow_messages(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that something was said."""
    return not key and actor.may_anywhere(Permission.VIEW)


@topic(actions.TOPIC)
def may_follow_matters(actor: Actor, key: str) -> bool:
    """The same for what needs a person."""
    return may_follow_messages(actor, key)


@topic("search")
def may_follow_search(actor: Actor, key: str) -> bool:
    """The same for what can be found."""
    return may_follow_messages(actor, key)


@dataclass(frozen=True, slots=True)
class Row:
    """One message of the list, with its address and how it stands in words."""

    item: Item
    url: str
    tone: str
    state: str | Promise


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer of ours with its state in the ledger, in words."""

    given: Given
    tone: str
    state: str | Promise
    reason: str


class ReplyForm(forms.Form):
    """What is said in reply; ``seen``: how many answers of colleagues the writer had before him."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "data-text": "", "data-key": "r", "aria-keyshortcuts": "r"}),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    submission = forms.UUIDField(widget=forms.HiddenInput)


# ---------------------------------------------------------------- lists
@require_GET
def inbox(request: StaffRequest) -> HttpResponse:
    """What is wanted, newest first; read again by itself while it is the first page."""
    return page(request, "console/inbox/inbox.html", _list(request), piece="console/inbox/stream.html")


def _list(request: StaffRequest, opened: Item | None = None) -> dict[str, Any]:
    """All that the list and what stands above it show."""
    actor, wanted = request.actor, _wanted(request)
    cursor = request.GET.get("cursor", "")
    found = selectors.inbox(actor, wanted, cursor=cursor)
    counts = selectors.counts(actor)
    return {
        "wanted": wanted,
        "filtered": bool(wanted.community_id or wanted.group_id or wanted.tag),
        "page": found,
        "rows": [_row(item, request.GET.urlencode()) for item in found],
        "opened": opened,
        "counts": counts,
        "tabs": _tabs(wanted, counts),
        "live": not cursor,
        "searchable_until": said.searchable_until(),
        "picks": _picks(actor, wanted),
        "query": request.GET.urlencode(),
        "keys": KEYS,
    }


def _wanted(request: StaffRequest) -> InboxFilter:
    asked = Asked(request.GET)
    text = asked.text("q")
    return InboxFilter(
        tab=Tab.ALL if text else asked.one_of(Tab, "tab", Tab.ALL),
        text=text,
        community_id=asked.number("community"),
        group_id=asked.number("group"),
        tag=asked.text("tag"),
    )


def _picks(actor: Actor, wanted: InboxFilter) -> list[Pick]:
    """What the list can be restricted to."""
    within = GroupFilter(community_id=wanted.community_id, tag=wanted.tag)
    return [
        filters.by_community(actor, wanted.community_id),
        filters.by_group(actor, wanted.group_id, within),
        filters.by_tag(community.tags(actor), wanted.tag),
    ]


def _tabs(wanted: InboxFilter, counts: Counts) -> list[tuple[Tab, str | Promise, int | None, bool]]:
    """Each tab with its title, how many wait behind it, and whether it is the one shown."""
    waiting = {Tab.UNANSWERED: counts.unanswered, Tab.MENTIONS: counts.mentions, Tab.MINE: counts.mine}
    return [(tab, title, waiting.get(tab), tab is wanted.tab) for tab, title in TABS]


def _row(item: Item, query: str) -> Row:
    tone, state = STATES[item.matter.state] if item.matter else ("", "")
    return Row(item, f"{_url('inbox_message', item.key)}?{query}", tone, state)


def _url(name: str, key: Key) -> str:
    return reverse(f"console:{name}", args=[key[0], (key[1] - EPOCH) // MICROSECOND, key[2]])


# ---------------------------------------------------------------- one message
@require_GET
def message(request: StaffRequest, group_id: int, at: int, message_id: UUID) -> HttpResponse:
    """One message among its neighbours, with what can be done about it; beside the list where there is room."""
    key = _key(group_id, at, message_id)
    if is_partial(request) and request.GET.get("piece") == "thread":
        return render(request, "console/inbox/thread.html", _thread(request, selectors.item(request.actor, key)))
    return _shown(request, key)


def _key(group_id: int, at: int, message_id: UUID) -> Key:
    try:
        return group_id, EPOCH + timedelta(microseconds=at), message_id
    except OverflowError as error:
        raise NotFound from error


def _shown(
    request: StaffRequest, key: Key, form: ReplyForm | None = None, error: QunceError | None = None
) -> HttpResponse:
    """The message's pane: alone where htmx asks, else in the whole page."""
    item = selectors.item(request.actor, key)
    given = selectors.answers(request.actor, item.matter)
    tone, state = STATES[item.matter.state] if item.matter else ("", "")
    if form is None:
        form = ReplyForm(initial={"seen": len(given), "submission": new_id()})
    context = {
        **_thread(request, item),
        "form": form,
        "error": error,
        "tone": tone,
        "state": state,
        "colleagues": selectors.colleagues(request.actor, item.group),
        "may_reply": request.actor.may(Permission.REPLY, item.group.community_id),
        "query": request.GET.urlencode(),
    }
    if not is_partial(request):
        context = {**_list(request, item), **context}
    return page(request, "console/inbox/inbox.html", context, piece="console/inbox/pane.html")


def _thread(request: StaffRequest, item: Item) -> dict[str, Any]:
    """What was said around a message, and what we answered."""
    return {
        "item": item,
        "zone": ZoneInfo(item.group.community.zone) if item.group.community else request.zone,
        "around": selectors.said_around(request.actor, item.key),
        "answers": [
            Sent(given, *words.DELIVERIES[given.state], words.told(given.reason))
            for given in selectors.answers(request.actor, item.matter)
        ],
        "urls": {name: _url(f"inbox_{name}", item.key) for name in ("message", "reply", "assign", "done", "reopen")},
        "at": (item.key[1] - EPOCH) // MICROSECOND,
        "query": request.GET.urlencode(),
    }


@require_POST
def reply(request: StaffRequest, group_id: int, at: int, message_id: UUID) -> HttpResponse:
    """Answer a message; what was typed stays until it is on its way."""
    key = _key(group_id, at, message_id)
    form = ReplyForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        with errors_in(form):
            actions.answer(
                actor=request.actor, message=key, text=given["text"], key=given["submission"], seen=given["seen"]
            )
            return _done(request, key, _("Your answer is on its way."))
    elif form.errors.keys() & {"seen", "submission"}:
        raise NotFound
    # Whoever sends after having been told knows the answers that there are now.
    typed: Any = form.data.copy()  # type: ignore[attr-defined]
    item = selectors.item(request.actor, key)
    typed["seen"] = len(selectors.answers(request.actor, item.matter))
    form.data = typed
    return _shown(request, key, form)


@require_POST
def answer_again(request: StaffRequest, group_id: int, at: int, message_id: UUID, answer_id: int) -> HttpResponse:
    """Send an answer that failed once more."""
    actions.answer_again(actor=request.actor, answer_id=answer_id)
    return _done(request, _key(group_id, at, message_id), _("Your answer is on its way."))


@require_POST
def assign(request: StaffRequest, group_id: int, at: int, message_id: UUID) -> HttpResponse:
    """Give a message to a colleague, or with nobody chosen to nobody in particular."""
    key = _key(group_id, at, message_id)
    matter = actions.assign(actor=request.actor, message=key, staff_id=filters.number(request.POST.get("staff", "")))
    told = _("Given to %(name)s.") % {"name": matter.assignee_name} if matter.assignee_id else _("Given to nobody.")
    return _done(request, key, told)


@require_POST
def done(request: StaffRequest, group_id: int, at: int, message_id: UUID) -> HttpResponse:
    """Mark as done; it can be opened again."""
    key = _key(group_id, at, message_id)
    actions.mark_done(actor=request.actor, message=key)
    return _done(request, key, _("Marked as done."))


@require_POST
def reopen(request: StaffRequest, group_id: int, at: int, message_id: UUID) -> HttpResponse:
    """Open again what was closed."""
    key = _key(group_id, at, message_id)
    actions.reopen(actor=request.actor, message=key)
    return _done(request, key, _("It waits again."))


def _done(request: StaffRequest, key: Key, told: str) -> HttpResponse:
    """The pane as it is now; without htmx the page, with what was done above it."""
    if is_partial(request):
        return _shown(request, key)
    messages.success(request, told)
    return redirect(f"{_url('inbox_message', key)}?{request.GET.urlencode()}")


ONE = "inbox/<int:group_id>/<int:at>/<uuid:message_id>/"
urlpatterns = [
    path("inbox/", inbox, name="inbox"),
    path(ONE, message, name="inbox_message"),
    path(f"{ONE}reply/", reply, name="inbox_reply"),
    path(f"{ONE}answers/<int:answer_id>/again/", answer_again, name="inbox_answer_again"),
    path(f"{ONE}assign/", assign, name="inbox_assign"),
    path(f"{ONE}done/", done, name="inbox_done"),
    path(f"{ONE}reopen/", reopen, name="inbox_reopen"),
]
