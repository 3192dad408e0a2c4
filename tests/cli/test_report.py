"""`qunce report`: from an exported file to a report, with nothing but the command."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

LINES = ("大家早上好", "报名表在哪里？", "张三: 在公告里", "谢谢分享", "明天见", "有人试过新的镜头吗？")
PEOPLE = ("张三", "李四", "王小雨", "Alice")


def history(path):
    """A WhatsApp export of forty days."""
    said = []
    for day in range(1, 29):
        for number, person in enumerate(PEOPLE[: 2 + day % 3]):
            said.append(f"{day:02d}/03/2024, 2{number}:1{number} - {person}: {LINES[(day + number) % len(LINES)]}")
    path.write_text("\n".join(said) + "\n", encoding="utf-8")
    return len(said)


def run(*arguments, cwd):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QUNCE_", "DATABASE_"))}
    return subprocess.run(
        [sys.executable, "-m", "qunce", "report", *map(str, arguments)],
        env=kept,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_a_file_becomes_a_page_and_its_figures(tmp_path):
    written = history(tmp_path / "读书会.txt")
    done = run("读书会.txt", "--lang", "zh", "--metrics", "m.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "读书会-report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "王小雨" in page
    figures = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert figures["messages"] == written
    assert figures["distinct_senders"] == 4
    assert sorted(each.name for each in tmp_path.iterdir()) == ["m.json", "读书会-report.html", "读书会.txt"]


def workspace(path):
    """A Slack export: a channel in which people talk, and one into which somebody has come."""
    begin = 1_709_280_000
    people = [{"id": f"U{number}", "name": name, "profile": {}} for number, name in enumerate(PEOPLE)]
    said = [
        {"type": "message", "user": f"U{n % 4}", "text": LINES[n % len(LINES)], "ts": f"{begin + n * 20_000}.000100"}
        for n in range(120)
    ]
    came = [{"type": "message", "subtype": "channel_join", "user": "U1", "text": "", "ts": f"{begin}.000200"}]
    held = {
        "channels.json": [{"id": "C1", "name": "general"}, {"id": "C2", "name": "quiet"}],
        "users.json": people,
        "general/2024-03-01.json": said,
        "quiet/2024-03-01.json": came,
    }
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in held.items():
            packed.writestr(name, json.dumps(content))


def test_a_zip_becomes_a_pdf(tmp_path):
    workspace(tmp_path / "chat.zip")
    done = run("chat.zip", "--lang", "en", "--out", "out.pdf", "--metrics", "m.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    figures = json.loads((tmp_path / "m.json").read_text(encoding="utf-8"))
    assert (figures["messages"], figures["joins"]) == (120, 1)  # also where nobody has said anything


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nothing.json", None),
        ("empty.txt", b""),
        ("noise.bin", bytes(range(256)) * 40),
        ("cut.zip", b"PK\x03\x04cut"),
    ],
)
def test_what_cannot_be_read_gives_one_clear_line(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run(name, cwd=tmp_path)
    assert done.returncode == 1
    told = [line for line in done.stderr.splitlines() if line and not line.startswith("Starting")]
    assert len(told) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.html"))
