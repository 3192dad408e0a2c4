"""Which groups something goes to: the part of a form that broadcasts and playbooks share."""

from collections.abc import Iterable

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from qunce.chat import selectors
from qunce.chat.types import Selection
from qunce.community import selectors as community
from qunce.kernel.actor import Actor, Permission

EVERYWHERE, FILTER, PICKED = "everywhere", "filter", "picked"


class Whom(forms.Form):
    """Every group, those that fit a filter, or some one by one; drawn by ``console/chat/whom.html``."""

    whom = forms.ChoiceField(
        label=gettext_lazy("To whom"),
        widget=forms.RadioSelect,
        choices=[
            (EVERYWHERE, gettext_lazy("Every group that I operate")),
            (FILTER, gettext_lazy("Groups by community, tag or name")),
            (PICKED, gettext_lazy("Groups one by one")),
        ],
    )
    communities = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Communities"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    tags = forms.MultipleChoiceField(label=gettext_lazy("Tags"), widget=forms.CheckboxSelectMultiple, required=False)
    search = forms.CharField(label=gettext_lazy("Name contains"), required=False, max_length=80)

    def __init__(self, actor: Actor, data: QueryDict | None = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(data, initial=initial)
        self.actor = actor
        places = community.visible_communities(actor, Permission.OPERATE)
        self.offer("communities", list(places.values_list("pk", "name")))
        self.offer("tags", [(tag, tag) for tag in community.tags(actor)])
        given = data.getlist("group_ids") if data is not None else (initial or {}).get("group_ids", [])
        self.group_ids = tuple(int(key) for key in given if str(key).isdecimal())  # type: ignore[attr-defined]

    def offer(self, field: str, choices: Iterable[tuple[object, object]]) -> None:
        """Let a field be chosen from these."""
        self.fields[field].choices = list(choices)  # type: ignore[attr-defined]

    def selection(self) -> Selection:
        """The groups that were chosen, as far as what was entered makes sense."""
        chosen = self.cleaned_data
        match chosen.get("whom"):
            case "everywhere":
                return Selection(everywhere=True)
            case "picked":
                return Selection(group_ids=self.group_ids)
            case _:
                return Selection(
                    community_ids=tuple(chosen.get("communities", ())),
                    tags=tuple(chosen.get("tags", ())),
                    text=chosen.get("search", ""),
                )

    def picked(self) -> Iterable[tuple[int, str]]:
        """The groups that were chosen one by one, with their names."""
        found = selectors.selectable(self.actor, Selection(group_ids=self.group_ids))
        return found.values_list("pk", "name") if self.group_ids else ()
