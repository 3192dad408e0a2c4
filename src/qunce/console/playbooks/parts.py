"""What the parts of the product are called that a playbook may need."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.playbooks.policies.parts import missing_parts

PARTS: Mapping[str, str | Promise] = {
    "approvals": gettext_lazy("approvals"),
    "files": gettext_lazy("files"),
    "notices": gettext_lazy("group notices"),
    "polls": gettext_lazy("polls"),
    "questions": gettext_lazy("questions to members"),
    "tags": gettext_lazy("tags"),
    "tasks": gettext_lazy("tasks for the team"),
    "webhooks": gettext_lazy("webhooks"),
    "activities": gettext_lazy("activities"),
    "activity": gettext_lazy("activities"),
    "points": gettext_lazy("points"),
    "content": gettext_lazy("a content library"),
    "levels": gettext_lazy("levels"),
    "level": gettext_lazy("levels"),
    "commerce": gettext_lazy("orders and payments"),
    "paid": gettext_lazy("orders and payments"),
    "rota": gettext_lazy("a duty rota"),
    "circles": gettext_lazy("circles"),
    "circle": gettext_lazy("circles"),
    "digest": gettext_lazy("digests"),
    "reports": gettext_lazy("reports"),
}


def part_name(key: str) -> str:
    """What a part of the product is called; of one that does not exist yet, that, too."""
    name = str(PARTS.get(key, key))
    return _("%(part)s (not there yet)") % {"part": name} if missing_parts([key]) else name
