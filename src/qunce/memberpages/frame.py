"""The frame of a member's own pages: whose they are, and the ways between them."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from qunce.memberpages.doors import MemberRequest, show
from qunce.playbooks import selectors as scripts

AT_HAND: dict[str, str | Promise] = {
    "home": gettext_lazy("My community"),
    "turns": gettext_lazy("My turns"),
    "suggestions": gettext_lazy("My suggestions"),
    "library": gettext_lazy("Library"),
}
"""Pages that stand in the bar, by name; all others are one step further."""
FURTHER: dict[str, str | Promise] = {
    "stored": gettext_lazy("Stored about me"),
    "mute": gettext_lazy("Peace and quiet"),
    "about": gettext_lazy("Whom to ask"),
}


BELONGS = {"item": "library", "gone": "library"}
"""Pages that are part of another one."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a page; ``here``: it is the one that is shown."""

    title: str | Promise
    url: str
    here: bool


def page_of(request: MemberRequest, name: str, **context: object) -> HttpResponse:
    """One of a member's own pages, with what all of them show."""
    ref, here = request.visit.link.ref, BELONGS.get(name, name)
    takes_turns = scripts.takes_turns(request.visit)

    def ways(pages: dict[str, str | Promise]) -> list[Way]:
        shown = [each for each in pages.items() if each[0] != "turns" or takes_turns]
        return [Way(title, reverse(f"memberpages:{key}", args=[ref]), key == here) for key, title in shown]

    frame = {
        "ref": ref,
        "member": request.visit.member,
        "community": request.community,
        "takes_turns": takes_turns,
        "at_hand": ways(AT_HAND),
        "further": ways(FURTHER),
        "is_further": here in FURTHER,
    }
    return show(request, f"memberpages/{name}.html", {**frame, **context})
