"""Texts with variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.kernel.variables import BadTextError, fillable, known

VARIABLES = {"name": "昵称", "group": "群名"}
VALUES = {"name": "{群名}", "group": "夜读"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("", ""),
        ("你好", "你好"),
        ("{name}", "{群名}"),
        ("{昵称}在{ group }！", "{群名}在夜读！"),
        ("{{name}}", "{name}"),
        ("{{{name}}}", "{{群名}}"),
        ("}}{{", "}{"),
    ],
)
def test_filling(text, filled):
    assert fillable(text, VARIABLES).fill(VALUES) == filled


@pytest.mark.parametrize(
    ("text", "named"),
    [("{nome}", "nome"), ("{", ""), ("a } b", ""), ("{}", ""), ("{name.x}", "name.x"), ("{name!r:>9}", "name!r:>9")],
)
def test_what_cannot_be_filled_in(text, named):
    with pytest.raises(BadTextError) as refused:
        fillable(text, VARIABLES)
    assert refused.value.name == named


@given(st.text(alphabet="{}a 群", max_size=20))
def test_a_text_with_its_braces_doubled_says_itself(text):
    cut = fillable(text.replace("{", "{{").replace("}", "}}"), VARIABLES)
    assert cut.fill(VALUES) == text
    assert cut.variables == frozenset()


def test_both_names_mean_the_same_variable():
    assert fillable("{昵称}{name}{群名}", VARIABLES).variables == {"name", "group"}
    assert known(VARIABLES) == "{name} {昵称}, {group} {群名}"


# ------------------------------------------------------------------ lines that would say nothing
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("真好：{name}。", ""),
        ("大家好\n真好：{name}。", "大家好"),
        ("真好：{name}。\n明天见", "明天见"),
        ("大家好\n\n真好：{name}。\n\n明天见", "大家好\n\n明天见"),
        ("真好：{name}。\n\n明天见", "明天见"),
        ("大家好\n\n真好：{name}。", "大家好"),
        ("{group}，真好：{name}。", "夜读，真好： 。"),
        ("{name}{name}\n{group}", "夜读"),
        ("大家好\n\n\n明天见，{group}", "大家好\n\n\n明天见，夜读"),
        ("\n{name}\n", ""),
        ("", ""),
        ("没有变量", "没有变量"),
    ],
)
def test_a_line_whose_variables_are_all_empty_is_left_out(text, said):
    values = {"name": " ", "group": "夜读"}
    assert fillable(text, VARIABLES).worth_saying(values).fill(values) == said


@given(st.text(alphabet="a {}\n", max_size=30))
def test_where_nothing_is_empty_nothing_is_left_out(text):
    cut = fillable(text.replace("{", "{{").replace("}", "}}") + "{name}", VARIABLES)
    assert cut.worth_saying(VALUES) is cut


@given(st.lists(st.sampled_from(["", "a", "{name}", "{group}", "b {group}"]), max_size=8))
def test_what_is_left_is_the_lines_that_say_something(lines):
    values = {"name": "", "group": "夜读"}
    said = fillable("\n".join(lines), VARIABLES).worth_saying(values).fill(values)
    filled = [line.replace("{group}", "夜读") for line in lines if line != "{name}"]
    assert [line for line in said.split("\n") if line] == [line for line in filled if line]
