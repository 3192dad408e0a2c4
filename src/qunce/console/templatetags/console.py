"""The pieces pages are made of. Load with ``{% load console %}``."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, RadioSelect, Select
from django.http import HttpRequest
from django.template.context import RequestContext
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qunce.chat.selectors import title_of
from qunce.kernel import clock, words
from qunce.kernel.charts import Chart

register = template.Library()
MINUTE, HOUR, DAY, MONTH = 60, 3600, 86400, 30 * 86400
WIDTH, HEIGHT = 100, 24  # of a sparkline, in its own units


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file of this version."""
    return f"{static(path)}?v={settings.VERSION}"


@register.filter
def listed(items: Iterable[object]) -> str:
    """``{{ names|listed }}``: items as the language separates them."""
    return words.listed(items)


@register.filter
def platform(key: str) -> str:
    """``{{ group.platform|platform }}``: what a platform is called."""
    return title_of(key)


@register.filter
def coded(sentence: object) -> SafeString:
    """``{{ fix|coded }}``: what stands between `backticks` is something to type."""
    pieces = enumerate(str(sentence).split("`"))
    shown = ((format_html("<code>{}</code>", piece) if place % 2 else piece,) for place, piece in pieces)
    return format_html_join("", "{}", shown)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture beside words; says nothing to who cannot see it."""
    return format_html('<i class="ti ti-{}" aria-hidden="true"></i>', name)


# ---------------------------------------------------------------- time
def _ahead(seconds: float) -> str:
    if seconds < HOUR:
        minutes = max(1, round(seconds / MINUTE))
        return ngettext("in %(count)d minute", "in %(count)d minutes", minutes) % {"count": minutes}
    if seconds < DAY:
        hours = round(seconds / HOUR)
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    days = round(seconds / DAY)
    return ngettext("in %(count)d day", "in %(count)d days", days) % {"count": days}


def _ago(seconds: float) -> str:
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        minutes = int(seconds // MINUTE)
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {"count": minutes}
    if seconds < DAY:
        hours = int(seconds // HOUR)
        return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}
    days = int(seconds // DAY)
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


def relative(moment: datetime) -> str:
    """How far away, in words; beyond a month the date says more."""
    seconds = (clock.now() - moment).total_seconds()
    if abs(seconds) >= MONTH:
        return date_format(timezone.localtime(moment), "DATE_FORMAT")
    return _ago(seconds) if seconds >= 0 else _ahead(-seconds)


@register.simple_tag
def when(moment: datetime | None, zone: ZoneInfo | None = None) -> SafeString | str:
    """``{% when message.sent_at community.zone %}``: relative; on hover exact, in ``zone`` (else the viewer's)."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment, zone)
    exact = f"{date_format(local, 'DATETIME_FORMAT')} ({local.tzinfo})"
    return format_html(
        '<time datetime="{}" title="{}" data-when>{}</time>', moment.isoformat(), exact, relative(moment)
    )


@register.simple_tag
def at(moment: datetime | None, zone: ZoneInfo | None = None) -> SafeString | str:
    """The exact time, relative on hover: for logs and schedules."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment, zone)
    return format_html(
        '<time datetime="{}" title="{} · {}">{}</time>',
        moment.isoformat(),
        relative(moment),
        str(local.tzinfo),
        date_format(local, "DATETIME_FORMAT"),
    )


@register.simple_tag
def clock_time(moment: datetime, zone: ZoneInfo | None = None) -> SafeString:
    """The time of day where the day is known; in full on hover."""
    local = timezone.localtime(moment, zone)
    exact = f"{date_format(local, 'DATETIME_FORMAT')} ({local.tzinfo})"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, local.strftime("%H:%M"))


# ---------------------------------------------------------------- states and numbers
@register.simple_tag
def options(choices: Iterable[tuple[object, object]]) -> SafeString:
    """What a select offers, each as (value, words); thousands of them cost no template each."""
    return format_html_join("\n", '<option value="{}">{}</option>', choices)


@register.simple_tag
def state(tone: str, label: object) -> SafeString:
    """A state in words with a coloured dot. Tones: ``good``, ``busy``, ``wait``, ``bad``, ``odd``, ``off``."""
    return format_html('<span class="state state-{}">{}</span>', tone, label)


@register.inclusion_tag("console/components/stat.html")
def stat(label: object, value: object, hint: object = "", url: str = "", tone: str = "") -> dict[str, object]:
    """A number with its name; ``hint`` compares or explains it, ``url`` leads to what it counts."""
    return {"label": label, "value": value, "hint": hint, "url": url, "tone": tone}


@register.simple_tag
def sparkline(values: Sequence[int | float], label: str) -> SafeString:
    """A line as large as a word; ``label`` says what it shows."""
    if not any(values):
        return format_html('<span class="sparkline sparkline-flat" role="img" aria-label="{}"></span>', label)
    top, last = max(values), max(len(values) - 1, 1)
    points = [(i * WIDTH / last, HEIGHT - 2 - (HEIGHT - 4) * value / top) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {w} {h}" preserveAspectRatio="none" role="img" aria-label="{label}">'
        '<polygon points="0,{h} {line} {w},{h}"/>'
        '<polyline points="{line}" vector-effect="non-scaling-stroke"/></svg>',
        w=WIDTH,
        h=HEIGHT,
        line=line,
        label=label,
    )


@register.inclusion_tag("console/components/chart.html")
def chart(drawn: Chart, size: str = "md") -> dict[str, object]:
    """Draw a chart of `kernel.charts`; sizes ``sm``, ``md``, ``lg``. The table beneath holds the same numbers."""
    rows = [(head, format_html_join("", "<td>{}</td>", map(_cell, rest))) for head, *rest in drawn.rows]
    return {
        "chart": drawn,
        "size": size,
        "key": f"chart-{uuid4().hex[:8]}",
        "rows": format_html_join("\n", '<tr><th scope="row">{}</th>{}</tr>', rows),
    }


def _cell(value: object) -> tuple[object]:
    """A number as it is written where the reader lives; a template takes ten times as long, for hundreds of rows."""
    return ("–" if value is None else localize(value),)


# ---------------------------------------------------------------- the four states of a list
@register.inclusion_tag("console/components/nothing.html")
def nothing(
    sentence: object, picture: str = "inbox", hint: object = "", url: str = "", action: object = ""
) -> dict[str, object]:
    """The empty state: why nothing is here, and the one action that fills it (``empty`` is a word of ``for``)."""
    return {"sentence": sentence, "picture": picture, "hint": hint, "url": url, "action": action}


@register.inclusion_tag("console/components/failure.html")
def failure(sentence: object, fix: object = "") -> dict[str, object]:
    """It could not be shown or done: what happened, and what to do."""
    return {"sentence": sentence, "fix": fix}


@register.inclusion_tag("console/components/loading.html")
def loading(key: str = "loading") -> dict[str, object]:
    """Shown while htmx waits; name it in ``hx-indicator="#<key>"``."""
    return {"key": key}


@register.inclusion_tag("console/components/pager.html", takes_context=True)
def pager(context: RequestContext, page: object, target: str = "") -> dict[str, object]:
    """Earlier and later: of a `kernel.paging.Slice` (``?cursor=``) or of Django's numbered ``Page`` (``?page=``)."""
    return {"page": page, "keyed": hasattr(page, "older"), "request": context["request"], "target": target}


# ---------------------------------------------------------------- forms and questions
def _css(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, (CheckboxInput, CheckboxSelectMultiple, RadioSelect)):
        css = "form-check-input"
    else:
        css = "form-select" if isinstance(widget, Select) else "form-control"
    kept = str(widget.attrs.get("class", "")).split()
    return " ".join(dict.fromkeys([*kept, css, *(["is-invalid"] if bound.errors else [])]))


@register.inclusion_tag("console/components/field.html")
def field(bound: BoundField, label: object = "") -> dict[str, object]:
    """A form field: label, help, what was typed, and beneath it what is wrong with it.

    A widget may say that it is ``grouped``: it has fields of its own. Boxes with ``data-chips`` stand in a line.
    """
    widget = bound.field.widget
    several = isinstance(widget, (CheckboxSelectMultiple, RadioSelect))
    if several:
        widget.attrs["class"] = _css(bound)  # each box and its label are drawn by the template
    return {
        "field": bound,
        "label": label or bound.label,
        "control": "" if several else bound.as_widget(attrs={"class": _css(bound)}),
        "check": isinstance(widget, CheckboxInput),
        "several": several,
        "grouped": getattr(widget, "grouped", False),
        "chips": several and "data-chips" in widget.attrs,
    }


@register.inclusion_tag("console/components/fields.html")
def fields(form: object) -> dict[str, object]:
    """All fields of a form, and above them what is wrong with the whole."""
    return {"form": form}


@register.inclusion_tag("console/components/confirm.html", takes_context=True)
def confirm(  # noqa: PLR0917 (templates name few arguments)
    context: RequestContext,
    key: str,
    action: str,
    question: object,
    consequences: object,
    button: object,
    tone: str = "danger",
) -> dict[str, object]:
    """A question before something that cannot simply be undone; a button with ``data-open="<key>"`` asks it.

    The form posts to ``action``.
    """
    request: HttpRequest = context["request"]
    return {
        "key": key,
        "action": action,
        "question": question,
        "consequences": consequences,
        "button": button,
        "tone": tone,
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }


@register.inclusion_tag("console/components/bubble.html")
def bubble(text: object, name: object = "", note: object = "", own: bool = True) -> dict[str, object]:  # noqa: FBT001, FBT002
    """A message as it will look on a phone."""
    return {"text": text, "name": name, "note": note, "own": own}
