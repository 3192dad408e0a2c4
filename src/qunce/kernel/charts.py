"""Charts as data: what the page draws, and the same as a table for whoever cannot see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Number = int | float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """``label`` says in words what is to be seen. ``option`` is ECharts' own; colours come from the theme."""

    label: str
    option: Mapping[str, Any]
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: bool = False


def _series(kind: str, values: Mapping[str, Sequence[Number]], stack: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    return [
        {"type": kind, "name": name, "data": list(data), **({"stack": "all"} if stack else {})}
        for name, data in values.items()
    ]


def over_time(
    label: str,
    *,
    when: str,
    points: Sequence[str],
    values: Mapping[str, Sequence[Number]],
    kind: str = "bar",
    stack: bool = False,
) -> Chart:
    """Bars or lines over ``points`` (dates, hours …, headed ``when``), one series per entry of ``values``."""
    option = {
        "xAxis": {"type": "category", "data": list(points)},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": _series(kind, values, stack),
        "legend": {"show": len(values) > 1},
        "tooltip": {"trigger": "axis"},
    }
    rows = list(zip(points, *values.values(), strict=True))
    return Chart(label, option, [when, *values], rows, empty=not any(any(data) for data in values.values()))


def ranked(label: str, *, what: str, unit: str, values: Mapping[str, Number]) -> Chart:
    """Horizontal bars, the largest on top as given."""
    option = {
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "inverse": True, "data": list(values)},
        "series": _series("bar", {unit: list(values.values())}, stack=False),
        "tooltip": {"trigger": "axis"},
    }
    return Chart(label, option, [what, unit], list(values.items()), empty=not any(values.values()))


def heatmap(
    label: str, *, columns: Sequence[str], lines: Sequence[str], cells: Sequence[Sequence[Number]], unit: str
) -> Chart:
    """``cells[line][column]``: e.g. messages per weekday (lines) and hour (columns)."""
    data = [[x, y, value or 0] for y, line in enumerate(cells) for x, value in enumerate(line)]
    option = {
        "xAxis": {"type": "category", "data": list(columns), "splitArea": {"show": True}},
        "yAxis": {"type": "category", "data": list(lines), "inverse": True},
        "visualMap": {"min": 0, "max": max((cell[2] for cell in data), default=0) or 1, "show": False},
        "series": [{"type": "heatmap", "name": unit, "data": data}],
        "tooltip": {"position": "top"},
    }
    rows = [[name, *line] for name, line in zip(lines, cells, strict=True)]
    return Chart(label, option, ["", *columns], rows, empty=not any(cell[2] for cell in data))
