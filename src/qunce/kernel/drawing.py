"""Charts as pictures without a browser: the page's own ECharts and look, drawn to SVG on the server.

One small JavaScript engine per process, made when the first chart is drawn (about half a second); after that a
chart takes some hundredths of a second.
"""

import atexit
import json
import re
import threading
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from py_mini_racer import MiniRacer

from qunce.kernel.charts import Chart

FONT = "Noto Sans SC"
_SCRIPTS = ("vendor/echarts.min.js", "console/chart_look.js")
_COLOURS = "console/theme.css"
_COLOUR = re.compile(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{3,8}),\s*(#[0-9a-f]{3,8})\)")
_DRAW = """(given, width, height, colours, font) => {
  const colour = (name) => colours[name];
  const chart = echarts.init(null, chartLook.theme(colour, font), { renderer: "svg", ssr: true, width, height });
  chart.setOption({ animation: false, ...chartLook.option(given, colour) });
  const drawn = chart.renderToSVGString();
  chart.dispose();
  return drawn;
}"""
_lock = threading.Lock()


def _static(name: str) -> str:
    found = finders.find(name)
    if not found:
        raise FileNotFoundError(f"{name} is not there: run `make assets`.")
    return Path(found).read_text(encoding="utf-8")


@cache
def colours(*, dark: bool = False) -> dict[str, str]:
    """The colours of theme.css by name."""
    return {name: night if dark else day for name, day, night in _COLOUR.findall(_static(_COLOURS))}


@cache
def _engine() -> MiniRacer:
    made = MiniRacer()
    atexit.register(made.close)  # a process that forgets it hangs at its end
    for script in _SCRIPTS:
        made.eval(_static(script))
    made.eval(f"const draw = {_DRAW}")
    return made


def svg(chart: Chart, *, width: int, height: int, dark: bool = False, font: str = FONT) -> str:
    """The chart as an SVG of so many pixels; its colours are those of the theme."""
    given = [chart.option, width, height, colours(dark=dark), font]
    call = f"draw({', '.join(json.dumps(each, ensure_ascii=False, default=str) for each in given)})"
    with _lock:
        return str(_engine().eval(call))


def inline(chart: Chart, *, width: int, height: int) -> str:
    """The chart for a page of its own, as wide as there is room: by day and by night, of which the page shows one.

    Their classes are ``by-day`` and ``by-night``.
    """
    size = f'viewBox="0 0 {width} {height}" aria-hidden="true"'
    return "".join(
        _SVG.sub(f'<svg class="{name}" {size}>', svg(chart, width=width, height=height, dark=dark, font="inherit"))
        for name, dark in (("by-day", False), ("by-night", True))
    )


_SVG = re.compile(r"^<svg [^>]*>")
