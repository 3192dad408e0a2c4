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
