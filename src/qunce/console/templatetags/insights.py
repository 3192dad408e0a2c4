"""The pieces that pages of insights are made of. Load with ``{% load insights %}``."""

from uuid import uuid4

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qunce.chat.selectors.messages import Line
from qunce.console.inbox import EPOCH, MICROSECOND

register = template.Library()
ARC = 0.75
"""Of a full circle, what the dial's scale takes."""


@register.simple_tag
def dial(score: int | None, tone: str) -> SafeString:
    """A score from 0 to 100 on a dial; without one an empty dial."""
    said = _("Health: %(score)d of 100") % {"score": score} if score is not None else _("No score")
    return format_html(
        '<svg class="dial dial-{}" viewBox="0 0 120 112" role="img" aria-label="{}">'
        '<circle class="dial-scale" cx="60" cy="60" r="50" pathLength="100" stroke-dasharray="75 100"'
        ' transform="rotate(135 60 60)"/>'
        '<circle class="dial-hand" cx="60" cy="60" r="50" pathLength="100" stroke-dasharray="{} 100"'
        ' transform="rotate(135 60 60)"/>'
        '<text class="dial-score" x="60" y="68" text-anchor="middle">{}</text>'
        '<text class="dial-of" x="60" y="88" text-anchor="middle">{}</text></svg>',
        tone,
        said,
        f"{(score or 0) * ARC:.2f}",
        "–" if score is None else score,
        _("of 100"),
    )


@register.inclusion_tag("console/insights/why.html")
def why(title: object, definition: object, source: object = "") -> dict[str, object]:
    """A small button beside a number that says by which rule it is counted, and who made the rule."""
    return {"key": f"why-{uuid4().hex[:8]}", "title": title, "definition": definition, "source": source}


@register.simple_tag
def opened_at(line: Line) -> str:
    """Where a message is shown among its neighbours."""
    key = line.message
    return reverse("console:inbox_message", args=[key.group_id, (key.sent_at - EPOCH) // MICROSECOND, key.id])
