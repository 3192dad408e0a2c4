"""The playbooks that come with Qunce, as texts to begin from. Everybody who signs in may read them."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from qunce.kernel.errors import NotFound
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.policies.yaml import read
from qunce.playbooks.selectors.checks import vocabulary
from qunce.playbooks.types import Document, said


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One of them: its text with its comments, and what that says."""

    key: str
    text: str
    document: Document

    @property
    def missing(self) -> list[str]:
        """Parts of the product that it needs and that do not exist yet: until then it can only be written."""
        return missing_parts(self.document.needs)

    def title(self, language: str) -> str:
        """Its title for a reader."""
        return said(self.document.title, language)


@cache
def library() -> tuple[LibraryEntry, ...]:
    """All of them, those that can run first, each group by key."""
    folder = files("qunce.playbooks.policies") / "library"
    texts = {each.name.removesuffix(".yaml"): each for each in folder.iterdir() if each.name.endswith(".yaml")}
    found = [
        LibraryEntry(key, text, read(text, vocabulary()))
        for key, text in ((key, texts[key].read_text(encoding="utf-8")) for key in sorted(texts))
    ]
    return tuple(sorted(found, key=lambda entry: (bool(entry.missing), entry.key)))


def library_entry(key: str) -> LibraryEntry:
    """One by its key. NotFound where there is none."""
    for entry in library():
        if entry.key == key:
            return entry
    raise NotFound
