"""Charts as data: what pages and reports draw, and the same as a table for whoever cannot see it.

A colour in an option is ``colour:<name>`` of theme.css; everything else comes from the look of all charts
(chart_look.js). Options are plain JSON, so that a page and `kernel.drawing` draw the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from qunce.kernel import layout

Number = int | float | None
Cells = Sequence[Sequence[Number]]
Kinds = Mapping[str, str] | None
LONGEST_NAME = 104  # pixels of a name beside a bar
_CURVE = 240  # points are as many as can be told apart
_PHONE = 480  # pixels: up to so wide a chart is one of a phone
_WIDE, _NARROW = (500, 400), (220, 190)  # of the dots of a graph, names not counted
_ASIDE, _EDGE = 44, 8  # pixels for names: beside the dots of a graph on a phone, around a map
_CROWD = 200  # lines; where there are more, each is fainter
_MAP, _SMALL_MAP = (520, 230), (220, 220)  # of the spots of a map
_DEEP = 0.55  # of the strongest colour: from there on ink cannot be read
_PERCENT = {"axisLabel": {"formatter": "{value}%"}}


@dataclass(frozen=True, slots=True)
class Chart:
    """``label`` says in words what is to be seen. ``option`` is ECharts' own; colours come from the theme."""

    label: str
    option: Mapping[str, Any]
    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """One thing on a map of things: where it is, how large, of which kind; ``url`` is where a click leads."""

    name: str
    x: float
    y: float
    size: float
    kind: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One of those between whom there are lines; ``circle`` numbers the circles, the largest is 0."""

    name: str
    size: float
    circle: int = 0
    url: str = ""


def _series(kind: str, values: Mapping[str, Sequence[Number]], stack: bool) -> list[dict[str, Any]]:  # noqa: FBT001
    more: dict[str, Any] = {"stack": "all"} if stack else {}
    if kind == "area":
        kind, more = "line", {**more, "areaStyle": {"opacity": 0.25}}
    return [{"type": kind, "name": name, "data": list(data), **more} for name, data in values.items()]


def over_time(
    label: str,
    *,
    when: str,
    points: Sequence[str],
    values: Mapping[str, Sequence[Number]],
    kind: str = "bar",
    stack: bool = False,
    turns: Mapping[str, str] | None = None,
) -> Chart:
    """Bars, lines or areas over ``points`` (dates, hours …, headed ``when``), one series per entry of ``values``.

    ``turns``: points at which something changed, and in a word what.
    """
    series = _series(kind, values, stack)
    if turns and series:
        look = {"color": "colour:ink-soft", "textBorderWidth": 0}
        marks = [{"xAxis": point, "label": {"formatter": word, **look}} for point, word in turns.items()]
        style = {"color": "colour:rose", "type": "dashed"}
        series[0]["markLine"] = {"silent": True, "symbol": "none", "lineStyle": style, "data": marks}
    option = {
        "xAxis": {"type": "category", "data": list(points), "boundaryGap": kind == "bar"},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": series,
        "legend": {"show": len(values) > 1},
        "tooltip": {"trigger": "axis"},
    }
    if turns:
        option["grid"] = {"left": 8, "right": 24, "top": 44, "bottom": 4, "containLabel": True}
    rows = list(zip(points, *values.values(), strict=True))
    return Chart(label, option, [when, *values], rows, empty=not any(any(data) for data in values.values()))


def banded(
    label: str,
    *,
    when: str,
    points: Sequence[str],
    line: tuple[str, Sequence[Number]],
    band: tuple[str, Sequence[Number], Sequence[Number]],
) -> Chart:
    """A line within the band in which it is expected: (name, lowest, highest)."""
    (name, data), (expected, low, high) = line, band
    widths = [None if a is None or b is None else b - a for a, b in zip(low, high, strict=True)]
    hidden = {
        "type": "line",
        "stack": "band",
        "silent": True,
        "lineStyle": {"opacity": 0},
        "tooltip": {"show": False},
    }
    option = {
        "xAxis": {"type": "category", "data": list(points), "boundaryGap": False},
        "yAxis": {"type": "value"},
        "series": [
            {"type": "line", "name": name, "data": list(data)},
            {**hidden, "name": "", "data": list(low)},
            {**hidden, "name": expected, "data": widths, "areaStyle": {"color": "colour:sky", "opacity": 0.18}},
        ],
        "legend": {"show": True, "data": [name, expected]},
        "tooltip": {"trigger": "axis"},
    }
    rows = [
        (point, said, f"{a:g}–{b:g}" if a is not None and b is not None else None)
        for point, said, a, b in zip(points, data, low, high, strict=True)
    ]
    return Chart(label, option, [when, name, expected], rows, empty=not any(data))


def ranked(label: str, *, what: str, unit: str, values: Mapping[str, Number]) -> Chart:
    """Horizontal bars, the largest on top as given."""
    names = {"width": LONGEST_NAME, "overflow": "truncate"}
    option = {
        "xAxis": {"type": "value", "minInterval": 1},
        "yAxis": {"type": "category", "inverse": True, "data": list(values), "axisLabel": names},
        "series": _series("bar", {unit: list(values.values())}, stack=False),
        "tooltip": {"trigger": "axis"},
    }
    return Chart(label, option, [what, unit], list(values.items()), empty=not any(values.values()))


def funnel(label: str, *, what: str, unit: str, share: str, values: Mapping[str, int]) -> Chart:
    """Steps that fewer and fewer reach, each as a bar with its number; ``share`` heads those of the step before."""
    drawn = ranked(label, what=what, unit=unit, values=values)
    counts = list(values.values())
    before = [None, *counts[:-1]]
    shares = [f"{now / then:.0%}" if then else None for now, then in zip(counts, before, strict=True)]
    bars = {**drawn.option["series"][0], "label": {"show": True, "position": "right"}}
    option = {**drawn.option, "xAxis": {"type": "value", "show": False, "boundaryGap": [0, 0.15]}, "series": [bars]}
    rows = list(zip(values, counts, shares, strict=True))
    return Chart(label, option, [what, unit, share], rows, empty=drawn.empty)


def heatmap(
    label: str, *, columns: Sequence[str], lines: Sequence[str], cells: Cells, unit: str, line: str = ""
) -> Chart:
    """``cells[line][column]``: e.g. messages per weekday (lines, headed ``line``) and hour (columns)."""
    data = [[x, y, value or 0] for y, values in enumerate(cells) for x, value in enumerate(values)]
    option = {
        "xAxis": {"type": "category", "data": list(columns), "splitArea": {"show": True}},
        "yAxis": {"type": "category", "data": list(lines), "inverse": True},
        "visualMap": {"min": 0, "max": max((cell[2] for cell in data), default=0) or 1, "show": False},
        "series": [{"type": "heatmap", "name": unit, "data": data}],
        "tooltip": {"position": "top"},
    }
    rows = [[name, *values] for name, values in zip(lines, cells, strict=True)]
    return Chart(label, option, [line, *columns], rows, empty=not any(cell[2] for cell in data))


def cohorts(
    label: str, *, cohort: str, size: str, later: Sequence[str], values: Mapping[str, tuple[int, Sequence[Number]]]
) -> Chart:
    """Who came together, and which share (0 to 1) of them is still there ``later``; None: not known yet.

    ``values``: by cohort its size and shares; ``cohort`` and ``size`` head their columns.
    """
    lines = [f"{name} · {people}" for name, (people, _shares) in values.items()]
    cells = [
        [x, y, round(share * 100)]
        for y, (_people, shares) in enumerate(values.values())
        for x, share in enumerate(shares[: len(later)])
        if share is not None
    ]
    most = max((cell[2] for cell in cells), default=0) or 1
    # Dark cells have light numbers; the sign of per cent stands in the label, for narrow cells have no room for it.
    text = [{"color": "colour:on-jade" if cell[2] > most * _DEEP else "colour:ink", "fontSize": 10} for cell in cells]
    data = [{"value": cell, "label": look} for cell, look in zip(cells, text, strict=True)]
    option = {
        "xAxis": {"type": "category", "data": list(later), "position": "top"},
        "yAxis": {"type": "category", "data": lines, "inverse": True},
        "visualMap": {"min": 0, "max": most, "show": False},
        "series": [{"type": "heatmap", "data": data, "label": {"show": True, "formatter": "{@[2]}"}}],
        "tooltip": {"position": "top"},
    }
    rows = [
        [name, people, *(None if share is None else f"{share:.0%}" for share in shares[: len(later)])]
        for name, (people, shares) in values.items()
    ]
    return Chart(label, option, [cohort, size, *later], rows, empty=not data)


def survival(
    label: str,
    *,
    days: str,
    curves: Mapping[str, Sequence[tuple[float, float]]],
    until: float = 365,
    told: Sequence[int] = (1, 7, 30, 90, 180, 365),
) -> Chart:
    """Which share is still there after how many ``days``, in steps; the table has the shares at ``told``.

    A curve without a step is of people of whom nobody has gone.
    """
    reached = [day for day in told if day <= until]
    steps = {name: _steps(points, until) for name, points in curves.items()}
    series = [
        {"type": "line", "step": "end", "smooth": False, "name": name, "data": data, "areaStyle": {"opacity": 0.1}}
        for name, data in steps.items()
    ]
    option = {
        "xAxis": {"type": "value", "max": until, "name": days, "nameLocation": "middle", "nameGap": 28},
        "yAxis": {"type": "value", "max": 100, **_PERCENT},
        "series": series,
        "legend": {"show": len(curves) > 1},
        "grid": {"left": 8, "right": 24, "top": 36 if len(curves) > 1 else 14, "bottom": 24, "containLabel": True},
        "tooltip": {"trigger": "axis"},
    }
    rows = [(day, *(f"{_at(points, day):.0%}" for points in curves.values())) for day in reached]
    return Chart(label, option, [days, *curves], rows, empty=not curves)


def _at(points: Sequence[tuple[float, float]], day: float) -> float:
    return next((share for passed, share in reversed(points) if passed <= day), 1.0)


def _steps(points: Sequence[tuple[float, float]], until: float) -> list[list[float]]:
    """From everybody at the beginning to the end of what is shown, thinned where steps lie too close to be seen."""
    within = [(day, share) for day, share in points if day <= until]
    apart, kept = until / _CURVE, [(0.0, 1.0)]
    for day, share in within:
        if day - kept[-1][0] < apart and len(kept) > 1:
            kept[-1] = (kept[-1][0], share)
        else:
            kept.append((day, share))
    kept.append((until, kept[-1][1]))
    return [[round(day, 2), round(share * 100, 1)] for day, share in kept]


def scatter(
    label: str, *, x: str, y: str, size: str, what: str, kind: str = "", spots: Iterable[Spot], kinds: Kinds = None
) -> Chart:
    """Things on a map: ``x`` and ``y`` name the axes, ``size`` the area, ``kind`` what has a colour."""
    placed = sorted(spots, key=lambda spot: -spot.size)
    top = max((spot.size for spot in placed), default=0) or 1
    names = list(dict.fromkeys([*(kinds or {}), *(spot.kind for spot in placed)]))
    sizes = [round(8 + 36 * sqrt(max(spot.size, 0) / top), 1) for spot in placed]
    left, low = min((spot.x for spot in placed), default=0), min((spot.y for spot in placed), default=0)
    wide = (max((spot.x for spot in placed), default=0) - left) or 1
    high = (max((spot.y for spot in placed), default=0) - low) or 1

    def labelled(picture: tuple[int, int]) -> list[list[dict[str, Any]]]:
        """The spots of each kind, with the names that have room in a picture so large."""
        across, down = picture
        at = [((spot.x - left) / wide * across, (low + high - spot.y) / high * down) for spot in placed]
        sides = layout.named([(spot.name, spot.size) for spot in placed], sizes, at, picture, _EDGE)
        spots = [
            {
                "name": spot.name,
                "value": [spot.x, spot.y],
                "url": spot.url,
                "symbolSize": sizes[place],
                "label": {"show": place in sides, "position": sides.get(place)},
            }
            for place, spot in enumerate(placed)
        ]
        found = ([each for each, spot in zip(spots, placed, strict=True) if spot.kind == name] for name in names)
        return [each for each in found if each]

    used = [name for name in names if any(spot.kind == name for spot in placed)]
    series = [
        {
            "type": "scatter",
            "name": name,
            "itemStyle": {"opacity": 0.8, **({"color": kinds[name]} if kinds and name in kinds else {})},
            "label": {"formatter": "{b}", "fontSize": 11, "width": layout.LONGEST_NAME, "overflow": "truncate"},
            "data": data,
        }
        for name, data in zip(used, labelled(_MAP), strict=True)
    ]
    on_desk, on_phone = ([{"data": data} for data in labelled(picture)] for picture in (_MAP, _SMALL_MAP))
    option = {
        "xAxis": {"type": "value", "name": x, "nameLocation": "middle", "nameGap": 28, "scale": True},
        "yAxis": {"type": "value", "name": y, "scale": True, "nameGap": 26, "nameTextStyle": {"align": "left"}},
        "series": series,
        "legend": {"show": len(names) > 1, "type": "scroll"},
        "grid": {"left": 8, "right": 40, "top": 84, "bottom": 24, "containLabel": True},
        "tooltip": {"trigger": "item"},
        "media": _by_width(on_desk, on_phone),
    }
    rows = [(spot.name, spot.kind, spot.x, spot.y, spot.size) for spot in placed]
    return Chart(label, option, [what, kind, x, y, size], rows, empty=not placed)


def _by_width(on_desk: list[dict[str, Any]], on_phone: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What of the series is so on phones alone, and so again where a window is made wider."""
    return [{"query": {"maxWidth": _PHONE}, "option": {"series": on_phone}}, {"option": {"series": on_desk}}]


