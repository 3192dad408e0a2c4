"""Reports: what they say is true, what they show is safe, and each period's is made and told once."""

import json
import re
import threading
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat.models import Delivery
from qunce.insights.actions import reports as actions
from qunce.insights.actions import series
from qunce.insights.models import KeptReport, ReportPlan
from qunce.insights.policies.periods import last_period
from qunce.insights.selectors import kept, renderings, writing
from qunce.insights.selectors.reports import report_of
from qunce.insights.types import Advice, Channel, Claim, Headline, Quote, Report, Rhythm, Section, Table, Tone
from qunce.kernel import audit, charts, clock
from qunce.kernel.actor import SYSTEM, Role
from qunce.kernel.errors import Invalid, NotAllowed, NotFound
from qunce.team.models import Notification
from qunce.team.types import Topic
from tests.insights import told
from tests.insights.taking import a_history, taken
from tests.support import world

EVIL = '<script>alert("x")</script>'
ZONE = ZoneInfo("Asia/Shanghai")


def by_hand(language="zh-hans"):
    """A report with everything that one can have."""
    advice = Advice(
        "每周固定一小时", ["选时间", "问一个小问题", "点名致谢"], "大家又知道什么时候有人。", "四周内六成"
    )
    claim = Claim(
        "八周里 39 个新人，只有三成得到回应。",
        Tone.BAD,
        [("新人", "39")],
        ["张三", EVIL],
        [Quote(EVIL, "今天", EVIL)],
        advice,
    )
    chart = charts.over_time(EVIL, when="日", points=["11-01", EVIL], values={EVIL: [1, 2]})
    return Report(
        title="群在变冷：健康度 46",
        name=f"读书会 {EVIL}",
        period="2026年11月",
        made="今天",
        language=language,
        headlines=[Headline("消息", "1,203", "比之前少 12%", Tone.BAD, "成员说的话"), Headline("发言的人", "87")],
        claims=[claim, Claim("新人被点名欢迎。", Tone.GOOD)],
        sections=[
            Section(
                "说得最多的是周四",
                "按群的时区。",
                [chart],
                Table(["群", "消息"], [[EVIL, "3"]]),
                [Quote("李四", "昨天", "好 #1 *x* $y$")],
                {"报名": 9.0, "打卡": 4.0, EVIL: 2.0},
            ),
            Section("空的", "", [charts.ranked("x", what="a", unit="b", values={})]),
        ],
        limits=["有 3 天没有读到。"],
        dial=charts.dial("健康度", what="健康度", value=46, word="变冷", tone="rose"),
    )


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.sources = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in {"src", "href"}]


def test_the_page_needs_no_other_file_and_runs_nothing():
    page = renderings.html(by_hand())
    found = Tags()
    found.feed(page)
    assert "script" not in found.tags
    assert len(found.sources) == 2, "the picture of words, by day and by night"
    assert all(each.startswith("data:image/png;base64,") for each in found.sources)
    assert "http" not in re.sub(r'xmlns(:\w+)?="[^"]*"|http-equiv|base64,[^"]*', "", page)
    assert page.count("<svg") == 6  # the chart twice, the dial for its own place; each by day and by night
    assert 'lang="zh-hans"' in page
    assert "只有三成得到回应" in page


def test_it_is_kept_as_it_was_written():
    one = by_hand()
    again = Report.from_json(json.loads(json.dumps(one.to_json())))
    assert renderings.message(again) == renderings.message(one)
    assert again.claims[0].advice == one.claims[0].advice
    assert renderings.cloud(again) == renderings.cloud(one) != renderings.cloud(one, dark=True)
    assert again.sections[0].charts[0].rows == [["11-01", 1], [EVIL, 2]]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_on_paper(language):
    made = renderings.pdf(by_hand(language))
    assert made.startswith(b"%PDF")
    assert len(made) > 10_000


