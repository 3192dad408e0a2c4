"""``qunce cloud``: the picture of the words of any texts, without a database."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from django.utils.translation import gettext as _

from qunce.cli.language import with_language
from qunce.cli.main import set_up_django

_COLUMNS = (
    "text",
    "content",
    "message",
    "body",
    "msg",
    "strcontent",
    "内容",
    "消息",
    "消息内容",
    "文本",
    "正文",
    "评论",
)
_TABLES = {".csv": ",", ".tsv": "\t"}


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", help="Which column of a table holds the texts. [default: one called text, content, 内容 …]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("cloud.png"), show_default=True)
@click.option(
    "--words", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file of words to keep whole."
)
@click.option("--top", default=120, show_default=True, type=click.IntRange(1, 150), help="How many words.")
@click.option("--size", default="1200x675", show_default=True, help="Width and height in pixels.")
@click.option("--dark", is_flag=True, help="Light words on a dark ground.")
@with_language
def cloud(*, path: Path, column: str | None, out: Path, words: Path | None, top: int, size: str, dark: bool) -> None:
    """Draw the words of a CSV table or a text file (one text a line) as a picture."""
    set_up_django()
    from qunce.insights.policies import texts
    from qunce.kernel import pictures
    from qunce.kernel.errors import QunceError

    width, height = _size(size)
    own = _read(words).split("\n") if words else []
    said = texts.merged([texts.words(text, own) for text in _texts(path, column)])
    times = texts.counted(said)
    shown = {each.word: float(each.times) for each in texts.keywords(said, top=top)} or dict(times.most_common(top))
    if not shown:
        raise click.ClickException(_("%(name)s holds no words that could be drawn.") % {"name": path.name})
    try:
        out.write_bytes(pictures.word_cloud(shown, width=width, height=height, dark=dark))
    except QunceError as error:
        raise click.ClickException(str(error)) from error
    told = {"file": out, "words": len(shown), "texts": len(said)}
    click.echo(_("%(file)s: %(words)d words of %(texts)d texts.") % told)


def _size(given: str) -> tuple[int, int]:
    width, _by, height = given.partition("x")
    if not (width.isdigit() and height.isdigit() and 100 <= int(width) <= 8000 and 100 <= int(height) <= 8000):  # noqa: PLR2004 (what a picture may measure)
        raise click.BadParameter(_("write it like 1200x675, each from 100 to 8000."), param_hint="--size")
    return int(width), int(height)


def _read(path: Path) -> str:
    """A text in UTF-8, UTF-16 or GB 18030."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", errors="replace")


def _texts(path: Path, column: str | None) -> Iterator[str]:
    """The texts of a file, in order."""
    written = _read(path)
    delimiter = _TABLES.get(path.suffix.lower())
    if delimiter is None:
        yield from written.splitlines()
        return
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(written.splitlines(keepends=True), delimiter=delimiter)
    headings = [heading.strip() for heading in next(rows, [])]
    place = _place(headings, column)
    yield from (row[place] for row in rows if place < len(row))


def _place(headings: list[str], column: str | None) -> int:
    """Where the column of texts stands."""
    folded = [heading.casefold() for heading in headings]
    wanted = [column.casefold()] if column else _COLUMNS
    for name in wanted:
        if name in folded:
            return folded.index(name)
    if len(headings) == 1 and not column:
        return 0
    told = {"column": column, "names": ", ".join(headings) or "–"}
    raise click.ClickException(
        _("There is no column %(column)s: say which by --column. Columns: %(names)s.") % told
        if column
        else _("No column of texts is there: say which by --column. Columns: %(names)s.") % told
    )
