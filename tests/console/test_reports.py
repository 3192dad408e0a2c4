"""The pages of reports, as people see them: nothing yet, planned, read on a desk and on a phone, printed."""

import pytest
from playwright.sync_api import expect

from qunce.insights.actions import reports, series
from qunce.insights.models import KeptReport
from qunce.insights.types import Channel, Rhythm
from qunce.kernel.actor import SYSTEM, Role
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)


def made(home):
    series.fill(group_ids=[group.pk for group in home.groups.all()])
    plan = reports.plan_report(
        actor=SYSTEM, community_id=home.pk, rhythm=Rhythm.WEEKLY, hour=8, language="zh-hans", channel=Channel.PAGE
    )
    reports.make_report(plan_id=plan.pk)
    return KeptReport.objects.get()


def test_a_weekly_report_is_planned_and_read(browse):
    owner, home = world.owner(), world.lively(groups=2, found=0).home
    page = browse("/reports/", owner)
    expect(page.get_by_text("No report was made yet.")).to_be_visible()
    page.get_by_role("link", name=f"Plan for {home.name}").click()
    page.get_by_label("Not before this hour").fill("9")
    page.get_by_label("For whom").select_option("group")
    expect(page.get_by_label("Into which group")).to_be_visible()
    page.get_by_label("For whom").select_option("page")
    expect(page.get_by_label("Into which group")).to_be_hidden()
    page.get_by_role("button", name="Plan it").click()
    expect(page.get_by_text("Every week, about Monday to Sunday · 9:00")).to_be_visible()
    page_ok(page, "reports-planned")
    page.get_by_role("button", name="Make no more").click()
    expect(page.get_by_text("Nothing is made regularly.")).to_be_visible()


def test_a_report_is_read_on_every_screen_and_printed(browse):
    owner, home = world.owner(), world.lively(groups=2, found=0).home
    row = made(home)
    page = browse("/reports/", owner, language="zh-hans")
    page_ok(page, "reports")
    page.get_by_text(row.title).click()
    page.locator("canvas").first.wait_for()
    page_ok(page, "report")
    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").click()
    assert waiting.value.path().read_bytes().startswith(b"%PDF")
    dark = browse(f"/reports/{row.pk}/", owner, language="zh-hans", dark=True)
    dark.locator("canvas").first.wait_for()
    page_ok(dark, "report-dark")


def test_a_viewer_reads_and_does_not_plan(browse):
    home = world.lively(groups=1, found=0).home
    row = made(home)
    page = browse("/reports/", world.member_of_staff(roles={home.pk: Role.VIEWER}))
    expect(page.get_by_text(row.title)).to_be_visible()
    expect(page.get_by_role("link", name=f"Plan for {home.name}")).to_have_count(0)
    expect(page.get_by_role("button", name="Make no more")).to_have_count(0)
    KeptReport.objects.all().delete()
    page.goto("/reports/")
    page.get_by_text("they are read here").wait_for()
    expect(page.get_by_text("Plan one below")).to_have_count(0)
