"""The pieces that pages of playbooks are made of. Load with ``{% load playbooks %}``."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qunce.console.templatetags.console import when

if TYPE_CHECKING:
    from qunce.console.playbooks.board import Cell

register = template.Library()


@register.simple_tag
def cells(line: "Iterable[Cell | None]") -> SafeString:
    """How a target stands with each step. A board has thousands of cells, too many for a template each."""
    not_yet = format_html('<td class="board-cell"><span class="visually-hidden">{}</span></td>', _("not yet"))
    return format_html_join("", "{}", ((_cell(each) if each else not_yet,) for each in line))


def _cell(cell: "Cell") -> SafeString:
    return format_html(
        '<td class="board-cell"><span class="cell cell-{}{}" title="{}"><i class="ti ti-{}" aria-hidden="true"></i>'
        '<span class="visually-hidden">{}</span></span><span class="cell-at">{}</span></td>',
        cell.tone,
        " cell-here" if cell.coming else "",
        cell.says,
        cell.icon,
        cell.says,
        when(cell.at) if cell.at else "",
    )
