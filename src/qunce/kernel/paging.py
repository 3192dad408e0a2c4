"""Pages of long lists by key: as quick on the last page as on the first, and steady while rows arrive."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from qunce.kernel.errors import Invalid

T = TypeVar("T")
M = TypeVar("M", bound=Model)
SIZE = 50


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """A few rows of a list, newest (or first) first. ``newer`` and ``older`` are cursors, empty at the ends.

    ``rising``: the list is sorted upwards, by a name for instance; "newer" is then what comes before.
    """

    items: Sequence[T]
    newer: str = ""
    older: str = ""
    rising: bool = False

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def by_key(
    rows: QuerySet[M], *, key: Sequence[str] = ("id",), cursor: str = "", size: int = SIZE, rising: bool = False
) -> Slice[M]:
    """Cut one page out of ``rows``, descending by ``key`` (fields that are unique together and never null).

    ``rising``: ascending instead. ``cursor`` comes from the `Slice` before; a broken one raises Invalid.
    """
    backwards, after = _read(rows, key, cursor) if cursor else (False, None)
    upwards = backwards is not rising
    if after:
        rows = rows.filter(_beyond(key, after, "gt" if upwards else "lt"))
    found = list(rows.order_by(*(name if upwards else f"-{name}" for name in key))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return Slice(
        found,
        newer=_write(">", found[0], key) if found and (more if backwards else bool(after)) else "",
        older=_write("<", found[-1], key) if found and (more or backwards) else "",
        rising=rising,
    )


def _beyond(key: Sequence[str], values: Sequence[object], comparison: str) -> Q:
    """The row comparison (a, b) < (x, y), spelled out: a < x, or a = x and b < y.

    With a <= x beside it, so that an index on the key is entered at that place.
    """
    wanted = Q()
    for position, name in enumerate(key):
        same = dict(zip(key[:position], values[:position], strict=True))
        wanted |= Q(**same, **{f"{name}__{comparison}": values[position]})
    return wanted & Q(**{f"{key[0]}__{comparison}e": values[0]})


def _write(direction: str, row: Model, key: Sequence[str]) -> str:
    text = json.dumps([direction, *(getattr(row, name) for name in key)], default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(rows: QuerySet[M], key: Sequence[str], cursor: str) -> tuple[bool, list[object]]:
    try:
        direction, *values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        fields = [rows.model._meta.get_field(name) for name in key]  # noqa: SLF001 (Django's documented way)
        parsed = [field.to_python(value) for field, value in zip(fields, values, strict=True)]  # type: ignore[union-attr]
    except (ValueError, TypeError, binascii.Error, ValidationError, FieldDoesNotExist) as error:
        raise Invalid(_("This page of the list does not exist."), fix=_("Start from its beginning.")) from error
    return direction == ">", parsed
