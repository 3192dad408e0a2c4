"""Groups: the long list, and what people do with many of them at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, QueryDict
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions as chat
from qunce.chat.selectors import activity, seats
from qunce.chat.selectors.seats import Reading
from qunce.community import actions, selectors
from qunce.community.selectors import Community, Group
from qunce.community.types import GroupFilter, GroupOrder, GroupState
from qunce.console import filters
from qunce.console.context import StaffRequest
from qunce.console.filters import Asked, Pick
from qunce.console.live import topic
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import QunceError
from qunce.kernel.htmx import go, page

PER_PAGE = 50
TONES = {
    Reading.READ: "good",
    Reading.BACKFILL: "busy",
    Reading.MENTIONS: "off",
    Reading.ENCRYPTED: "off",
    Reading.BY_HAND: "off",
    Reading.PAUSED: "off",
    Reading.LEFT: "bad",
    Reading.UNREAD: "wait",
    Reading.HISTORY: "off",
}
ORDERS = (
    (GroupOrder.NAME, gettext_lazy("By name")),
    (GroupOrder.BUSIEST, gettext_lazy("Most said first")),
    (GroupOrder.QUIETEST, gettext_lazy("Least said first")),
    (GroupOrder.MEMBERS, gettext_lazy("Largest first")),
    (GroupOrder.NEWEST, gettext_lazy("Newest first")),
)


@topic("groups")
def may_follow_all(actor: Actor, key: str) -> bool:
    """Whoever sees groups may know that some have changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


# ---------------------------------------------------------------- the list
@dataclass(frozen=True, slots=True)
class Row:
    """One group in the list. ``reader``: the account that reads it; ``accounts``: all of ours in it."""

    group: Group
    line: Sequence[int]
    reading: Reading
    reader: str
    accounts: Sequence[str]
    may_operate: bool

    @property
    def week(self) -> int:
        """People's messages in the last seven days, today among them."""
        return sum(self.line[-7:])

    @property
    def tone(self) -> str:
        """The colour of how it is read."""
        return TONES[self.reading]

    @property
    def read_by(self) -> str:
        """How it is read, in words."""
        return reading_in_words(self.reading, self.reader)


def reading_in_words(reading: Reading, reader: str) -> str:
    """How a group is read."""
    return {
        Reading.READ: _("read by %(account)s"),
        Reading.BACKFILL: _("%(account)s reads what was said before"),
        Reading.MENTIONS: _("not observed: %(account)s is shown only what addresses it"),
        Reading.ENCRYPTED: _("not observed: end-to-end encrypted"),
        Reading.BY_HAND: _("not observed: %(account)s is carried by hand"),
        Reading.PAUSED: _("%(account)s is switched off"),
        Reading.LEFT: _("no account in it any more"),
        Reading.UNREAD: _("not read yet"),
        Reading.HISTORY: _("imported history, read by no account"),
    }[reading] % {"account": reader}


def wanted_from(query: QueryDict) -> GroupFilter:
    """The filter in an address; what makes no sense there does not restrict."""
    asked = Asked(query)
    return GroupFilter(
        text=asked.text("text"),
        community_id=asked.number("community"),
        tag=asked.text("tag"),
        platform=asked.text("platform"),
        state=asked.one_of(GroupState, "state", GroupState.ADOPTED),
        order=asked.one_of(GroupOrder, "order", GroupOrder.NAME),
    )


def _picks(actor: Actor, wanted: GroupFilter, reading: str) -> list[Pick]:
    """What the list can be restricted to, and its order."""
    picks = [filters.by_tag(selectors.tags(actor), wanted.tag), filters.by_platform(actor, wanted.platform)]
    if wanted.state is not GroupState.FOUND:
        picks.insert(0, filters.by_community(actor, wanted.community_id))
    if wanted.state is GroupState.ADOPTED:
        picks.append(Pick("reading", _("Reading"), lambda: [("none", _("Not read by anyone"))], reading))
    return [*picks, filters.by_order(ORDERS, wanted.order)]