def test_little_pictures_are_printed_as_a_star():
    said = "🌸花花妈妈🌸 Bob 🏃‍♀️, 👍🏽 ❤️ 🇨🇳 ★ ✓ ♥ ① “好”——100℃"
    assert renderings.printable(said) == "☆花花妈妈☆ Bob ☆, ☆ ☆ ☆ ★ ✓ ♥ ① “好”——100℃"
    assert json.loads(renderings.printable(json.dumps({"🙂": "a\n🙂"}, ensure_ascii=False))) == {"☆": "a\n☆"}


def test_tenths_are_said_where_they_tell_anything():
    assert [writing.number(value) for value in (0.04, 0.06, 2.04, 9.96, 1203.4)] == ["0", "0.1", "2", "10", "1,203"]


def test_a_chat_message_is_short_and_has_one_thing_to_do():
    said = renderings.message(by_hand(), "https://qunce.example.org/reports/3/")
    assert len(said.splitlines()) <= 12
    assert said.count("https://") == 1
    assert "1,203" in said
    assert "每周固定一小时" in renderings.message(by_hand())


# ------------------------------------------------------------------ what it says
@pytest.mark.django_db(transaction=True)
def test_a_report_of_a_living_community_says_what_was_said():
    home = world.lively(groups=3, found=0).home
    groups = [group.pk for group in home.groups.order_by("pk")]
    series.fill(group_ids=groups)
    whole = report_of(SYSTEM, groups, name=home.name, language="en")
    assert whole.headlines[0].label == "Messages"
    assert whole.headlines[0].value == str(240 + 120 + 80)
    assert whole.headlines[1].value == "10"
    assert "Spoke for the first time" not in {each.label for each in whole.headlines}, "everybody did, at some time"
    table = next(section.table for section in whole.sections if section.table)
    assert [row[1] for row in table.rows] == ["240", "120", "80"]
    volume = whole.sections[0].charts[0]
    assert sum(row[1] for row in volume.rows) == 440
    assert renderings.html(whole)
    one = report_of(SYSTEM, groups[:1], language="zh-hans")
    assert one.headlines[0].value == "240"
    assert {section.charts[0].option["series"][0]["type"] for section in one.sections if section.charts} >= {
        "bar",
        "heatmap",
    }


@pytest.mark.django_db(transaction=True)
def test_a_period_is_compared_with_the_one_before_and_silence_is_said():
    home = world.lively(groups=1, found=0).home
    groups = [group.pk for group in home.groups.all()]
    today = clock.now().astimezone(ZONE).date()
    week = last_period(Rhythm.DAILY, today)
    assert report_of(SYSTEM, groups, stretch=week, language="en").headlines[0].change
    later = last_period(Rhythm.DAILY, today + timedelta(days=90))
    assert report_of(SYSTEM, groups, stretch=later, language="en").title == "Nothing was said"


@pytest.mark.django_db(transaction=True)
def test_a_history_that_ended_long_ago_is_no_news(tmp_path):
    home = world.lively(groups=1, found=0).home
    with told.installed():
        taken(told.written(tmp_path, a_history()), home)
    groups = [group.pk for group in home.groups.all()]
    week = last_period(Rhythm.WEEKLY, clock.now().astimezone(ZONE).date())
    assert "老群" not in json.dumps(
        report_of(SYSTEM, groups, stretch=week, language="en").to_json(), ensure_ascii=False
    )
    whole = report_of(SYSTEM, groups, language="en")
    assert "老群" in {row[0] for section in whole.sections if section.table for row in section.table.rows}


@pytest.mark.django_db(transaction=True)
def test_only_who_sees_the_groups_gets_a_report():
    home = world.lively(groups=1, found=0).home
    stranger = world.actor(world.member_of_staff(roles={world.a_community().pk: Role.OWNER}))
    with pytest.raises(NotFound):
        report_of(stranger, [group.pk for group in home.groups.all()], language="en")


