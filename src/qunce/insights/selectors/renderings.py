"""A report as a page of its own, as a PDF, and as a message in a chat."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from qunce.insights.types import Claim, Report, Section, Tone
from qunce.kernel import drawing, pictures
from qunce.kernel.charts import Chart

WIDE, NARROW, PRINTED, DIAL = 680, 336, 620, 220
CLOUD = (960, 540)
_BAR, _LINE = 27, 30
WORDS = "words.png"
_TEMPLATES = Path(__file__).parents[1] / "templates" / "insights"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart in a page: its words, the table of the same numbers, and how it looks on a desk and on a phone."""

    chart: Chart
    wide: SafeString
    narrow: SafeString


def height_of(chart: Chart, width: int) -> int:
    """How tall a chart is drawn: as its lines need it."""
    kind = chart.option["series"][0]["type"] if isinstance(chart.option["series"], list) else "graph"
    heights = {
        "bar": 250 if "inverse" not in chart.option.get("yAxis", {}) else 44 + _BAR * len(chart.rows),
        "heatmap": 56 + _LINE * max(len(chart.rows), 4),
        "graph": round(width * 0.72) if width < WIDE else 470,
        "gauge": 190,
    }
    return heights.get(kind, 260)


def _drawn(chart: Chart, widths: tuple[int, int] = (WIDE, NARROW)) -> Drawn:
    wide, narrow = (
        # Only numbers, names of colours and escaped texts come from the drawing.
        mark_safe(drawing.inline(chart, width=width, height=height_of(chart, width)))  # noqa: S308
        for width in widths
    )
    return Drawn(chart, wide, narrow)


def html(report: Report) -> str:
    """One file that needs no other: light and dark, desk, phone and paper; no script."""
    day, night = drawing.colours(), drawing.colours(dark=True)
    with override(report.language):
        context = {
            "report": report,
            "colours": [(name, value, night[name]) for name, value in day.items()],
            "dial": _drawn(report.dial, (DIAL, DIAL)) if report.dial else None,
            "sections": [
                (section, [_drawn(chart) for chart in section.charts if not chart.empty], _clouds(section))
                for section in report.sections
            ],
        }
        return str(get_template("insights/report.html").render(context))


def cloud(report: Report, *, dark: bool = False) -> bytes | None:
    """The picture of the words of a report, as a PNG; None where it has none."""
    return next((_cloud(section, dark=dark) for section in report.sections if section.words), None)


def _cloud(section: Section, *, dark: bool = False) -> bytes:
    return pictures.word_cloud(section.words, width=CLOUD[0], height=CLOUD[1], dark=dark)


def _clouds(section: Section) -> list[str]:
    """By day and by night, as they stand in a page."""
    if not section.words:
        return []
    return [f"data:image/png;base64,{b64encode(_cloud(section, dark=dark)).decode()}" for dark in (False, True)]


# ------------------------------------------------------------------ paper
def pdf(report: Report) -> bytes:
    """The report on A4, typeset."""
    with TemporaryDirectory(prefix="qunce-report-") as made, override(report.language):
        folder = Path(made)
        drawings = [(chart, PRINTED) for section in report.sections for chart in section.charts if not chart.empty]
        for number, (chart, width) in enumerate([*drawings, *([(report.dial, DIAL)] if report.dial else [])]):
            picture = drawing.svg(chart, width=width, height=height_of(chart, width))
            (folder / f"{number}.svg").write_text(printable(picture), encoding="utf-8")
        if words := cloud(report):
            (folder / WORDS).write_bytes(words)
        told = {**asdict(report), "sections": _numbered(report.sections), "words": _words(), "dial": None}
        if report.dial:
            told["dial"] = f"{len(drawings)}.svg"
        told["colours"] = drawing.colours()
        written = json.dumps(told, ensure_ascii=False, default=str)
        (folder / "report.json").write_text(printable(written), encoding="utf-8")
        (folder / "report.typ").write_text((_TEMPLATES / "report.typ").read_text(encoding="utf-8"), encoding="utf-8")
        found: bytes = typst.compile(str(folder / "report.typ"), root=str(folder), font_paths=[_fonts()])
    return found


def printable(text: str) -> str:
    """Words as they can be printed: a star for the little pictures that no font of ours has."""
    return _PICTURES.sub("☆", text)


_PICTURES = re.compile(
    "(?:(?![\u2600-\u2609\u260e\u260f\u2640-\u2642\u2660-\u266f\u2702\u2713\u271a\u2756\u2776-\u2793])"
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b50\u2b55]"
    "[\ufe0f\u200d\u20e3\u2640\u2642\U000e0020-\U000e007f]*)+"
)
"""But for those that our fonts have; with how they are drawn, what they are joined with, the letters of flags."""


def _numbered(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """Sections with the files of their charts."""
    number = 0
    told: list[dict[str, Any]] = []
    for section in sections:
        shown = [chart for chart in section.charts if not chart.empty]
        charts = [{"label": chart.label, "file": f"{number + place}.svg"} for place, chart in enumerate(shown)]
        number += len(shown)
        table = asdict(section.table) if section.table else None
        quotes = [asdict(each) for each in section.quotes]
        words = WORDS if section.words else None
        told.append({
            "title": section.title, "text": section.text, "charts": charts, "table": table, "quotes": quotes,
            "words": words,
        })  # fmt: skip
    return told


def _words() -> dict[str, str]:
    """The report's own words in its language."""
    return {
        "findings": _("What stands out"),
        "try": _("What to try"),
        "expected": _("Expected:"),
        "goal": _("How it will be seen:"),
        "limits": _("What this report cannot know"),
        "people": _("Who:"),
        "made": _("Made with Qunce"),
        "none": _("Nothing stands out."),
    }


@cache
def _fonts() -> str:
    found = finders.find("vendor/fonts/NotoSansSC-Regular.ttf")
    if not found:
        raise FileNotFoundError("The fonts are not there: run `make assets`.")
    return str(Path(found).parent)


# ------------------------------------------------------------------ chat
def message(report: Report, url: str = "") -> str:
    """The report in a few lines for a chat, with one thing to do at the end."""
    with override(report.language):
        figures = [
            (_("%(label)s: %(value)s (%(change)s)") if each.change else _("%(label)s: %(value)s")) % asdict(each)
            for each in report.headlines[:3]
        ]
        worst = next((claim for claim in report.claims if claim.tone in {Tone.BAD, Tone.WATCH}), None)
        good = next((claim for claim in report.claims if claim.tone is Tone.GOOD), None)
        lines = [
            _("%(name)s, %(period)s") % {"name": report.name, "period": report.period},
            report.title,
            "",
            *(f"· {each}" for each in figures),
        ]
        lines += [f"· {_said(claim)}" for claim in (worst, good) if claim]
        if url:
            lines += ["", _("Read the report: %(url)s") % {"url": url}]
        elif worst and worst.advice:
            lines += ["", _("This week: %(advice)s") % {"advice": worst.advice.title}]
        return "\n".join(lines)


def _said(claim: Claim) -> str:
    if not claim.group:
        return claim.sentence
    return _("“%(group)s”: %(sentence)s") % {"group": claim.group, "sentence": claim.sentence}
