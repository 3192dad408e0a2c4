"""The form of an item: what its kind says, and what every item has."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from qunce.community import selectors as community
from qunce.console.content.words import OPENNESS
from qunce.console.filters import number
from qunce.console.uploads import Files, carried, kept
from qunce.content import actions, selectors
from qunce.content.selectors import Item
from qunce.content.types import (
    ASKED,
    LARGEST_FILE,
    LONGEST_TITLE,
    MOST_FILES,
    READ,
    Attached,
    ItemDocument,
    ItemKind,
    Openness,
)
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.validation import sentences

RIGHT = "*"
"""Stands before a right answer."""


def fields_of(kind: ItemKind) -> tuple[str, ...]:
    """What is filled in for a kind, beside what every item has."""
    if kind in READ:
        return ("summary", "body", "uploads", "url")
    if kind in ASKED:
        return ("summary", "question", "options", *(("explained",) if kind is ItemKind.QUIZ else ()))
    return ("summary", "url") if kind is ItemKind.LINK else ("summary", "uploads")


class ItemForm(forms.Form):
    """What an operator enters of an item. Files that it keeps are a list beside the fields."""

    use_required_attribute = False

    title = forms.CharField(label=gettext_lazy("Title"), max_length=LONGEST_TITLE)
    summary = forms.CharField(
        label=gettext_lazy("Summary"),
        required=False,
        max_length=600,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("A sentence or two; groups see it with the title."),
    )
    body = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        widget=forms.Textarea({"rows": 18, "class": "code"}),
        help_text=gettext_lazy(
            "Markdown: # heading, **bold**, - list, [words](https://…), ![words](name.png) for a picture added here."
        ),
    )
    url = forms.CharField(label=gettext_lazy("Address"), required=False, max_length=2000)
    uploads = forms.Field(label=gettext_lazy("Add files"), required=False, widget=Files({"multiple": True}))
    question = forms.CharField(label=gettext_lazy("Question"), required=False, max_length=300)
    options = forms.CharField(
        label=gettext_lazy("Answers to choose from"), required=False, widget=forms.Textarea({"rows": 5})
    )
    explained = forms.CharField(
        label=gettext_lazy("Why it is right"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=800, help_text=gettext_lazy("Set apart by commas.")
    )
    openness = forms.ChoiceField(
        label=gettext_lazy("Who may read it once it is published"),
        choices=list(OPENNESS.items()),
        widget=forms.RadioSelect,
        initial=Openness.MEMBERS,
    )
    community = forms.ChoiceField(label=gettext_lazy("Belongs to"), required=False)
    source = forms.CharField(label=gettext_lazy("Source"), required=False, max_length=200)
    author = forms.CharField(label=gettext_lazy("Author"), required=False, max_length=200)
    licence = forms.CharField(
        label=gettext_lazy("Licence"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("What others may do with it. Shown wherever it goes."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=(("", "–"), ("zh", "中文"), ("en", "English"))
    )
    key = forms.CharField(
        label=gettext_lazy("Name in addresses and playbooks"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Letters, digits, - and _; made from the title where it is left empty."),
    )
    edition = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        actor: Actor,
        kind: ItemKind,
        data: Any = None,
        files: Any = None,
        *,
        row: Item | None = None,
        **given: Any,
    ) -> None:
        super().__init__(data, files, **given)
        self.actor, self.kind, self.row = actor, kind, row
        self._taken: tuple[Attached, ...] | None = None
        every = {"summary", "body", "uploads", "url", "question", "options", "explained"}
        for name in every - set(fields_of(kind)):
            del self.fields[name]
        if row is not None:
            del self.fields["community"]
        else:
            self.fields["community"].choices = places(actor)  # type: ignore[attr-defined]
        self._say_more()

    def _say_more(self) -> None:
        if "uploads" in self.fields:
            self.fields["uploads"].help_text = _("At most %(most)d files of %(size)d MB.") % {
                "most": MOST_FILES,
                "size": LARGEST_FILE >> 20,
            }
        if "options" in self.fields:
            self.fields["options"].help_text = (
                _("One on each line; write * before the right one.")
                if self.kind is ItemKind.QUIZ
                else _("One on each line.")
            )
        if self.kind in READ:
            self.fields["url"].label = _("First published at")

    def special(self) -> list[forms.BoundField]:
        """The fields of this kind, the title first."""
        return [self[name] for name in ("title", *fields_of(self.kind))]

    def further(self) -> list[forms.BoundField]:
        """What every item may say besides."""
        names = ("author", "source", "licence", "language", "key")
        return [self[name] for name in names]

    @property
    def attached(self) -> list[tuple[str, Attached]]:
        """The files that the item keeps, each as the form carries it; what was just sent is among them."""
        if self._taken is not None:
            return [(kept(file), file) for file in self._taken]
        try:
            return list(zip(tokens := self._kept(), carried(tokens), strict=True))
        except Invalid:
            return []

    def _kept(self) -> list[str]:
        given: list[str] = self.data.getlist("kept") if self.is_bound else self.initial.get("kept", [])  # type: ignore[attr-defined]
        return given

    def take(self, uploads: Sequence[Any]) -> None:
        """Store what was sent, so that a form with an error elsewhere keeps it; raises Invalid."""
        self._taken = carried(self._kept())
        for upload in uploads:
            taken = actions.take_file(actor=self.actor, name=upload.name or "", content=upload.chunks())
            if all(file.sha256 != taken.sha256 for file in self._taken):
                self._taken = (*self._taken, taken)
        if len(self._taken) > MOST_FILES:
            raise Invalid(
                _("These are too many files."), fix=_("At most %(most)d.") % {"most": MOST_FILES}, field="uploads"
            )

    def document(self) -> ItemDocument:
        """What was entered, once it is valid. Raises Invalid with the field at fault."""
        given = self.cleaned_data
        lines = [line.strip() for line in given.get("options", "").splitlines() if line.strip()]
        words = ("title", "summary", "url", "question", "explained", "source", "author", "licence", "language")
        try:
            return ItemDocument(
                kind=self.kind,
                body=given.get("body", "").replace("\r\n", "\n"),
                files=tuple(file for _token, file in self.attached),
                options=tuple(line.removeprefix(RIGHT).strip() for line in lines),
                right=tuple(place for place, line in enumerate(lines) if line.startswith(RIGHT))
                if self.kind is ItemKind.QUIZ
                else (),
                tags=tags_in(given["tags"]),
                **{name: given.get(name, "").strip() for name in words},
            )
        except ValidationError as error:
            name, sentence = next(iter(sentences(error).items()))
            raise Invalid(sentence, field=name.split(".")[0]) from error

    def key_for(self, community_id: int | None) -> str:
        """The key that was entered, or one made from the title."""
        given: str = self.cleaned_data["key"].strip()
        return given or selectors.free_key(self.cleaned_data["title"], community_id)

    def community_id(self) -> int | None:
        """Whose it becomes; None: everybody's."""
        return number(self.cleaned_data.get("community", ""))

    def catch_up(self, row: Item) -> bool:
        """Whether somebody changed the item after the form was opened; saving again then replaces that."""
        if not self.is_bound or str(self.data.get("edition", "")) == str(row.edition):
            return False
        typed: Any = self.data.copy()  # type: ignore[attr-defined]
        typed["edition"] = row.edition
        self.data = typed
        return True


def tags_in(written: str) -> tuple[str, ...]:
    """Tags as one writes them, without doubles."""
    parts = written.replace("，", ",").replace("、", ",").split(",")
    return tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in parts))))


def places(actor: Actor) -> list[tuple[str, str]]:
    """Communities for which one may write items, and all of them together."""
    found = community.visible_communities(actor, Permission.OPERATE).values_list("pk", "name")
    own = [(str(key), name) for key, name in found]
    return [*own, ("", _("Every community"))] if actor.may(Permission.OPERATE) else own


def filled(row: Item) -> dict[str, Any]:
    """An item as the form has it."""
    document = selectors.document_of(row)
    lines = [f"{RIGHT if place in document.right else ''}{each}" for place, each in enumerate(document.options)]
    return {
        **document.model_dump(exclude={"kind", "files", "options", "right", "tags"}),
        "options": "\n".join(lines),
        "tags": "，".join(document.tags),
        "kept": [kept(file) for file in document.files],
        "openness": row.openness,
        "key": row.key,
        "edition": row.edition,
    }
