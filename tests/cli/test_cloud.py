"""``qunce cloud``: a picture from any table or text, without a database."""

import pytest
from click.testing import CliRunner

from qunce.cli.main import main

TALK = ["今晚读书会 第三章", "读书会 报名", "晨跑 配速", "读书会 讲义", "晨跑 拉伸", "晨跑 集合"]


def run(*arguments):
    return CliRunner().invoke(main, ["cloud", *map(str, arguments)])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table(tmp_path, encoding):
    table = tmp_path / "chat.csv"
    table.write_bytes(
        "\n".join(["时间,内容", *(f'12:0{n},"{text}"' for n, text in enumerate(TALK))]).encode(encoding)
    )
    out = tmp_path / "words.png"
    said = run(table, "--out", out, "--size", "400x300")
    assert said.exit_code == 0, said.output
    assert "2 words of 6 texts" in said.output
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_text_file_and_words_to_keep_whole(tmp_path):
    text, words, out = tmp_path / "chat.txt", tmp_path / "own.txt", tmp_path / "o.png"
    text.write_text("\n".join(TALK * 2))
    words.write_text("今晚读书会\n")
    said = run(text, "--out", out, "--words", words, "--dark")
    assert said.exit_code == 0, said.output


@pytest.mark.parametrize(
    ("content", "arguments", "told"),
    [
        ("a,b\n1,2\n", [], "--column"),
        ("a,b\n1,2\n", ["--column", "c"], "Columns: a, b"),
        ("text\n的了\n", [], "no words"),
        ("", [], "--column"),
        ("text\n书\n", ["--size", "9x9"], "1200x675"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_line(tmp_path, content, arguments, told):
    table = tmp_path / "chat.csv"
    table.write_text(content)
    said = run(table, "--out", tmp_path / "o.png", *arguments)
    assert said.exit_code != 0
    assert told in said.output
    assert "Traceback" not in said.output
