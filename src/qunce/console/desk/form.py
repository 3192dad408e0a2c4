"""The form of a rule."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.community import selectors as communities
from qunce.console.content.library import OFFERED, choices
from qunce.console.desk.rules import groups_to_choose
from qunce.console.desk.words import KINDS
from qunce.console.forms import TimeInput, WeekdaysField
from qunce.console.uploads import Files, carried, kept
from qunce.content import actions as content
from qunce.content.types import LARGEST_FILE, Attached
from qunce.desk import selectors
from qunce.desk.selectors import RuleView, draft_of
from qunce.desk.types import LONGEST_ANSWER, MOST_FILES, WEEK, Hours, Match, RuleDraft
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid

COOLDOWNS: tuple[tuple[int, str | Promise], ...] = (
    (0, gettext_lazy("None: it answers every time")),
    (60, gettext_lazy("A minute")),
    (300, gettext_lazy("Five minutes")),
    (1800, gettext_lazy("Half an hour")),
    (3600, gettext_lazy("An hour")),
    (86400, gettext_lazy("A day")),
)
REACHES = (
    ("everywhere", gettext_lazy("In all groups")),
    ("community", gettext_lazy("In the groups of one community")),
    ("tag", gettext_lazy("In the groups with a tag")),
    ("group", gettext_lazy("In one group")),
)


class RuleForm(forms.Form):
    """What an operator enters of a rule. Further answers and files are lists beside the fields."""

    use_required_attribute = False  # of the places one at most is to be seen

    keywords = forms.CharField(
        label=gettext_lazy("Keywords"),
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy(
            "One on each line. Capitals, full width and spaces between Chinese characters do not count."
        ),
    )
    match = forms.ChoiceField(
        label=gettext_lazy("It answers when"),
        choices=tuple(KINDS.items()),
        widget=forms.RadioSelect,
        initial=Match.CONTAINS,
        help_text=gettext_lazy(
            "English words are found as words: “ad” is not found in “bad”. A pattern is a regular expression, for"
            " example: (how|where) .{0,10}sign up"
        ),
    )
    answer = forms.CharField(
        label=gettext_lazy("Answer"),
        error_messages={"required": gettext_lazy("Enter what is said back, add a file, or choose an item.")},
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea({"rows": 5}),
        strip=True,
    )
    uploads = forms.Field(
        label=gettext_lazy("Add files"), required=False, widget=Files({"multiple": True, "data-picked": "picked"})
    )
    item = forms.IntegerField(
        label=gettext_lazy("From the library"),
        required=False,
        widget=forms.Select,
        help_text=gettext_lazy(
            "It goes along as each platform can have it, and is counted. When it is taken down, the rule answers with"
            " its text alone."
        ),
    )
    picked = forms.CharField(required=False, widget=forms.HiddenInput({"id": "picked"}))
    reach = forms.ChoiceField(
        label=gettext_lazy("Where it counts"),
        choices=REACHES,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "Where several rules are met, the one nearer to the group answers: its own, then a tag's, the"
            " community's, and the one for all groups."
        ),
    )
    community = forms.IntegerField(
        label=gettext_lazy("Community"),
        widget=forms.Select,
        error_messages={"required": gettext_lazy("Choose a community.")},
    )
    tag = forms.CharField(
        label=gettext_lazy("Tag"),
        max_length=40,
        widget=forms.TextInput({"list": "tags", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter a tag.")},
    )
    tag_community = forms.IntegerField(label=gettext_lazy("Of which groups"), required=False, widget=forms.Select)
    group = forms.IntegerField(
        label=gettext_lazy("Group"), widget=forms.Select, error_messages={"required": gettext_lazy("Choose a group.")}
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When it answers"),
        choices=(("always", gettext_lazy("Always")), ("hours", gettext_lazy("At certain hours"))),
        widget=forms.RadioSelect,
        initial="always",
    )
    days = WeekdaysField(
        label=gettext_lazy("Days"),
        error_messages={"required": gettext_lazy("Choose at least one day, or let it answer always.")},
    )
    opens = forms.TimeField(label=gettext_lazy("From"), widget=TimeInput())
    closes = forms.TimeField(
        label=gettext_lazy("Until"),
        widget=TimeInput(),
        help_text=gettext_lazy("By the clock of the community. An end before the beginning is on the next day."),
    )
    away = forms.CharField(
        label=gettext_lazy("Answer outside these hours"),
        required=False,
        max_length=LONGEST_ANSWER,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Left empty, the rule then does not count, and another one may answer."),
    )
    cooldown = forms.IntegerField(
        label=gettext_lazy("Silence after an answer"),
        widget=forms.Select,
        help_text=gettext_lazy("For how long the rule then says nothing in the same group."),
    )
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, to_change: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._actor = actor
        self._taken: tuple[Attached, ...] | None = None
        needed = Permission.OPERATE if to_change else Permission.VIEW
        places = [(each.pk, each.name) for each in communities.visible_communities(actor, needed)]
        chosen = self["group"].value()
        offered = groups_to_choose(actor, needed, "", int(chosen) if str(chosen or "").isdecimal() else None)
        self.fields["community"].widget.choices = places
        everywhere = [("", _("Of all communities"))] if actor.may(needed) else []
        self.fields["tag_community"].widget.choices = [*everywhere, *places]
        self.fields["group"].widget.choices = [(each.pk, each.name or each.external_id) for each in offered["groups"]]
        self.more_groups = offered["more_groups"]
        self._offer_items()
        self.fields["cooldown"].widget.choices = self._cooldowns()
        self.fields["uploads"].help_text = _("At most %(most)d files of %(size)d MB.") % {
            "most": MOST_FILES,
            "size": LARGEST_FILE >> 20,
        }
        self.tags = communities.tags(actor)
        if not actor.may(needed):
            self.fields["reach"].widget.choices = REACHES[1:]
        self.fields["seen"].required = "seen" in self.initial

    def _offer_items(self) -> None:
        """The latest items of the library, the chosen one first."""
        chosen = self["item"].value()
        row = selectors.item_of(self._actor, int(chosen)) if str(chosen or "").isdecimal() else None
        found = list(selectors.items_for(self._actor, "")[: OFFERED + 1])
        self.more_items = len(found) > OFFERED
        rows = {each.pk: each for each in [*([row] if row else []), *found[:OFFERED]]}
        named = [
            (each.pk, " · ".join(map(str, filter(None, (each.title, kind, why)))))
            for each, kind, why in choices(rows.values())
        ]
        self.fields["item"].widget.choices = [("", _("None")), *named]

    def _cooldowns(self) -> list[tuple[int, str | Promise]]:
        """The usual ones, and the one that the rule has."""
        has = self.initial.get("cooldown", 0)
        usual = list(COOLDOWNS)
        if has not in dict(usual):
            usual.append((has, _("%(seconds)d seconds") % {"seconds": has}))
        return sorted(usual, key=lambda each: each[0])

    @property
    def variants(self) -> list[str]:
        """Further answers as they were typed, or as the rule has them."""
        return self._list("variants")

    @property
    def attached(self) -> list[tuple[str, Attached]]:
        """The files that the rule keeps, each as the form carries it; what was just sent is among them."""
        if self._taken is not None:
            return [(kept(file), file) for file in self._taken]
        try:
            return list(zip(tokens := self._list("kept"), carried(tokens), strict=True))
        except Invalid:
            return []

    def _list(self, name: str) -> list[str]:
        given: list[str] = self.data.getlist(name) if self.is_bound else self.initial.get(name, [])  # type: ignore[attr-defined]
        return [each for each in given if each.strip()]

    def take(self, uploads: Sequence[Any]) -> tuple[Attached, ...]:
        """Store what was sent, so that a form with an error elsewhere keeps it; raises Invalid."""
        self._taken = carried(self._list("kept"))
        for upload in uploads:
            taken = content.take_file(actor=self._actor, name=upload.name or "", content=upload.chunks())
            self._taken = (*self._taken, taken)
        return self._taken

    def draft(self, files: tuple[Attached, ...]) -> RuleDraft:
        """What was typed, once it is valid, with these files."""
        given = self.cleaned_data
        reach = given["reach"]
        place = {"community": given.get("community"), "tag": given.get("tag_community")}.get(reach)
        return RuleDraft(
            keywords=tuple(given["keywords"].splitlines()),
            answer=given["answer"],
            match=Match(given["match"]),
            cooldown_seconds=given["cooldown"],
            community_id=place,
            group_id=given["group"] if reach == "group" else None,
            tag=given["tag"] if reach == "tag" else "",
            variants=tuple(self.variants),
            files=files,
            hours=hours_in(given),
            away=given["away"],
            item_id=given["item"],
        )

    def catch_up(self, view: RuleView) -> bool:
        """Whether somebody changed the rule after the form was opened; saving again then replaces that."""
        typed: Any = self.data.copy()  # type: ignore[attr-defined]
        stands = view.rule.changed_at.isoformat()
        changed: bool = typed["seen"] != stands
        typed["seen"] = stands
        self.data = typed
        return changed

    def clean(self) -> dict[str, Any]:
        """Only the place that the reach asks for must be chosen; a missing one never means everywhere.

        Without an answer there is another one, a file or an item. Days and times are wanted where it does not answer
        always.
        """
        if self.cleaned_data.get("when") != "hours":
            for name in ("when", "days", "opens", "closes"):
                self.errors.pop(name, None)
        if self.variants or self._list("kept") or self.files.getlist("uploads") or self.cleaned_data.get("item"):
            self.errors.pop("answer", None)
            self.cleaned_data.setdefault("answer", "")
        for reach in {"community", "tag", "group"} - {self.cleaned_data.get("reach")}:
            self.errors.pop(reach, None)
        return self.cleaned_data


def hours_in(given: Mapping[str, Any]) -> Hours | None:
    """The hours among a form's values; none where it answers always."""
    if given.get("when") != "hours":
        return None
    return Hours(tuple(given["days"]), given["opens"] or time(), given["closes"] or time())


def filled(view: RuleView) -> dict[str, Any]:
    """A rule as the form has it."""
    rule, draft = view.rule, draft_of(view.rule)
    hours = draft.hours or Hours(WEEK, time(9), time(18))
    reach = "group" if rule.group_id else "tag" if rule.tag else "community" if rule.community_id else "everywhere"
    return {
        "keywords": "\n".join(rule.keywords),
        "match": rule.match,
        "answer": rule.answer,
        "variants": list(draft.variants),
        "kept": [kept(file) for file in draft.files],
        "reach": reach,
        "community": rule.community_id,
        "tag": rule.tag,
        "tag_community": rule.community_id,
        "group": rule.group_id,
        "when": "hours" if draft.hours else "always",
        "days": list(hours.days),
        "opens": hours.opens,
        "closes": hours.closes,
        "away": draft.away,
        "item": draft.item_id,
        "cooldown": rule.cooldown_seconds,
        "seen": rule.changed_at.isoformat(),
    }