def _found(actor: Actor, query: QueryDict, permission: Permission = Permission.VIEW) -> Any:
    """The groups that an address describes, as a query or a list, in order."""
    wanted = wanted_from(query)
    found = selectors.find_groups(actor, wanted, permission)
    if query.get("reading") == "none":
        found = seats.unread(found)
    return found


def _page(actor: Actor, query: QueryDict) -> "Page[Any]":
    """One page of the list; by how much is said, all of it has to be counted first."""
    found, wanted = _found(actor, query), wanted_from(query)
    if wanted.order not in {GroupOrder.BUSIEST, GroupOrder.QUIETEST}:
        return Paginator(found, PER_PAGE).get_page(query.get("page"))
    ranked = activity.ranked(found, quietest=wanted.order is GroupOrder.QUIETEST)
    shown: Page[Any] = Paginator(ranked, PER_PAGE).get_page(query.get("page"))
    shown.object_list = selectors.groups_in_order(actor, list(shown.object_list))
    return shown


def rows_of(actor: Actor, groups: Sequence[Group]) -> list[Row]:
    """Groups with what the list says of each; the same few statements for any number."""
    ids = [group.pk for group in groups]
    lines, seated = activity.daily_messages(actor, ids), seats.of_groups(actor, ids)
    rows = []
    for group in groups:
        here = seated.get(group.pk, ())
        rows.append(
            Row(
                group,
                lines.get(group.pk, ()),
                seats.reading(here, group.platform),
                next((seat.account.name for seat in here if seat.reads), ""),
                [seat.account.name for seat in here if seat.left_at is None],
                actor.may(Permission.OPERATE, group.community_id),
            )
        )
    return rows


def groups(request: StaffRequest) -> HttpResponse:
    """The list: search, filters, order and page live in the address."""
    actor, wanted = request.actor, wanted_from(request.GET)
    shown = _page(actor, request.GET)
    counts = selectors.state_counts(actor)
    filtered = any((wanted.text, wanted.community_id, wanted.tag, wanted.platform, request.GET.get("reading")))
    operated: Sequence[Community] = list(selectors.visible_communities(actor, Permission.OPERATE))
    return page(
        request,
        "console/groups/list.html",
        {
            "wanted": wanted,
            "reading": request.GET.get("reading", ""),
            "page": shown,
            "rows": rows_of(actor, list(shown.object_list)),
            "total": shown.paginator.count,
            "filtered": filtered,
            "tabs": _tabs(actor, counts, wanted.state),
            "picks": _picks(actor, wanted, request.GET.get("reading", "")),
            "operated": operated,
            "may_operate": actor.may_anywhere(Permission.OPERATE),
            "may_found": actor.may(Permission.LEAD),
            "query": request.GET.urlencode(),
        },
        piece="console/groups/rows.html",
    )


@dataclass(frozen=True, slots=True)
class Tab:
    """One standing of groups, and how many have it."""

    state: GroupState
    title: str
    count: int
    here: bool


def _tabs(actor: Actor, counts: dict[GroupState, int], here: GroupState) -> list[Tab]:
    titles = {
        GroupState.ADOPTED: _("Taken over"),
        GroupState.FOUND: _("Found, waiting"),
        GroupState.ARCHIVED: _("Archived"),
    }
    seen = [state for state in GroupState if state is not GroupState.FOUND or actor.may(Permission.OPERATE)]
    return [Tab(state, titles[state], counts[state], state is here) for state in seen]


# ---------------------------------------------------------------- many at once
def _chosen(request: StaffRequest) -> list[int]:
    """The ticked groups, or all that match the address the list was at and that this person operates."""
    if request.POST.get("all"):
        found = _found(request.actor, QueryDict(request.POST.get("query", "")), Permission.OPERATE)
        return list(found.values_list("pk", flat=True))
    return [int(key) for key in request.POST.getlist("ids") if key.isdecimal()]


