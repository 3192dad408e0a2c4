"""How a playbook begins: the kind of start, and its fields."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import ValidationError

from qunce.console.playbooks import words
from qunce.console.playbooks.configs import ConfigForm
from qunce.console.playbooks.forms import around_step
from qunce.playbooks.policies.parts import missing_parts
from qunce.playbooks.trigger import triggers
from qunce.playbooks.types import Document, TriggerSpec


def offered(document: Document) -> list[tuple[str, str]]:
    """Kinds of starts for whom the playbook follows; what needs a missing part is offered nowhere."""
    found = [
        (key, _(kind.title))
        for key, kind in triggers.items()
        if (document.audience in kind.audiences and not missing_parts(kind.needs)) or key == document.start.on
    ]
    return sorted(found, key=lambda each: (each[0] != "manual", each[1]))


class StartForm(ConfigForm):
    """The kind of start; another one brings other fields."""

    on = forms.ChoiceField(label=gettext_lazy("It begins"))

    def __init__(self, document: Document, chosen: str, data: Any = None) -> None:
        choices = offered(document)
        if chosen not in dict(choices):
            chosen = document.start.on if document.start.on in dict(choices) else choices[0][0] if choices else ""
        super().__init__(data, initial={"on": chosen})
        self.fields["on"].choices = choices  # type: ignore[attr-defined]
        self.chosen = chosen
        kind = triggers.get(chosen)
        if kind is not None:
            stored = document.start.with_ if chosen == document.start.on else {}
            self.add_config(kind.Config, stored, around_step(document))

    def spec(self) -> TriggerSpec:
        """The start as it was entered."""
        return TriggerSpec(on=self.chosen, with_=self.entered() if self.chosen in triggers else {})


def start_said(document: Document) -> tuple[str, str]:
    """When it begins, in a sentence, and the icon of its kind."""
    kind = triggers.get(document.start.on)
    if kind is None:
        return document.start.on, "puzzle-off"
    try:
        config = kind.Config.model_validate(document.start.with_)
    except ValidationError:
        return _(kind.title), kind.icon
    return kind().sentence(config, words.language()), kind.icon
