"""One digest: its lines with their messages, what it covers, its words edited, posted or not, taken along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from qunce.community import selectors as community
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.insights.digests import STATES
from qunce.insights.actions import digests as actions
from qunce.insights.selectors import digests as reads
from qunce.insights.selectors.digest_words import LEFT_OUT
from qunce.insights.selectors.digests import Digest
from qunce.insights.selectors.writing import duration, percent
from qunce.insights.types import Covered, DigestState, Stretch
from qunce.kernel import charts, htmx
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid

A_MINUTE = 60
_HOURS = 24


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar of coverage, in per cent of its length."""

    key: str
    word: str
    count: int
    start: float
    width: float


def digest(request: StaffRequest, digest_id: int) -> HttpResponse:
    """The page; ``?edit=1``: with its words to be changed."""
    row = reads.one_digest(request.actor, digest_id)
    shown = reads.opened(request.actor, row)
    group = community.group(request.actor, row.group_id) if row.group_id else None
    home = community.community(request.actor, row.community_id)
    may = request.actor.may(Permission.OPERATE, home.pk)
    open_ = may and row.state in {DigestState.KEPT, DigestState.WAITING}
    name = (group.name or group.external_id) if group else home.name
    tone, state = STATES[row.state]
    context = {
        "tabs": TABS,
        "row": row,
        "name": name,
        "home": home,
        "group": group,
        "title": reads.title_of(name, _stretch(row)),
        "shown": shown,
        "coverage": shown.document.coverage,
        "covered_said": reads.coverage_said(row.covered, row.messages),
        "segments": _segments(shown.document.coverage),
        "hours": _hours(shown.document.coverage),
        "unread": _unread(shown.document.coverage),
        "until": row.made_at if row.made_at and _is_of_today(row, ZoneInfo(home.zone)) else None,
        "groups": _by_group(request, row, shown),
        "tone": tone,
        "state": state,
        "zone": ZoneInfo(home.zone),
        "edits": open_ and request.GET.get("edit") == "1",
        "may_edit": open_,
        "may_post": open_ and group is not None,
        "may_make": may and row.state in {DigestState.KEPT, DigestState.WAITING, DigestState.MAKING},
        "post": _post(row, shown, name, group.platform) if group and row.state != DigestState.MAKING else "",
        "trouble": _(shown.document.trouble) if shown.document.trouble else "",
        "dropped": [(each.said, _(each.why)) for each in shown.document.dropped],
    }
    return htmx.page(request, "console/digests/one.html", context)


def _stretch(row: Digest) -> Stretch:
    return Stretch(row.first, (row.last - row.first).days + 1)


def _post(row: Digest, shown: reads.Opened, name: str, platform: str) -> str:
    with override(row.language):
        title = reads.title_of(name, _stretch(row))
    return reads.post_of(shown.document, title=title, most=row.lines, language=row.language, platform=platform)


def _segments(said: Covered) -> list[Segment]:
    parts = [("covered", _("In threads"), said.covered)]
    parts += [(why.value, _(LEFT_OUT[why]), count) for why, count in said.left.items()]
    found, start = [], 0.0
    for key, word, count in parts:
        width = 100 * count / max(said.messages, 1)
        found.append(Segment(key, word, count, start, width))
        start += width
    return found


def _hours(said: Covered) -> charts.Chart | None:
    """How much was said and is told, over the day or the days."""
    if not said.hours:
        return None
    by_hour = len(said.hours) % _HOURS == 0
    points = [f"{place % _HOURS}:00" if by_hour else str(place + 1) for place in range(len(said.hours))]
    values: Mapping[str, Sequence[int]] = {
        _("In threads"): [told for _all, told in said.hours],
        _("Not in threads"): [whole - told for whole, told in said.hours],
    }
    return charts.over_time(
        _("When it was said, and how much of it is told"),
        when=_("Hour") if by_hour else _("Day"),
        points=points,
        values=values,
        kind="bar",
        stack=True,
    )