def network(
    label: str, *, who: str, whom: str, unit: str, nodes: Sequence[Node], edges: Sequence[tuple[int, int, float]]
) -> Chart:
    """Who has to do with whom: ``edges`` name places in ``nodes`` and weigh. The same graph is laid out the same."""
    places = layout.places(len(nodes), edges)
    top = max((node.size for node in nodes), default=0) or 1
    heaviest = max((weight for _a, _b, weight in edges), default=0) or 1
    sizes = [round(5 + 27 * sqrt(max(node.size, 0) / top), 1) for node in nodes]
    names = [(node.name, node.size) for node in nodes]
    data = [
        {
            "name": str(place),
            "value": node.name,
            "x": x,
            "y": y,
            "category": min(node.circle, 5),
            "url": node.url,
        }
        for place, (node, (x, y)) in enumerate(zip(nodes, places, strict=True))
    ]

    def labelled(picture: tuple[int, int]) -> list[dict[str, Any]]:
        """The nodes, with the names that have room in a picture so large."""
        shrunk, beyond = (1.0, layout.LONGEST_NAME) if picture is _WIDE else (0.6, _ASIDE)
        sides = layout.named(names, [size * shrunk for size in sizes], places, picture, beyond)
        look = {"formatter": "{c}", "fontSize": 11, "width": layout.LONGEST_NAME, "overflow": "truncate"}
        return [
            {
                **each,
                "symbolSize": round(sizes[place] * shrunk, 1),
                "label": {"show": place in sides, "position": sides.get(place), **look},
            }
            for place, each in enumerate(data)
        ]

    faint = {"opacity": 0.2} if len(edges) > _CROWD else {}
    links = [
        {"source": str(a), "target": str(b), "lineStyle": {"width": round(0.6 + 3.4 * weight / heaviest, 2), **faint}}
        for a, b, weight in edges
    ]
    series = {
        "type": "graph",
        "layout": "none",
        "roam": False,
        "preserveAspect": True,
        "data": labelled(_WIDE),
        "links": links,
        "categories": [{"name": str(number)} for number in range(6)],
        "left": layout.LONGEST_NAME,
        "right": layout.LONGEST_NAME,
        "top": 16,
        "bottom": 16,
    }
    rows = [(nodes[a].name, nodes[b].name, weight) for a, b, weight in sorted(edges, key=lambda edge: -edge[2])]
    desk, phone = (
        {name: series[name] for name in ("data", "left", "right")},
        {"data": labelled(_NARROW), "left": _ASIDE, "right": _ASIDE},
    )
    option = {
        "series": [series],
        "tooltip": {"trigger": "item", "formatter": "{c}"},
        "media": _by_width([desk], [phone]),
    }
    return Chart(label, option, [who, whom, unit], rows, empty=not edges)


def dial(label: str, *, what: str, value: Number, word: str = "", tone: str = "jade") -> Chart:
    """A number from 0 to 100 on a dial, with a ``word`` beneath it; ``tone`` names a colour."""
    shown = {"value": round(value), "name": word} if value is not None else {"value": 0, "name": word}
    series = {
        "type": "gauge",
        "startAngle": 210,
        "endAngle": -30,
        "radius": "96%",
        "center": ["50%", "56%"],
        "progress": {"show": True, "width": 14, "roundCap": True, "itemStyle": {"color": f"colour:{tone}"}},
        "axisLine": {"roundCap": True, "lineStyle": {"width": 14}},
        **{part: {"show": False} for part in ("axisTick", "splitLine", "axisLabel", "pointer", "anchor")},
        "detail": {"fontSize": 38, "fontWeight": 650, "offsetCenter": [0, "-4%"], "formatter": "{value}"},
        "title": {"fontSize": 14, "offsetCenter": [0, "34%"]},
        "data": [shown],
    }
    return Chart(label, {"series": [series]}, [what, ""], [(word or what, shown["value"])], empty=value is None)
