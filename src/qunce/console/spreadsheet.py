"""Lists as files for spreadsheets: streamed, with the mark by which Excel knows UTF-8, harmless to open."""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse

Rows = Sequence[Sequence[object]]


def harmless(cell: object) -> str:
    """Spreadsheets run cells that begin like a formula; what people call themselves is a stranger's text."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r")) else text


def spreadsheet(name: str, head: Sequence[object], portions: Iterable[Rows]) -> StreamingHttpResponse:
    """A file of this name; each portion of rows is read when the one before has left."""
    answer = StreamingHttpResponse(_lines(head, iter(portions)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


async def _lines(head: Sequence[object], portions: Iterator[Rows]) -> AsyncIterator[str]:
    yield "\ufeff" + _written([head])
    while (rows := await sync_to_async(_next)(portions)) is not None:
        yield _written(rows)


def _next(portions: Iterator[Rows]) -> Rows | None:
    try:
        return next(portions, None)
    finally:
        if not connection.in_atomic_block:
            connection.close()  # between two portions a slow reader holds nothing


def _written(rows: Rows) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