def _is_of_today(row: Digest, zone: ZoneInfo) -> bool:
    """Whether its last day was not over when it was made."""
    return row.made_at is not None and row.made_at.astimezone(zone).date() <= row.last


def _unread(said: Covered) -> str:
    if said.unread < A_MINUTE:
        return ""
    return _("Of %(time)s perhaps not everything could be read.") % {"time": duration(said.unread)}


def _by_group(request: StaffRequest, row: Digest, shown: reads.Opened) -> list[tuple[str, int, str, int | None]]:
    """For a digest over several groups: each one's coverage, with its own digest."""
    if row.group_id is not None:
        return []
    pages = reads.beside(request.actor, row)
    found = [
        (
            shown.groups[group],
            said.messages,
            percent(said.covered / max(said.messages, 1)),
            pages.get(group),
        )
        for group, said in shown.document.groups.items()
        if group in shown.groups
    ]
    return sorted(found, key=lambda each: (-each[1], each[0]))


# ---------------------------------------------------------------- what is decided
@require_POST
def edit(request: StaffRequest, digest_id: int) -> HttpResponse:
    """Keep the words as they were changed."""
    said = {
        int(name.removeprefix("said-")): str(words)
        for name, words in request.POST.items()
        if name.startswith("said-") and name.removeprefix("said-").isdecimal()
    }
    hidden = {int(each) for each in request.POST.getlist("hidden") if each.isdecimal()}
    try:
        actions.edit_digest(
            actor=request.actor, digest_id=digest_id, edition=_edition(request), said=said, hidden=hidden
        )
        messages.success(request, _("Saved. Each line keeps its messages."))
    except Conflict as error:
        messages.error(request, str(error))
    return htmx.go(request, "console:digest", digest_id)


@require_POST
def post(request: StaffRequest, digest_id: int) -> HttpResponse:
    """Into the group."""
    try:
        actions.post_digest(actor=request.actor, digest_id=digest_id, edition=_edition(request))
        messages.success(request, _("It goes into the group, as soon as quiet hours and caps let it."))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error))
    return htmx.go(request, "console:digest", digest_id)


@require_POST
def decline(request: StaffRequest, digest_id: int) -> HttpResponse:
    """Not into the group."""
    try:
        actions.decline_digest(actor=request.actor, digest_id=digest_id, edition=_edition(request))
        messages.success(request, _("It is not posted; its page stays."))
    except Conflict as error:
        messages.error(request, str(error))
    return htmx.go(request, "console:digest", digest_id)


@require_POST
def again(request: StaffRequest, digest_id: int) -> HttpResponse:
    """Made anew from what is there now; what was edited in it is lost."""
    row = reads.one_digest(request.actor, digest_id, Permission.OPERATE)
    actions.ask_for_digest(
        actor=request.actor,
        community_id=row.community_id,
        group_id=row.group_id,
        stretch=_stretch(row),
        language=row.language,
    )
    return htmx.go(request, "console:digest", row.pk)


def _edition(request: StaffRequest) -> int:
    given = request.POST.get("edition", "")
    return int(given) if given.isdecimal() else -1


@require_safe
def export(request: StaffRequest, digest_id: int) -> HttpResponse:
    """The whole of it as Markdown, or ``?as=text``."""
    row = reads.one_digest(request.actor, digest_id)
    plain = request.GET.get("as") == "text"
    with override(row.language):
        shown = reads.opened(request.actor, row)
        names = reads.names_of(request.actor, [row.group_id]) if row.group_id else {}
        name = names.get(row.group_id or 0) or community.community(request.actor, row.community_id).name
        title = reads.title_of(name, _stretch(row))
        body = reads.as_text(shown, title, markdown=not plain)
    kind, ending = ("text/plain", "txt") if plain else ("text/markdown", "md")
    answer = HttpResponse(body, content_type=f"{kind}; charset=utf-8")
    stored = quote(slugify(f"{name} {row.last}", allow_unicode=True), safe="")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{stored}.{ending}"
    return answer
