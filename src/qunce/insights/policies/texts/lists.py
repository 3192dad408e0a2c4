"""The lists of words and shapes, one file a language, as they are read once."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LANGUAGES = ("chinese", "english")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8"))


_READ = [_read(name) for name in LANGUAGES]
SHAPES = _read("shapes")
STOP = frozenset(word for language in _READ for word in language["stop"]["words"].split())
"""Words that tell nothing of what is talked about."""
NOBODY = frozenset(word for language in _READ for word in language["greets"]["nobody"])
"""What stands after a greeting and is no name."""


def words(table: str) -> Iterator[tuple[str, str]]:
    """Every word of a table of all languages, with the list it stands in."""
    for language in _READ:
        for name, listed in language[table].items():
            yield from ((word, name) for word in listed)
