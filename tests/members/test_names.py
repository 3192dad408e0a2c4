"""What a name is found by, in any script, and in which order names stand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qunce.members import policies


def found(text, *names, ids=()):
    """Whether the search finds who has these names: every group has a form that some key begins with."""
    keys = policies.search_keys(names, ids)
    groups = [
        re.findall(r"'((?:[^'\\\\]|''|\\\\.)*)':\\*", part) for part in policies.search_query(text).split(" & ")
    ]
    return all(any(key.startswith(form) for form in forms for key in keys) for forms in groups)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "张三",
            "张",
            "三",
            "zhangsan",
            "zhang san",
            "ZhangSan",
            "zhang1san1",
            "zhāng sān",
            "Zhāng",
            "san",
            "zs",
            "ZS",
        ),
        *("z", "zhangs", "张san", "ｚｈａｎｇ"),
    ],
)
def test_a_chinese_name_as_people_type_it(text):
    assert found(text, "张三")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("zeng guofan", "曾国藩"), ("ceng", "曾国藩"), ("zgf", "曾国藩"), ("cgf", "曾国藩")),
        *(("chongqing", "重庆森林"), ("zhongqing", "重庆森林"), ("cq", "重庆森林"), ("森林", "重庆森林")),
        *(("lvbu", "吕布"), ("lubu", "吕布"), ("lǚ bù", "吕布"), ("lü", "吕布")),
        *(("xi'an", "西安人"), ("小米mike", "小米Mike"), ("mike", "小米Mike"), ("xm", "小米Mike")),
        *(("ALICE", "Alice Müller"), ("muller", "Alice Müller"), ("müll", "Alice Müller"), ("am", "Alice Müller")),
        *(("иванова", "Зоя Иванова"), ("철수", "김철수"), ("さくら", "山田さくら"), ("🌙", "🌙🌙"), ("陈晨", "陈晨")),
    ],
)
def test_other_names(text, name):
    assert found(text, name)


@pytest.mark.parametrize(("text", "name"), [("an", "张三"), ("lice", "Alice"), ("四", "张三"), ("san zhu", "张三")])
def test_what_does_not_begin_like_it_is_not_found(text, name):
    assert not found(text, name)


def test_ids_are_found_with_and_without_their_sign():
    assert found("@wang:server", "王", ids=["@wang:server.org"])
    assert found("wang:server", "王", ids=["@wang:server.org"])
    assert found("12345", "王", ids=["123456789"])


def test_names_stand_in_the_order_of_their_sound():
    names = ["张三", "Bob", "李四", "alice", "王五", "曾国藩", "3号", "🌙", "欧阳", "Carl"]
    assert sorted(names, key=policies.sort_key) == [
        *("3号", "alice", "Bob", "Carl", "李四", "欧阳", "王五", "曾国藩", "张三", "🌙"),
    ]


def test_sound_of_a_name():
    assert policies.sound_of(policies.sort_key("张三"), "张三") == policies.sound_of(
        policies.sort_key("章叁"), "章叁"
    )


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_can_be_a_name_and_a_search(name, text):
    keys = policies.search_keys([name], [name])
    assert all(key and "\n" not in key and len(key) <= policies.LONGEST_KEY for key in keys)
    assert len(keys) < 500
    assert len(policies.sort_key(name).encode("utf-8", "replace")) < 2600
    policies.search_query(text)
