"""Feeds: which are read, how they fare, what was in them lately; adding one with a look at it first."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from qunce.community import selectors as community
from qunce.console.content import brief_words as words
from qunce.console.content.tabs import TABS
from qunce.console.context import StaffRequest
from qunce.console.filters import number
from qunce.console.forms import errors_in
from qunce.content import actions, selectors
from qunce.content.policies import feeds as policies
from qunce.content.types import Outline
from qunce.kernel import paging
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.errors import Invalid
from qunce.kernel.htmx import go, page

LARGEST_LIST = 2 * 1024 * 1024
PREVIEWED = 5
EVERYBODY = "all"


def _places(actor: Actor) -> list[tuple[str, object]]:
    """For whose briefs this person may add feeds."""
    homes = community.visible_communities(actor, Permission.OPERATE)
    found: list[tuple[str, object]] = [(str(key), name) for key, name in homes.values_list("pk", "name")]
    return [*found, *([(EVERYBODY, _("Every community"))] if actor.may(Permission.OPERATE) else [])]


class AddForm(forms.Form):
    """An address, and for whom."""

    url = forms.CharField(
        label=gettext_lazy("Address of a feed, or of a page that has one"),
        max_length=1000,
        widget=forms.TextInput({"inputmode": "url", "placeholder": "https://"}),
    )
    community = forms.ChoiceField(label=gettext_lazy("For the briefs of"))

    def __init__(self, actor: Actor, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["community"].choices = _places(actor)  # type: ignore[attr-defined]


def _chosen(text: str) -> int | None:
    """The community that a form names; None: all of them."""
    found = number(text)
    if found is None and text != EVERYBODY:
        raise Invalid(_("Choose a community."), field="community")
    return found


def feeds(request: StaffRequest) -> HttpResponse:
    """All feeds, and how they fare; ``step=look`` looks at an address first, ``step=add`` adds what was seen."""
    form, looked = AddForm(request.actor), []
    if request.method == "POST":
        form = AddForm(request.actor, request.POST)
        if form.is_valid():
            given = form.cleaned_data
            with errors_in(form):
                if request.POST.get("step") == "add":
                    where = _chosen(given["community"])
                    title = request.POST.get("title", "")
                    made = actions.add_feed(actor=request.actor, url=given["url"], title=title, community_id=where)
                    messages.success(request, _("“%(title)s” is read from now on.") % {"title": made.title})
                    return go(request, "console:feeds")
                looked = actions.look_at(actor=request.actor, url=given["url"])
    rows = [
        (
            feed,
            words.FEEDS[feed.state],
            _(feed.error) if feed.error else "",
            request.actor.may(Permission.OPERATE, feed.community_id),
        )
        for feed in selectors.visible_feeds(request.actor)
    ]
    context = {
        "tabs": TABS,
        "here": "briefs",
        "form": form,
        "rows": rows,
        "looked": [(each, each.found.entries[:PREVIEWED]) for each in looked],
        "may_add": request.actor.may_anywhere(Permission.OPERATE),
    }
    return page(request, "console/content/feeds.html", context, piece="console/content/feeds_rows.html")


@require_GET
def feed(request: StaffRequest, feed_id: int) -> HttpResponse:
    """What was in a feed lately, each to be picked for a brief."""
    row = selectors.feed(request.actor, feed_id)
    found = paging.by_key(
        selectors.entries_of(request.actor, feed_id), key=("at", "id"), cursor=request.GET.get("cursor", "")
    )
    plans = selectors.visible_plans(request.actor, Permission.REPLY)
    if row.community_id:
        plans = plans.filter(community=row.community_id)
    context = {
        "feed": row,
        "state": words.FEEDS[row.state],
        "error": _(row.error) if row.error else "",
        "page": found,
        "plans": list(plans),
        "may_operate": request.actor.may(Permission.OPERATE, row.community_id),
    }
    return page(request, "console/content/feed.html", context)


@require_POST
def act(request: StaffRequest, feed_id: int, verb: str) -> HttpResponse:
    """``pause``, ``resume``, ``rename``, ``remove``."""
    if verb == "pause":
        actions.pause_feed(actor=request.actor, feed_id=feed_id)
    elif verb == "rename":
        actions.change_feed(actor=request.actor, feed_id=feed_id, title=request.POST.get("title", ""))
        return go(request, "console:feed", feed_id)
    elif verb == "remove":
        actions.remove_feed(actor=request.actor, feed_id=feed_id)
    else:
        actions.resume_feed(actor=request.actor, feed_id=feed_id)
    messages.success(request, _("Saved."))
    return go(request, "console:feeds")


@require_POST
def take_list(request: StaffRequest) -> HttpResponse:
    """The feeds of a file of another feed reader (OPML)."""
    given = request.FILES.get("file")
    if given is None or (given.size or 0) > LARGEST_LIST:
        messages.error(request, _("Choose a file of at most 2 MB."))
        return go(request, "console:feeds")
    try:
        new, known = actions.import_feeds(
            actor=request.actor,
            listed=policies.outlines(given.read()),
            community_id=_chosen(request.POST.get("community", "")),
        )
    except Invalid as error:
        messages.error(request, str(error))
    else:
        said = ngettext("%(count)d feed is new.", "%(count)d feeds are new.", new) % {"count": new}
        there = ngettext("%(count)d was there.", "%(count)d were there.", known) % {"count": known}
        messages.success(request, f"{said} {there}" if known else said)
    return go(request, "console:feeds")


@require_GET
def export(request: StaffRequest) -> HttpResponse:
    """The feeds that this person sees, for another feed reader."""
    rows = selectors.visible_feeds(request.actor)
    text = policies.opml(Outline(row.url, row.title) for row in rows)
    answer = HttpResponse(text, content_type="text/x-opml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="feeds.opml"'
    return answer


urlpatterns = [
    path("content/briefs/feeds/", feeds, name="feeds"),
    path("content/briefs/feeds/import/", take_list, name="feeds_import"),
    path("content/briefs/feeds.opml", export, name="feeds_export"),
    path("content/briefs/feeds/<int:feed_id>/", feed, name="feed"),
    path("content/briefs/feeds/<int:feed_id>/<slug:verb>/", act, name="feed_act"),
]
