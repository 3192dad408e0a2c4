"""Moving what is under way to a newer version: first who gets what, then doing it."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.console.context import StaffRequest
from qunce.console.playbooks import words
from qunce.console.playbooks.grid import name_of
from qunce.console.playbooks.one import differences
from qunce.kernel.actor import Permission
from qunce.kernel.errors import Conflict, Invalid
from qunce.kernel.htmx import go
from qunce.playbooks import actions, selectors


@dataclass(frozen=True, slots=True)
class Moved:
    """Targets that stand at one step, and where they would go on."""

    count: int
    before: str
    after: str
    stays: bool
    leaves_out: bool
    misses: list[str]


def move(request: StaffRequest, run_id: int) -> HttpResponse:
    """What would become of each target; posted, it becomes so."""
    row = selectors.run(request.actor, run_id, Permission.OPERATE)
    target = selectors.version(request.actor, row.playbook_id)
    if request.method == "POST":
        try:
            count = actions.move_tracks(actor=request.actor, run_id=row.pk, number=target.number)
        except (Conflict, Invalid) as error:
            messages.error(request, str(error))
        else:
            said = ngettext("%(n)d target has version %(to)d now.", "%(n)d targets have version %(to)d now.", count)
            messages.success(request, said % {"n": count, "to": target.number})
        return go(request, "console:run", row.pk)
    old, new = selectors.document_of(row.version), selectors.document_of(target)
    titles = {step.id: name_of(step) for document in (new, old) for step in document.walk()}
    context = {
        "run": row,
        "title": words.in_language(new.title) or row.playbook.key,
        "target": target,
        "groups": [
            Moved(
                each.count,
                titles.get(each.step, each.step),
                titles.get(each.to, each.to) or _("through"),
                each.stays,
                each.leaves_out,
                [titles.get(key, key) for key in each.misses],
            )
            for each in selectors.move_preview(request.actor, row.pk, target.number)
        ],
        "changes": differences(old, new),
    }
    return render(request, "console/playbooks/move.html", context)
