"""The form in which a broadcast is written, and what it means."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property

from django import forms
from django.conf import settings
from django.core.validators import URLValidator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qunce.chat import selectors
from qunce.chat.types import EVERY_DAY, LARGEST_TOGETHER, MOST_FILES, Button, Manner, Media, Rhythm, Waves
from qunce.community import selectors as community
from qunce.community.types import GroupFilter
from qunce.console.chat.whom import Whom
from qunce.console.forms import DayInput, MomentInput, TimeInput, WeekdaysField
from qunce.content import selectors as library
from qunce.content.selectors import Item
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import NotFound

NOW, LATER, REPEATEDLY = "now", "later", "repeatedly"
AT_ONCE, IN_WAVES = "at_once", "in_waves"
MOST_GROUPS, LONGEST_PAUSE = 10_000, 7 * 24 * 60


def _number(label: object, most: int, help_text: object = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, required=False, help_text=help_text)  # type: ignore[arg-type]


def too_much(files: Sequence[Media]) -> str:
    """Why so many files do not go into one broadcast; empty where they do."""
    if len(files) > MOST_FILES:
        return _("At most %(count)d files go along.") % {"count": MOST_FILES}
    if sum(file.size or 0 for file in files) > LARGEST_TOGETHER:
        return _("Together the files are larger than %(count)d MB.") % {"count": LARGEST_TOGETHER // 1024 // 1024}
    return ""


class Composer(Whom):
    """All of a broadcast before it is sent. It travels through preview and back as hidden fields."""

    text = forms.CharField(
        label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 7, "data-text": ""}), strip=True
    )
    everybody = forms.BooleanField(label=gettext_lazy("Mention everybody in the group"), required=False)
    counted = forms.BooleanField(label=gettext_lazy("Count the clicks on links"), required=False)
    button_label = forms.CharField(label=gettext_lazy("Words on the button"), required=False, max_length=40)
    button_url = forms.CharField(label=gettext_lazy("Its address"), required=False, max_length=2000)

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        widget=forms.RadioSelect,
        required=False,
        choices=[
            (NOW, gettext_lazy("Now")),
            (LATER, gettext_lazy("At a time")),
            (REPEATEDLY, gettext_lazy("Again and again")),
        ],
    )
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=DayInput(),
    )
    starts = forms.TimeField(
        label=gettext_lazy("Time"),
        required=False,
        widget=TimeInput(),
    )
    zone = forms.ChoiceField(label=gettext_lazy("By the clock of"), required=False)
    weekdays = WeekdaysField(label=gettext_lazy("On these days"), required=False)
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=DayInput(),
    )

    pace = forms.ChoiceField(
        label=gettext_lazy("How"),
        widget=forms.RadioSelect,
        required=False,
        choices=[(AT_ONCE, gettext_lazy("To all groups at once")), (IN_WAVES, gettext_lazy("In waves"))],
    )
    first = _number(gettext_lazy("First to so many groups"), MOST_GROUPS)
    canaries = forms.ChoiceField(label=gettext_lazy("or first to groups with this tag"), required=False)
    size = _number(
        gettext_lazy("Then to so many at a time"), MOST_GROUPS, gettext_lazy("Empty: to all the others together.")
    )
    pause = _number(gettext_lazy("Minutes between waves"), LONGEST_PAUSE)
    failed = _number(gettext_lazy("messages have failed"), MOST_GROUPS)
    left = _number(gettext_lazy("people have left"), MOST_GROUPS)
    complaints = _number(gettext_lazy("people have complained"), MOST_GROUPS)

    title = forms.CharField(
        label=gettext_lazy("Title"), help_text=gettext_lazy("For your team only."), required=False, max_length=120
    )
    not_after = forms.DateTimeField(
        label=gettext_lazy("Not after"),
        help_text=gettext_lazy("What could not be sent until then is not sent at all."),
        required=False,
        widget=MomentInput(),
    )
    submission = forms.UUIDField(widget=forms.HiddenInput)
    item = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, actor: Actor, data: QueryDict | None = None, initial: dict[str, object] | None = None) -> None:
        super().__init__(actor, data, initial)
        zones = community.visible_communities(actor, Permission.OPERATE).values_list("zone", flat=True)
        self.offer("canaries", [("", _("no tag")), *((tag, tag) for tag in community.tags(actor))])
        self.offer("zone", [(zone, zone) for zone in dict.fromkeys(zones)])
        attached = data.getlist("attachment") if data is not None else []
        self.attached = tuple(dict.fromkeys(str(key) for key in attached if key))
        self.attachments: tuple[Media, ...] = ()

    @cached_property
    def passed_on(self) -> Item | None:
        """The item of the library that this broadcast began with, as far as the person may see it."""
        try:
            key = int(self["item"].value() or 0)
            return library.item(self.actor, key) if key else None
        except (NotFound, ValueError):
            return None

    # ---------------------------------------------------------------- what makes sense
    def _clean_attachments(self) -> None:
        """The files that were uploaded before, by their content."""
        try:
            self.attachments = tuple(selectors.attachment(self.actor, key) for key in self.attached)
        except NotFound:
            self.add_error(None, _("A file is not here any more: attach it again."))
        if said := too_much(self.attachments):
            self.add_error(None, said)

    def clean(self) -> dict[str, object]:
        """What belongs together is there together."""
        chosen = super().clean() or {}
        self._clean_attachments()
        if chosen.get("when") in {LATER, REPEATEDLY}:
            for field in ("day", "starts"):
                if not chosen.get(field) and field not in self.errors:
                    self.add_error(field, _("Say when."))
        if chosen.get("when") == REPEATEDLY and not chosen.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        label, url = chosen.get("button_label"), chosen.get("button_url")
        if bool(label) != bool(url):
            self.add_error("button_url" if label else "button_label", _("A button has words and an address."))
        elif url:
            try:
                URLValidator(schemes=["http", "https"])(url)
            except forms.ValidationError as error:
                self.add_error("button_url", error)
        return chosen

    # ---------------------------------------------------------------- what it means
    def manner(self) -> Manner:
        """What comes with the text, and how it goes out."""
        chosen = self.cleaned_data
        label, url = chosen.get("button_label"), chosen.get("button_url")
        return Manner(
            attachments=self.attachments,
            everybody=bool(chosen.get("everybody")),
            button=Button(label, url) if label and url else None,
            counted=bool(chosen.get("counted")),
            waves=self._waves() if chosen.get("pace") == IN_WAVES else None,
            about=f"item:{self.passed_on.pk}" if self.passed_on else "",
        )

    def _waves(self) -> Waves:
        chosen, tag = self.cleaned_data, self.cleaned_data.get("canaries")
        found = community.find_groups(self.actor, GroupFilter(tag=tag), Permission.OPERATE) if tag else None
        return Waves(
            first=chosen.get("first") or 0,
            canaries=tuple(found.values_list("pk", flat=True)) if found is not None else (),
            size=chosen.get("size") or 0,
            pause=chosen.get("pause") or 0,
            failed=chosen.get("failed"),
            left=chosen.get("left"),
            complaints=chosen.get("complaints"),
        )

    def rhythm(self) -> Rhythm | None:
        """When it goes out; None: now."""
        chosen = self.cleaned_data
        day, at = chosen.get("day"), chosen.get("starts")
        if chosen.get("when") not in {LATER, REPEATEDLY} or not day or not at:
            return None
        offered = [zone for zone, _name in self.fields["zone"].choices]  # type: ignore[attr-defined]
        zone = chosen.get("zone") or next(iter(offered), settings.DEFAULT_COMMUNITY_ZONE)
        if chosen["when"] == LATER:
            return Rhythm(day, at, zone)
        return Rhythm(day, at, zone, tuple(sorted(chosen.get("weekdays", ()))) or EVERY_DAY, chosen.get("until"))

    def lasts(self, begins: datetime | None) -> timedelta | None:
        """How long after its time it may still be sent."""
        end: datetime | None = self.cleaned_data.get("not_after")
        return end - (begins or clock.now()) if end else None
