"""The picture of words: everything inside, nothing on top of anything else, the same every time."""

import io
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from qunce.kernel import pictures
from qunce.kernel.errors import Invalid

WORDS = [
    "读书会",
    "群主",
    "签到",
    "打卡",
    "报名",
    "讲义",
    "周末",
    "爬山",
    "摄影",
    "镜头",
    "咖啡",
    "马拉松",
    "变分自编码器",
    "docker-compose",
    "kubernetes",
    "café",
    "図書館",
]
MANY = {
    f"{word}{n or ''}": 500 / (n * len(WORDS) + place + 1.5) for n in range(8) for place, word in enumerate(WORDS)
}


def boxes(words, width, height, seed=0):
    found = []
    for each in pictures._arranged(pictures._shown(words), width, height, ["#000000"], seed):
        mask = pictures._mask(each.word, each.size, turned=each.turned)
        found.append((each.left, each.top, each.left + mask.width, each.top + mask.height))
    return found


@given(st.dictionaries(st.sampled_from(sorted(MANY)), st.floats(0.1, 1e6), max_size=60), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_no_word_is_cut_off_or_covered(words, seed):
    room = np.zeros((400, 640), np.int32)
    for left, top, right, bottom in boxes(words, 640, 400, seed):
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 400
        room[top:bottom, left:right] += 1
    assert room.max() <= 1


def test_it_is_the_same_every_time_and_quick():
    pictures.word_cloud(MANY)  # loads the fonts
    began = time.process_time()
    drawn = pictures.word_cloud(MANY)
    assert time.process_time() - began < 1.5
    assert drawn == pictures.word_cloud(dict(reversed(MANY.items())))
    assert drawn != pictures.word_cloud(MANY, seed=1)
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.size == (1200, 675)
        assert image.format == "PNG"


def test_almost_all_words_find_room():
    assert len(boxes(MANY, 1200, 675)) >= 0.9 * len(MANY)


def test_emoji_and_unknown_signs_are_left_out_of_words():
    shown = [
        word for word, _weight in pictures._shown({"🎉派对": 3, "👍": 9, "好\ufe0f书": 2, "𓀀": 5, "": 4, "坏": 0})
    ]
    assert shown == ["派对", "好书"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_ink_is_read_on_its_ground(dark):
    def light(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    ground, inks = pictures._DARK if dark else pictures._LIGHT
    for ink in inks:
        low, high = sorted([light(ground), light(ink)])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_nothing_is_an_empty_picture():
    with Image.open(io.BytesIO(pictures.word_cloud({}, width=200, height=100))) as image:
        assert len(image.getcolors()) == 1


def test_missing_fonts_are_named(monkeypatch):
    monkeypatch.setattr(pictures, "_FONTS", {True: "nowhere.ttf"})
    for each in (pictures._file, pictures._font, pictures._has):
        each.cache_clear()
    try:
        with pytest.raises(Invalid, match="fonts"):
            pictures.word_cloud({"书": 1})
    finally:
        for each in (pictures._file, pictures._font, pictures._has):
            each.cache_clear()
