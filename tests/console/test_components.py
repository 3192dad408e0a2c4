"""The pieces pages are made of: what they say, in which words, and that nothing typed becomes markup."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.test.html import parse_html
from django.utils import timezone, translation

from qunce.console.forms import OneOfMany, SomeOfMany
from qunce.console.templatetags import console as tags
from qunce.kernel import charts, clock, paging
from qunce.kernel.errors import Invalid
from qunce.kernel.models import Revision
from qunce.team.selectors import NOBODY

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def at_now():
    with clock.at(NOW), translation.override("en"), timezone.override(ZoneInfo("Asia/Shanghai")):
        yield


def render(source, **context):
    return Template("{% load console %}" + source).render(Context(context))


# ------------------------------------------------------------------ time
@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=29, hours=23), "29 days ago"),
        (timedelta(days=31), "Oct. 20, 2026"),
        (-timedelta(minutes=5), "in 5 minutes"),
        (-timedelta(hours=3), "in 3 hours"),
        (-timedelta(days=2), "in 2 days"),
    ],
)
def test_times_in_words(ago, words):
    assert tags.relative(NOW - ago) == words


def test_a_time_shows_its_zone_and_can_be_read_by_machines():
    shown = render("{% when moment zone %}", moment=NOW - timedelta(hours=2), zone=ZoneInfo("Europe/Berlin"))
    assert 'datetime="2026-11-20T02:30:00+00:00"' in shown
    assert "3:30 a.m. (Europe/Berlin)" in shown
    assert ">2 hours ago<" in shown
    assert "10:30 a.m. (Asia/Shanghai)" in render("{% when moment %}", moment=NOW - timedelta(hours=2))
    assert render("{% when never %}{% at never %}", never=None) == "––"
    assert ">Nov. 20, 2026, 12:30 p.m.<" in render("{% at moment %}", moment=NOW)


# ------------------------------------------------------------------ selects of many
@pytest.mark.parametrize(
    ("ours", "theirs", "value"),
    [(OneOfMany, forms.Select, 2), (OneOfMany, forms.Select, None), (SomeOfMany, forms.SelectMultiple, [1, "2"])],
)
def test_a_select_of_thousands_is_the_same_as_any_other(ours, theirs, value):
    choices = [("", "–"), (1, "群 & 友"), (2, EVIL)]
    attrs = {"id": "id_group", "class": "form-select", "required": True}

    def shown(kind):
        written = kind(choices=choices, attrs={"size": 6}).render("group", value, attrs)
        return " ".join(written.split()).replace("> <", "><")

    tags_of = parse_html(shown(ours)), parse_html(shown(theirs))
    assert tags_of[0] == tags_of[1]
    assert EVIL not in shown(ours)
    assert render("{% options choices %}", choices=choices).count("<option") == 3
    assert EVIL not in render("{% options choices %}", choices=choices)


# ------------------------------------------------------------------ nothing typed becomes markup
@pytest.mark.parametrize(
    "source",
    [
        "{% state 'good' evil %}",
        "{% nothing evil hint=evil %}",
        "{% failure evil evil %}",
        "{% bubble evil name=evil note=evil %}",
        "{% stat evil evil hint=evil %}",
        "{% sparkline values evil %}",
        "{% chart drawn %}",
        "{% icon evil %}",
    ],
)
def test_what_people_typed_stays_text(source):
    drawn = charts.over_time(EVIL, when=EVIL, points=[EVIL], values={EVIL: [1]})
    shown = render(source, evil=EVIL, values=[1, 2], drawn=drawn)
    assert "<script>alert" not in shown
    assert shown.strip()


def test_no_piece_styles_inline():
    drawn = charts.heatmap("x", columns=["0"], lines=["Mon"], cells=[[3]], unit="messages")
    shown = render(
        "{% sparkline values 'x' %}{% chart drawn %}{% bubble 'x' %}{% stat 1 2 %}", values=[1], drawn=drawn
    )
    assert "style=" not in shown
    assert "onclick" not in shown


# ------------------------------------------------------------------ charts
def test_a_chart_is_also_a_table():
    drawn = charts.over_time(
        "Messages per day",
        when="Day",
        points=["Mon", "Tue"],
        values={"People": [3, 0], "Bots": [1, None]},
        stack=True,
    )
    shown = render("{% chart drawn 'sm' %}", drawn=drawn)
    assert 'aria-label="Messages per day"' in shown
    assert "chart-sm" in shown
    assert [cell in shown for cell in ('<th scope="row">Mon</th>', "<td>3</td>", "<td>–</td>")] == [True] * 3
    assert [series["stack"] for series in drawn.option["series"]] == ["all", "all"]


def test_a_chart_without_numbers_says_so():
    for drawn in (
        charts.over_time("x", when="Day", points=["Mon"], values={"People": [0]}),
        charts.ranked("x", what="Who", unit="messages", values={}),
        charts.heatmap("x", columns=["0"], lines=["Mon"], cells=[[0]], unit="messages"),
    ):
        assert "Nothing to draw yet" in render("{% chart drawn %}", drawn=drawn)


def test_a_heatmap_counts_what_is_missing_as_nothing():
    drawn = charts.heatmap("x", columns=["0", "1"], lines=["Mon"], cells=[[None, 7]], unit="messages")
    assert drawn.option["series"][0]["data"] == [[0, 0, 0], [1, 0, 7]]
    assert drawn.option["visualMap"]["max"] == 7


@pytest.mark.parametrize("values", [[], [0, 0], [5], [1, 2, 3], [0.0, 1e9]])
def test_a_sparkline_of_anything(values):
    shown = tags.sparkline(values, "x")
    assert 'role="img"' in shown
    assert "nan" not in shown


# ------------------------------------------------------------------ forms
class Form(forms.Form):
    name = forms.CharField(label="Name", help_text="As people say it.", max_length=5)
    note = forms.CharField(required=False, widget=forms.Textarea)
    agreed = forms.BooleanField(label="Agreed")
    kinds = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple)
    where = forms.ChoiceField(choices=[("x", "X")])
    key = forms.CharField(widget=forms.HiddenInput)


def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong_where():
    form = Form({"name": "too long a name", "kinds": ["b"]})
    form.add_error(None, "Not as a whole.")
    shown = render("{% fields form %}", form=form)
    assert 'value="too long a name"' in shown
    assert 'aria-invalid="true"' in shown
    assert 'id="id_name_error"' in shown
    assert "id_name_helptext" in shown
    assert "at most 5 characters" in shown
    assert "Not as a whole." in shown
    assert shown.count("optional") == 1
    assert shown.count('class="form-check-input is-invalid"') == 1
    assert shown.count('type="checkbox"') == 3
    assert shown.count("checked") == 1


# ------------------------------------------------------------------ pages of lists
def cursors(address="/?q=x", **context):
    request = RequestFactory().get(address)
    request.user, request.actor = AnonymousUser(), NOBODY
    shown = RequestContext(request, context)
    return Template("{% load console %}{% pager page %}").render(shown)


def test_the_pager_keeps_the_filter():
    keyed = cursors(page=paging.Slice([1], newer="N", older="O"))
    assert 'href="?q=x&amp;cursor=N"' in keyed
    assert 'href="?q=x&amp;cursor=O"' in keyed
    numbered = cursors("/?q=x&page=2", page=Paginator(range(30), 10).page(2))
    assert 'href="?q=x&amp;page=3"' in numbered
    assert "Page 2 of 3" in numbered
    assert not cursors(page=paging.Slice([1])).strip()
    assert not cursors(page=Paginator([], 10).page(1)).strip()


@pytest.mark.django_db
def test_pages_by_key_go_there_and_back_and_miss_nothing():
    Revision.objects.bulk_create([Revision(scope=f"{n:02}", number=n // 4) for n in range(23)])
    rows, key = Revision.objects.all(), ("number", "scope")
    pages, cursor = [], ""
    while True:
        page = paging.by_key(rows, key=key, cursor=cursor, size=5)
        pages.append([row.scope for row in page])
        if not page.older:
            break
        cursor = page.older
    assert [scope for page in pages for scope in page] == [f"{n:02}" for n in reversed(range(23))]
    back = []
    while page.newer:
        page = paging.by_key(rows, key=key, cursor=page.newer, size=5)
        back.append([row.scope for row in page])
    assert back == pages[-2::-1]
    assert not page.newer


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "e30", "WyI8Il0", "WyI8IiwgMSwgMiwgM10", "💥", "bnVsbA"])
def test_a_broken_cursor_is_refused(cursor):
    with pytest.raises(Invalid):
        paging.by_key(Revision.objects.all(), key=("number", "scope"), cursor=cursor)


@pytest.mark.django_db
def test_an_empty_list_has_one_page():
    page = paging.by_key(Revision.objects.none(), key=("scope",))
    assert (list(page), page.newer, page.older) == ([], "", "")


def test_whose_answer_is_a_question(rf):
    shown = Template("{% load console %}{% confirm 'gone' '/x/' 'Sure?' evil 'Yes' %}").render(
        Context({"request": rf.get("/"), "csrf_token": SimpleNamespace(__str__=lambda: "t"), "evil": EVIL})
    )
    assert '<dialog id="gone"' in shown
    assert 'action="/x/"' in shown
    assert "<script>alert" not in shown
