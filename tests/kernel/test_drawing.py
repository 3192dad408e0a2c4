"""Charts as pictures: every kind is drawn on the server, in the page's colours, the same every time."""

import json
import re
import subprocess
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.contrib.staticfiles import finders

from qunce.kernel import charts, drawing, layout

DAYS = ["11-01", "11-02", "11-03"]
EVERY = {
    "bars": charts.over_time("x", when="Day", points=DAYS, values={"成员": [3, 0, 5]}, turns={"11-02": "转折"}),
    "stack": charts.over_time("x", when="Day", points=DAYS, values={"A": [1, 2, 3], "B": [1, None, 1]}, stack=True),
    "area": charts.over_time("x", when="Day", points=DAYS, values={"成员": [3, 0, 5]}, kind="area"),
    "band": charts.banded(
        "x", when="Day", points=DAYS, line=("成员", [1, 2, 3]), band=("平常", [0, 1, None], [2, 3, 4])
    ),
    "ranked": charts.ranked("x", what="谁", unit="条", values={"王小雨": 3, "Bob": 1}),
    "funnel": charts.funnel("x", what="步骤", unit="人", share="占上一步", values={"进群": 100, "发言": 40}),
    "heatmap": charts.heatmap("x", columns=["0", "1"], lines=["周一"], cells=[[None, 7]], unit="条"),
    "cohorts": charts.cohorts("x", cohort="月", size="人", later=["+1"], values={"2026-01": (40, [0.25, 0.1])}),
    "survival": charts.survival("x", days="天数", curves={"成员": [(1, 0.5), (40, 0.25)]}),
    "scatter": charts.scatter(
        "x", x="趋势", y="健康度", size="人", what="群", spots=[charts.Spot("一群", 1, 50, 9, "成长")]
    ),
    "network": charts.network(
        "x",
        who="谁",
        whom="对谁",
        unit="次",
        nodes=[charts.Node("张三", 3), charts.Node("李四", 1), charts.Node("王五", 1, 1), charts.Node("赵六", 1, 1)],
        edges=[(0, 1, 4), (2, 3, 1)],
    ),
    "dial": charts.dial("x", what="健康度", value=62.4, word="留意", tone="amber"),
}
SHOWN = {"cohorts": "25", "scatter": "一群", "network": "张三", "dial": "62", "heatmap": "周一", "survival": "天数"}


@pytest.mark.parametrize("kind", EVERY)
def test_every_kind_of_chart_is_drawn_for_desk_and_phone(kind):
    for width in (680, 336):
        drawn = drawing.svg(EVERY[kind], width=width, height=240)
        tree = ET.fromstring(drawn)
        assert tree.get("width") == str(width)
        words = "".join(tree.itertext())
        assert SHOWN.get(kind, DAYS[0] if kind in {"bars", "stack", "area", "band"} else "") in words
    assert not EVERY[kind].empty
    assert all(len(row) == len(EVERY[kind].headings) for row in EVERY[kind].rows)


def test_the_colours_are_those_of_the_page():
    day, night = drawing.colours(), drawing.colours(dark=True)
    assert day["jade"] == "#0e6f63"
    assert night["jade"] == "#4fc3ae"
    assert day["jade"] in drawing.svg(EVERY["ranked"], width=300, height=200)
    assert night["jade"] in drawing.svg(EVERY["ranked"], width=300, height=200, dark=True)
    within = drawing.inline(EVERY["ranked"], width=300, height=200)
    by_day, by_night = within.split('<svg class="by-night"')
    assert (day["jade"] in by_day, night["jade"] in by_day) == (True, False)
    assert (day["jade"] in by_night, night["jade"] in by_night) == (False, True)
    assert day["amber"] in drawing.svg(EVERY["dial"], width=300, height=200)


def test_what_people_are_called_stays_text():
    evil = charts.ranked("x", what="who", unit="messages", values={"<script>alert(1)</script>": 3})
    drawn = drawing.svg(evil, width=680, height=200)
    ET.fromstring(drawn)
    assert "<script" not in drawn


def test_the_same_graph_is_laid_out_the_same_and_apart_from_it_what_has_no_line_to_it():
    def places(chart):
        return [(each["x"], each["y"]) for each in chart.option["series"][0]["data"]]

    nodes = [charts.Node(str(n), 1) for n in range(8)]
    edges = [(0, 1, 1), (1, 2, 1), (2, 0, 1), (3, 4, 2), (0, 3, 1)]
    one, two = (charts.network("x", who="a", whom="b", unit="c", nodes=nodes, edges=edges) for _time in range(2))
    assert places(one) == places(two)
    lowest = max(y for _x, y in places(one)[:5])
    assert all(y > lowest for _x, y in places(one)[5:])
    assert all(y <= 101 for _x, y in places(one)[:5])


def test_many_threads_draw_at_once():
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(drawing.svg(EVERY["bars"], width=400, height=200)))
        for _n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(drawn.startswith("<svg") for drawn in found)


def test_survival_is_told_at_days_that_people_know():
    chart = charts.survival("x", days="Days", curves={"All": [(0.5, 0.8), (10, 0.5), (200, 0.1)]})
    assert chart.rows == [(1, "80%"), (7, "80%"), (30, "50%"), (90, "50%"), (180, "50%"), (365, "10%")]


def test_of_whom_nobody_has_gone_a_curve_is_drawn():
    chart = charts.survival("x", days="Days", curves={"All": []})
    assert not chart.empty
    assert {share for _day, share in chart.rows} == {"100%"}
    assert charts.survival("x", days="Days", curves={}).empty


def test_pages_know_every_colour_that_charts_name():
    asked = set(re.findall(r"colour:([a-z-]+)", json.dumps([chart.option for chart in EVERY.values()])))
    asked |= set(re.findall(r'colour\("([a-z-]+)"\)', Path(finders.find("console/chart_look.js")).read_text("utf-8")))
    known = re.findall(r"\.colour-([a-z-]+) {", Path(finders.find("console/charts.css")).read_text("utf-8"))
    assert "on-jade" in asked
    assert asked <= set(known)


@pytest.mark.parametrize("kind", ["scatter", "network"])
def test_a_chart_that_was_on_a_phone_is_as_on_a_desk_once_there_is_room(kind):
    option = EVERY[kind].option
    phone, desk = option["media"]
    assert phone["query"] == {"maxWidth": 480}
    assert "query" not in desk, "what holds where no other does"
    assert set(phone["option"]["series"][0]) <= set(desk["option"]["series"][0])
    assert all(option["series"][0][name] == value for name, value in desk["option"]["series"][0].items())


def test_a_name_on_a_map_is_not_cut_by_its_edge():
    nodes = [("左边的一个很长的名字", 9.0), ("右边的一个很长的名字", 9.0)]
    across = [(0.0, 0.0), (500.0, 200.0)]
    assert layout.named(nodes, [20, 20], across, (500, 200), 8) == {0: "right", 1: "left"}
    assert layout.named(nodes, [20, 20], across, (500, 200), 200)[1] == "right"


def test_a_process_that_has_drawn_comes_to_its_end():
    code = (
        "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'qunce.config.settings'); django.setup()\n"
        "from qunce.kernel import charts, drawing\n"
        "drawing.svg(charts.ranked('x', what='a', unit='b', values={'c': 1}), width=300, height=100)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
