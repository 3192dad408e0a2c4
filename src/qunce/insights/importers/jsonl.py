"""Any messages as JSON lines: one object in each line, its fields known by name or chosen by a person."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qunce.insights.importer import Source
from qunce.insights.importers._logs import beginning
from qunce.insights.importers._tables import PLUS, Table, guessed, is_history

_load = json.JSONDecoder().decode
_SEEN = 20
_WIDTH = 3


class JsonLines(Table):
    """One object a line; a field within a field is named with a dot: ``author.name``."""

    title = "JSON Lines"

    def fits(self, lines: Sequence[str]) -> bool:
        """The first line is an object with the fields of a message, or several lines are objects alike."""
        objects = [_flat(line) for line in lines[:_SEEN]]
        first = objects[0] if objects else None
        if not first or len(first) < _WIDTH:
            return False
        return is_history(guessed(list(first))) or (len(objects) > 1 and all(objects))

    def head(self, source: Source, name: str) -> list[str]:
        """All fields of the first objects."""
        fields: dict[str, None] = {}
        for line in beginning(source, name):
            fields |= dict.fromkeys(_flat(line) or {})
        return list(fields)

    def rows(self, source: Source, name: str, columns: Sequence[str]) -> Iterator[tuple[int, Sequence[str] | None]]:
        """All objects."""
        fields = [column.split(PLUS) for column in columns]
        deep = any("." in field for each in fields for field in each)
        for number, line in enumerate(source.lines(name), 1):
            if line.strip():
                found = _flat(line) if deep else _object(line)
                yield number, None if found is None else [_said(found, each) for each in fields]


def _said(found: Mapping[str, Any], fields: Sequence[str]) -> str:
    """The value of a field as text, or of several with a space between."""
    if len(fields) == 1:
        return _text(found.get(fields[0]))
    return " ".join([_text(found.get(field)) for field in fields])


def _object(line: str) -> dict[str, Any] | None:
    """What a line holds; None for what is no object."""
    try:
        found = _load(line if line[:1] != "\ufeff" else line.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(line: str) -> dict[str, str] | None:
    """The values of an object as text, those of objects in it by both names; None for what is no object."""
    found = _object(line)
    if found is None:
        return None
    flat: dict[str, str] = {}
    for key, value in found.items():
        if isinstance(value, dict):
            flat |= {
                f"{key}.{inner}": _text(each) for inner, each in value.items() if not isinstance(each, dict | list)
            }
        elif not isinstance(value, list):
            flat[key] = _text(value)
    return flat


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)