# ------------------------------------------------------------------ regularly
@given(st.sampled_from(list(Rhythm)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_period_is_whole_over_and_follows_the_one_before(rhythm, today):
    period = last_period(rhythm, today)
    assert period.last < today
    assert last_period(rhythm, period.last + timedelta(days=1)) == period
    before = last_period(rhythm, period.first)
    assert before.last + timedelta(days=1) == period.first


def planned(home, channel=Channel.PAGE, **more):
    return actions.plan_report(
        actor=SYSTEM, community_id=home.pk, rhythm=Rhythm.WEEKLY, hour=8, language="zh-hans", channel=channel, **more
    )


def at_eight(day=None):
    """Eight o'clock by the community's clock."""
    today = day or clock.now().astimezone(ZONE).date()
    return clock.at(datetime(today.year, today.month, today.day, 8, 1, tzinfo=ZONE))


@pytest.mark.django_db(transaction=True)
def test_each_period_is_made_once_and_the_team_is_told_once():
    staff = world.owner()
    home = world.lively(groups=2, found=0).home
    planned(home, Channel.TEAM)
    with at_eight():
        assert actions.make_due() == 1
        assert actions.make_due() == 0
    row = KeptReport.objects.get()
    assert row.first.weekday() == 0
    assert (row.last - row.first).days == 6
    assert Notification.objects.filter(staff=staff, key=f"report:{row.pk}").count() == 1
    assert Notification.objects.get(key=f"report:{row.pk}").topic == Topic.REPORTS
    assert kept.one_report(SYSTEM, row.pk).content["title"] == row.title
    with at_eight(clock.now().astimezone(ZONE).date() + timedelta(days=7)):
        assert actions.make_due() == 1
    assert KeptReport.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_its_hour():
    home = world.lively(groups=1, found=0).home
    planned(home)
    today = clock.now().astimezone(ZONE).date()
    with clock.at(datetime(today.year, today.month, today.day, 7, 59, tzinfo=ZONE)):
        assert actions.make_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_one_report_and_send_one_message():
    home = world.lively(groups=1, found=0).home
    group = home.groups.get()
    plan = planned(home, Channel.GROUP, group_id=group.pk)
    made = []

    def make():
        try:
            made.append(actions.make_report(plan_id=plan.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, True]
    sent = Delivery.objects.get(key=f"report:{KeptReport.objects.get().pk}")
    assert sent.group_id == group.pk
    assert home.name in sent.content[0]["text"]


@pytest.mark.django_db
def test_planning_is_for_those_who_lead_and_is_written_down():
    home, other = world.a_community(), world.a_community()
    operator = world.actor(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    lead = world.actor(world.member_of_staff("陈默", roles={home.pk: Role.LEAD}))
    asked = {"community_id": home.pk, "rhythm": Rhythm.DAILY, "hour": 8, "language": "en", "channel": Channel.PAGE}
    with pytest.raises(NotAllowed):
        actions.plan_report(actor=operator, **asked)
    with pytest.raises(NotFound):
        actions.plan_report(actor=lead, **{**asked, "community_id": other.pk})
    with pytest.raises(Invalid):
        actions.plan_report(actor=lead, **{**asked, "hour": 24})
    with pytest.raises(Invalid):
        actions.plan_report(actor=lead, **{**asked, "channel": Channel.GROUP, "group_id": 1})
    plan = actions.plan_report(actor=lead, **asked)
    again = actions.plan_report(actor=lead, **{**asked, "hour": 9})
    assert again.pk == plan.pk
    with pytest.raises(NotAllowed):
        actions.stop_report(actor=operator, plan_id=plan.pk)
    actions.stop_report(actor=lead, plan_id=plan.pk)
    assert not ReportPlan.objects.exists()
    said = [audit.say(entry) for entry in audit.visible_to(lead).order_by("at", "id")]
    assert said[-1] == f"陈默 ended the daily report on {home.name}."
    assert sum("had a daily report made" in each for each in said) == 2
