"""Pages of insights: how groups are and why, their numbers, all groups on one picture, newcomers, the team's time."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from qunce.chat.types import MemberJoined, Sender
from qunce.insights.actions import health, series
from qunce.insights.jobs import fill_group
from qunce.insights.models import Condition, WarningModel
from qunce.kernel import clock
from qunce.kernel.actor import Role
from qunce.members.models import Member
from tests.chat import support as chat_support
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def made():
    """A community whose groups were talked in for seven weeks, counted and judged."""
    built = world.lively(groups=2, found=0, days=50)
    series.fill()
    health.assess()
    return built


@pytest.fixture
def group(made):
    return next(iter(made.groups.values()))


def loaded(page):
    """Wait until no piece of the page is being counted any more."""
    page.locator(".piece-waits").first.wait_for(state="detached")
    while page.locator(".piece-waits").count():
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)
    return page


def test_a_group_tells_how_it_is_and_why(browse, made, group):
    page = loaded(browse(f"/groups/{group.pk}/insight/", world.owner()))
    page.get_by_role("heading", name="What stands out, and why").wait_for()
    page.get_by_role("heading", name="Who talks with whom").wait_for()
    page.get_by_role("button", name="How “Messages” is counted").click()
    expect(page.locator(".why-text:popover-open")).to_be_visible()
    page.keyboard.press("Escape")
    page_ok(page, "group-insight")
    expect(page.locator(".stretch[aria-current]")).to_have_text("90 days")
    page.get_by_role("link", name="30 days").click()
    page.wait_for_url("**days=30")


def test_a_chart_is_saved_as_a_picture_and_as_a_table(browse, made, group):
    page = loaded(browse(f"/groups/{group.pk}/insight/", world.owner()))
    frame = (
        page.locator(".chart-frame").filter(has=page.get_by_label("Messages by weekday and hour", exact=True)).first
    )
    with page.expect_download() as saving:
        frame.get_by_role("button", name="picture").click()
    assert saving.value.suggested_filename == "Messages by weekday and hour.png"
    picture = saving.value.path().read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 3000
    with page.expect_download() as saving:
        frame.get_by_role("button", name="table").click()
    lines = saving.value.path().read_bytes().decode("utf-8-sig").splitlines()
    assert len(lines) == 8
    assert lines[0].startswith('"Weekday","0","1"')
    assert not page.complaints


def test_a_table_says_its_days_in_full_and_a_date_field_its_day(client, made, group):
    client.force_login(world.owner())
    client.cookies["django_language"] = "zh-hans"
    numbers = client.get(f"/groups/{group.pk}/insight/?piece=numbers&days=90").content.decode()
    assert re.search(r"<tbody>\s*<tr>\s*<t[hd][^>]*>\d{4}-\d\d-\d\d<", numbers)
    standing = client.get(f"/groups/{group.pk}/insight/?piece=health&days=90").content.decode()
    asked = re.search(r'<input type="date" name="begins_on"[^>]*', standing)
    assert re.search(r'value="\d{4}-\d\d-\d\d"', asked[0]), asked[0]


def test_a_name_in_a_table_is_no_formula_of_a_spreadsheet(browse, made, group):
    Member.objects.filter(name="张三").update(name='=HYPERLINK("http://x")')
    page = loaded(browse(f"/groups/{group.pk}/insight/", world.owner()))
    page.evaluate(
        "document.querySelector('.chart-frame td').textContent = '=1+1';"
        "document.querySelector('.chart-frame td:nth-child(3)').textContent = '-12';"
    )
    with page.expect_download() as saving:
        page.locator(".chart-frame").first.get_by_role("button", name="table").click()
    table = saving.value.path().read_text("utf-8-sig")
    assert '"\'=1+1"' in table
    assert '"-12"' in table


def test_a_group_without_messages_says_so(browse):
    account = chat_support.account()
    quiet = chat_support.adopted(account, "room")["room"]
    page = loaded(browse(f"/groups/{quiet.pk}/insight/", world.owner()))
    page.get_by_text("Nothing was said in these days").wait_for()
    page_ok(page)


def test_the_groups_own_page_shows_its_health(browse, made, group):
    page = loaded(browse(f"/groups/{group.pk}/", world.owner()))
    page.get_by_role("heading", name="Health").wait_for()
    page.get_by_role("link", name="Why, and what to do").click()
    page.wait_for_url(f"**/groups/{group.pk}/insight/")


def test_all_groups_on_one_picture(browse, made, group):
    Condition.objects.filter(group_id=group.pk).update(
        score=34.0, change=-12.0, stage="declining", trend=-0.8, size=80
    )
    page = browse("/insights/", world.owner())
    page.get_by_role("heading", name=re.compile("(is|are) in trouble")).wait_for()
    page.get_by_role("heading", name="All groups: health and trend").wait_for()
    page.wait_for_timeout(300)
    page_ok(page, "insights")
    page.get_by_label("Stage").select_option("declining")
    page.wait_for_url("**stage=declining**")
    page.locator("#overview .stacked tbody tr").nth(1).wait_for(state="detached")
    expect(page.locator("#overview .stacked tbody th a")).to_have_text(group.name)


def test_today_says_where_the_next_hour_counts(browse, made, group):
    finding = ["unanswered", 0.9, "%(count)d questions got no answer.", {"count": 12}]
    Condition.objects.filter(group_id=group.pk).update(score=40.0, size=90, findings=[finding])
    page = browse("/", world.owner())
    page.get_by_role("heading", name="Where the next hour counts").wait_for()
    expect(page.get_by_text("12 questions got no answer.")).to_be_visible()
    page_ok(page)


def test_newcomers_and_what_became_of_them(browse, made, group):
    now = clock.now()
    chat_support.live(
        made.account,
        MemberJoined(group.external_id, Sender("@silent", "沉默"), now - timedelta(days=12)),
        MemberJoined(group.external_id, Sender("@fresh", "刚来"), now - timedelta(days=1)),
    )
    page = browse(f"/communities/{made.home.pk}/insight/", world.owner())
    page.get_by_role("heading", name="what became of them").wait_for()
    page_ok(page, "community-insight")
    page.get_by_role("link", name="Did not speak in the first week").click()
    page.get_by_role("heading", name="Did not speak in the first week").wait_for()
    expect(page.get_by_role("link", name="沉默")).to_be_visible()
    assert (
        page.get_by_role("row", name="沉默").locator(".state-wait").inner_text() == "Did not speak in the first week"
    )
    expect(page.get_by_role("link", name="刚来")).to_have_count(0)
    page_ok(page)


def test_the_teams_time_is_shown_as_an_estimate(browse, made, group):
    Member.objects.filter(name="张三").update(is_team=True)
    for each in made.groups.values():
        series.refill(group_id=each.pk)
    series.fill()
    page = browse("/insights/load/", world.owner())
    page.get_by_role("heading", name="The groups take the team about").wait_for()
    page.wait_for_timeout(300)
    page_ok(page, "load")


def test_what_one_may_not_see_is_not_shown(client, made, group):
    client.force_login(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    for path in (f"/groups/{group.pk}/insight/", f"/communities/{made.home.pk}/insight/"):
        assert client.get(path).status_code == 404
    for piece in ("health", "dial", "numbers"):
        assert client.get(f"/groups/{group.pk}/insight/?piece={piece}").status_code == 404
    for path in ("/insights/", "/insights/next-hour/", "/insights/load/"):
        assert group.name not in client.get(path).content.decode()


def test_a_better_early_warning_is_adopted_and_taken_back(browse):
    measure = {"auc": 0.91, "brier": 0.05, "brier_of_always_the_share": 0.1}
    figures = {"groups": 60, "cases": 300, "silent": 20, "left_out": "community", "rules": measure, "fitted": measure}
    weights = {"base": -4.0, "points": {"last_week": 3.0}}
    WarningModel.objects.create(measured_at=clock.now(), weights=weights, figures=figures, better=True)
    page = browse("/insights/warning/", world.owner())
    page_ok(page, "warning")
    page.get_by_role("button", name="Adopt the fitted model").click()
    page.get_by_role("heading", name="Groups are warned of by a model fitted to your own history").wait_for()
    page.get_by_role("button", name="Back to the built-in rules").click()
    page.get_by_role("button", name="Go back").click()
    page.get_by_role("heading", name="Groups are warned of by the built-in rules").wait_for()


def test_a_large_history_is_said_to_be_counted_until_it_is(monkeypatch):
    group = next(iter(world.lively(groups=1, found=0, days=50).groups.values()))
    monkeypatch.setattr("qunce.insights.selectors.series.AT_ONCE", 10)
    client = Client()
    client.force_login(world.owner())
    asked = f"/groups/{group.pk}/insight/?piece=numbers&days=90"
    waiting = client.get(asked).content.decode()
    assert "0%" in waiting
    assert 'class="being-counted"' in waiting
    assert client.get(asked).content.decode() == waiting, "asked for once, however often it is looked at"
    fill_group(group.pk)
    counted = client.get(asked).content.decode()
    assert 'class="being-counted"' not in counted
    assert 'class="figures"' in counted
