"""How items are spoken of: their kinds, who may read them, how they stand, in which ways they are used."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from qunce.content.types import ItemDocument, ItemKind, ItemState, Openness, UseWay, WeekOfUses
from qunce.kernel.charts import Chart, over_time

KINDS: Mapping[str, str | Promise] = {
    ItemKind.ARTICLE: gettext_lazy("Article"),
    ItemKind.REPORT: pgettext_lazy("a kind of item", "Report"),
    ItemKind.INTERVIEW: gettext_lazy("Interview"),
    ItemKind.COURSE: gettext_lazy("Course"),
    ItemKind.LINK: gettext_lazy("Link"),
    ItemKind.FILE: pgettext_lazy("a kind of item", "File"),
    ItemKind.IMAGE: gettext_lazy("Picture"),
    ItemKind.POLL: pgettext_lazy("a kind of item", "Poll"),
    ItemKind.QUIZ: gettext_lazy("Quiz"),
}
ICONS: Mapping[str, str] = {
    ItemKind.ARTICLE: "article",
    ItemKind.REPORT: "report",
    ItemKind.INTERVIEW: "microphone",
    ItemKind.COURSE: "school",
    ItemKind.LINK: "link",
    ItemKind.FILE: "file",
    ItemKind.IMAGE: "photo",
    ItemKind.POLL: "chart-bar",
    ItemKind.QUIZ: "help-circle",
}
MEANT: Mapping[str, str | Promise] = {
    ItemKind.ARTICLE: gettext_lazy("A text to read, such as a guide or a case."),
    ItemKind.REPORT: gettext_lazy("What was found out, with its numbers."),
    ItemKind.INTERVIEW: gettext_lazy("What a member or guest told, question by question."),
    ItemKind.COURSE: gettext_lazy("A text from which one learns something, lesson by lesson."),
    ItemKind.LINK: gettext_lazy("A page elsewhere, with a word why it is worth opening."),
    ItemKind.FILE: gettext_lazy("A document or table to keep: a member writes a keyword and gets it."),
    ItemKind.IMAGE: gettext_lazy("A poster, chart or card that goes into groups as a picture."),
    ItemKind.POLL: gettext_lazy("A question with answers to choose from."),
    ItemKind.QUIZ: gettext_lazy("A question with a right answer, and why it is right."),
}
OPENNESS: Mapping[str, str | Promise] = {
    Openness.TEAM: gettext_lazy("The team alone"),
    Openness.MEMBERS: gettext_lazy("Members"),
    Openness.PUBLIC: gettext_lazy("Everybody, on the site"),
}
STATES: Mapping[str, tuple[str, str | Promise]] = {
    ItemState.DRAFT: ("wait", gettext_lazy("Draft")),
    ItemState.PUBLISHED: ("good", pgettext_lazy("state of an item", "Published")),
    ItemState.CHANGED: ("busy", gettext_lazy("Published, draft with changes")),
    ItemState.DOWN: ("off", gettext_lazy("Taken down")),
}
WAYS: Mapping[str, str | Promise] = {
    UseWay.KEYWORD: pgettext_lazy("how an item was used", "By keyword"),
    UseWay.STEP: pgettext_lazy("how an item was used", "By a playbook"),
    UseWay.BY_HAND: pgettext_lazy("how an item was used", "Sent to groups"),
    UseWay.BRIEF: pgettext_lazy("how an item was used", "In a brief"),
    UseWay.MEMBER_PAGE: pgettext_lazy("how an item was used", "Read on a page"),
    UseWay.SITE: pgettext_lazy("how an item was used", "Read on the site"),
}


def weekly(weeks: list[WeekOfUses]) -> Chart:
    """The uses of each week, one colour per way."""
    ways = [way for way in WAYS if any(week.ways.get(way) for week in weeks)]
    return over_time(
        _("Uses per week"),
        when=_("Week from"),
        points=[f"{week.monday:%m-%d}" for week in weeks],
        values={str(WAYS[way]): [week.ways.get(way, 0) for week in weeks] for way in ways},
        stack=True,
    )


def as_text(document: ItemDocument) -> str:
    """All that an item says as lines, for setting two versions side by side."""
    fields = (
        (_("Title"), document.title),
        (_("Summary"), document.summary),
        (_("Address"), document.url),
        (_("Files"), ", ".join(file.name for file in document.files)),
        (_("Question"), document.question),
        *(
            (_("Answer"), f"{'*' if place in document.right else ''}{each}")
            for place, each in enumerate(document.options)
        ),
        (_("Explanation"), document.explained),
        (_("Tags"), ", ".join(document.tags)),
        (_("Source"), document.source),
        (_("Author"), document.author),
        (_("Licence"), document.licence),
        (_("Language"), document.language),
    )
    head = [f"{name}: {said}" for name, said in fields if said]
    return "\n".join([*head, *(["", document.body] if document.body else [])])
