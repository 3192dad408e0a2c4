"""What commands print in columns: signs of East Asia take two; a rehearsal as a person reads it."""

from datetime import UTC, datetime, timedelta

from django.utils import translation

from qunce.cli.columns import cut, table, width
from qunce.cli.rehearse import _said
from qunce.playbooks.types.rehearsal import Load, Rehearsal, Said

BEGAN = datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_columns_stand_beneath_each_other():
    assert [width(text) for text in ("ab", "群策", "e\u0301", "✔\ufe0f", "ｆ")] == [2, 4, 1, 1, 2]
    lines = table([("北京晨读", "3"), ("a", "12"), ("Zoë", "")], numbers=frozenset({1}))
    assert lines == ["北京晨读   3", "a         12", "Zoë"]
    assert cut("今天\n读了几页？", 8) == "今天 读…"
    assert width(cut("今天读了几页？", 8)) <= 8
    assert cut("short", 8) == "short"


def test_a_rehearsal_in_words_is_by_day_and_step_however_many_groups_there_are():
    heard = [
        Said(
            BEGAN + timedelta(hours=day * 24),
            number,
            f"{number} 群",
            step,
            "大家早上好" * 20,
            unasked=True,
            waited=5 * day,
        )
        for day, step in ((0, "hello"), (1, "question"))
        for number in range(300)
    ]
    load = [Load(f"{number} 群", 2, 1, "2026-11-23") for number in range(300)]
    found = Rehearsal(
        "three-days",
        "三天同行",
        BEGAN,
        BEGAN + timedelta(days=3),
        300,
        9000,
        300,
        7,
        0,
        1.0,
        messages=heard,
        by_group=load,
        zone="Asia/Shanghai",
    )
    with translation.override("en"):
        said = _said(found).splitlines()
    assert len(said) < 30
    assert all(width(line) <= 130 for line in said)
    assert "  09:00  hello  300 groups  大家早上好" in "\n".join(said)
    assert "  and 290 more groups" in said
    assert "300 wait for quiet hours or limits" in "\n".join(said)
    with translation.override("zh-hans"):
        assert "300 个群" in _said(found)
