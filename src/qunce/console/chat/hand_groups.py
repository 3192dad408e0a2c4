"""The groups of an account that is carried by hand: entered one by one, pasted as a list, or from a file."""

import csv
from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from qunce.chat import actions, selectors
from qunce.chat.actions import GroupLine
from qunce.chat.selectors import by_hand as reads
from qunce.console.context import StaffRequest
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.htmx import go
from qunce.kernel.words import sentences
from qunce.team import selectors as team

LARGEST_FILE = 2_000_000
HEADINGS = frozenset({"name", "group", "群名", "群", "群名称", "群聊名称"})


def lines_of(text: str) -> list[GroupLine]:
    """One group per line: its name, and behind a comma, semicolon or tab how many members it has.

    A first line of headings is left out; commas within a name stand when what follows is no number. Raises Invalid
    with the line's number where a number makes no sense.
    """
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = _cells(line)
        if not any(cells) or (number == 1 and cells[0].casefold() in HEADINGS):
            continue
        found.append(_line(number, cells))
    return found


def _cells(line: str) -> list[str]:
    line = line.strip().replace("，", ",").replace("；", ";")
    mark = next((each for each in ("\t", ";", ",") if each in line), ",")
    return [cell.strip() for cell in next(csv.reader([line], delimiter=mark), [])] or [""]


def _line(number: int, cells: list[str]) -> GroupLine:
    *before, last = cells
    if not before or not last:
        return GroupLine(", ".join(filter(None, cells)))
    digits = last.removesuffix("人").strip()
    if digits.isdecimal() and len(digits) < len("10000000"):
        return GroupLine(", ".join(before), int(digits))
    if len(before) == 1 and any(character.isdecimal() for character in last[:1]):
        raise Invalid(
            _("Line %(number)d: “%(text)s” is no number of members.") % {"number": number, "text": last},
            fix=_("Write the name, a comma and the number, such as: Reading group one, 480"),
            field="lines",
        )
    return GroupLine(", ".join(cells))


def _uploaded(request: StaffRequest) -> str:
    """The text of a file, in the encodings that spreadsheets write."""
    given = request.FILES.get("file")
    if given is None:
        return ""
    if (given.size or 0) > LARGEST_FILE:
        raise Invalid(_("This file is too large for a list of groups."), field="file")
    content: bytes = given.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(_("This file is no text."), fix=_("Save it as CSV, please."), field="file")


def groups(request: StaffRequest, account_id: int) -> HttpResponse:
    """Which groups the account is in; what is posted is added."""
    shown, problem = "", ""
    if request.method == "POST":
        shown = request.POST.get("lines", "")
        try:
            lines = [*lines_of(shown), *lines_of(_uploaded(request))]
            new, known = actions.enter_groups(actor=request.actor, account_id=account_id, lines=lines)
        except Invalid as error:
            problem = str(error)
        else:
            messages.success(request, _told(new, known))
            return go(request, "console:hand_groups", account_id)
    found = reads.groups_of(request.actor, account_id)
    context = {
        "account": selectors.one_account(request.actor, account_id).account,
        "groups": found,
        "unadopted": sum(each.group.community_id is None for each in found),
        "lines": shown,
        "problem": problem,
        "heading": ngettext("In %(count)d group", "In %(count)d groups", len(found)) % {"count": len(found)},
        "waiting": sum(each.waiting for each in found),
    }
    return render(request, "console/chat/hand_groups.html", context)


def _told(new: int, known: int) -> str:
    said = ngettext("%(count)d group is entered.", "%(count)d groups are entered.", new) % {"count": new}
    if known:
        more = ngettext("%(count)d was known already.", "%(count)d were known already.", known) % {"count": known}
        return sentences(said, more)
    return said


@require_POST
def rename(request: StaffRequest, account_id: int, group_id: int) -> HttpResponse:
    """Another name, or another number of members."""
    members = request.POST.get("members", "").strip()
    try:
        actions.rename_hand_group(
            actor=request.actor,
            account_id=account_id,
            group_id=group_id,
            name=request.POST.get("name", ""),
            members=int(members) if members.isdecimal() else None,
        )
    except Invalid as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return go(request, "console:hand_groups", account_id)


@require_POST
def gone(request: StaffRequest, account_id: int, group_id: int) -> HttpResponse:
    """The account is no longer in it."""
    actions.group_is_gone(actor=request.actor, account_id=account_id, group_id=group_id)
    messages.success(request, _("Noted: nothing more is planned for this group through this account."))
    return go(request, "console:hand_groups", account_id)


# ---------------------------------------------------------------- who carries
def carriers(request: StaffRequest) -> Iterable[tuple[int, str]]:
    """Who may be asked to carry: active colleagues, for whoever may ask them."""
    if not request.actor.may(Permission.ADMINISTER):
        return []
    return [(each.staff.pk, each.staff.name) for each in team.colleagues(request.actor) if each.staff.is_active]


@require_POST
def carrier(request: StaffRequest, account_id: int) -> HttpResponse:
    """Choose who carries for the account."""
    chosen = request.POST.get("carrier", "")
    try:
        actions.set_carrier(
            actor=request.actor, account_id=account_id, staff_id=int(chosen) if chosen.isdecimal() else None
        )
    except (Invalid, Conflict) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved."))
    return go(request, "console:account", account_id)


urlpatterns = [
    path("accounts/<int:account_id>/groups/", groups, name="hand_groups"),
    path("accounts/<int:account_id>/groups/<int:group_id>/", rename, name="hand_group"),
    path("accounts/<int:account_id>/groups/<int:group_id>/gone/", gone, name="hand_group_gone"),
    path("accounts/<int:account_id>/carrier/", carrier, name="account_carrier"),
]