def _back(request: StaffRequest) -> HttpResponse:
    """To where the change was made: the list as it was filtered, or another page of ours."""
    then = request.POST.get("then", "")
    if not url_has_allowed_host_and_scheme(then, None):
        query = request.POST.get("query", "")
        then = reverse("console:groups") + (f"?{query}" if query else "")
    return go(request, then)


def _do(
    request: StaffRequest, change: Callable[[list[int]], Sequence[int]], said: Callable[[int], str]
) -> HttpResponse:
    """Carry out a change on what was chosen, and say how many groups it changed."""
    chosen = _chosen(request)
    if not chosen:
        messages.warning(request, _("Choose at least one group."))
        return _back(request)
    try:
        changed = change(chosen)
    except QunceError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, said(len(changed)) if changed else _("That was so already; nothing changed."))
    return _back(request)


@require_POST
def adopt(request: StaffRequest) -> HttpResponse:
    """Take groups into a community."""
    community_id = request.POST.get("into", "")
    if not community_id.isdecimal():
        messages.warning(request, _("Choose the community that takes them."))
        return _back(request)
    target = selectors.community(request.actor, int(community_id), Permission.OPERATE)
    return _do(
        request,
        lambda ids: chat.adopt(
            actor=request.actor,
            community_id=target.pk,
            group_ids=ids,
            read_back=request.POST.get("read_back") == "yes",
        ),
        lambda count: (
            ngettext("%(count)d group is now in %(community)s.", "%(count)d groups are now in %(community)s.", count)
            % {"count": count, "community": target.name}
        ),
    )


@require_POST
def release(request: StaffRequest) -> HttpResponse:
    """Undo adoptions."""
    return _do(
        request,
        lambda ids: chat.release(actor=request.actor, group_ids=ids),
        lambda count: (
            ngettext("%(count)d group is released.", "%(count)d groups are released.", count) % {"count": count}
        ),
    )


@require_POST
def archive(request: StaffRequest) -> HttpResponse:
    """Close groups."""
    return _do(
        request,
        lambda ids: actions.archive_groups(actor=request.actor, group_ids=ids),
        lambda count: (
            ngettext("%(count)d group is archived.", "%(count)d groups are archived.", count) % {"count": count}
        ),
    )


@require_POST
def restore(request: StaffRequest) -> HttpResponse:
    """Open groups again."""
    return _do(
        request,
        lambda ids: actions.restore_groups(actor=request.actor, group_ids=ids),
        lambda count: (
            ngettext("%(count)d group is open again.", "%(count)d groups are open again.", count) % {"count": count}
        ),
    )


@require_POST
def tag(request: StaffRequest) -> HttpResponse:
    """Put a tag on groups."""
    return _tag(request, add=[request.POST.get("add", "")])


@require_POST
def untag(request: StaffRequest) -> HttpResponse:
    """Take a tag off groups."""
    return _tag(request, remove=[request.POST.get("add", "")])


def _tag(request: StaffRequest, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> HttpResponse:
    if not any(map(str.strip, (*add, *remove))):
        messages.warning(request, _("Write which tag."))
        return _back(request)
    return _do(
        request,
        lambda ids: actions.tag_groups(actor=request.actor, group_ids=ids, add=add, remove=remove),
        lambda count: (
            ngettext("Tags of %(count)d group changed.", "Tags of %(count)d groups changed.", count)
            % {"count": count}
        ),
    )


urlpatterns = [
    path("groups/", groups, name="groups"),
    path("groups/adopt/", adopt, name="groups_adopt"),
    path("groups/release/", release, name="groups_release"),
    path("groups/archive/", archive, name="groups_archive"),
    path("groups/restore/", restore, name="groups_restore"),
    path("groups/tag/", tag, name="groups_tag"),
    path("groups/untag/", untag, name="groups_untag"),
]
