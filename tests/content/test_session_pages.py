"""From a session in the group to the public site, as people go: the team, a scribe on the phone, authors, readers."""

from datetime import timedelta

import feedparser
import pytest
from django.test import Client

from qunce.chat.models import Delivery
from qunce.chat.types import DeliveryState, MemberJoined, Sender
from qunce.community.models import Community
from qunce.content import actions
from qunce.content.models import Consent, Item, ItemUse, ItemVersion, Session
from qunce.content.selectors import sessions as reads
from qunce.content.types import Outlet
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import deliver_pending
from qunce.memberpages import site as public_site
from qunce.members import actions as members
from qunce.members.models import Identity
from tests.chat import support
from tests.insights.write_up import LINES, TOPIC
from tests.support import world
from tests.support.browser import page_ok, shoot, wait_until
from tests.support.sessions import TITLE, agreed

HOST = "小书"


class Evening:
    """A group of the sandbox that has held a session an hour ago, begun and ended by the words of its host."""

    def __init__(self):
        self.account = support.account("sandbox")
        self.group = support.adopted(self.account, "!书房")["!书房"]
        self.home = self.group.community
        Community.objects.filter(pk=self.home.pk).update(name="城市书房")
        self.began = clock.now() - timedelta(hours=1)
        names = {HOST, *(line[1] for line in LINES)}
        joined = [MemberJoined("!书房", Sender(f"@{name}", name), self.began - timedelta(days=3)) for name in names]
        support.live(self.account, *joined)
        members.set_team(actor=SYSTEM, member_id=self.member(HOST).pk, team=True)
        support.live(self.account, self.said(HOST, f"分享开始 《{TOPIC}》 @周岚", 0))
        keys = [f"$line{number}" for number in range(len(LINES))]
        support.live(
            self.account,
            *(
                self.said(name, text, seconds(at) + 1, key=keys[n], reply_to=keys[to] if to is not None else None)
                for n, (at, name, text, _label, to) in enumerate(LINES)
            ),
        )
        support.live(self.account, self.said(HOST, "分享结束", 1300))
        deliver_pending()
        self.session = Session.objects.get()

    def said(self, name, text, after, **more):
        at = self.began + timedelta(seconds=after)
        return support.said("!书房", text, by=f"@{name}", name=name, at=at, **more)

    def member(self, name):
        return Identity.objects.get(external_id=f"@{name}").member

    def answer(self, name, text, *, to):
        support.live(
            self.account,
            support.said("!书房", text, by=f"@{name}", name=name, at=clock.now(), reply_to=to),
        )


def seconds(said):
    minute, second = said.split(":")
    return int(minute) * 60 + int(second)


def arrived(session):
    """The wire has taken what asks the authors; returns its id there."""
    asked = Delivery.objects.filter(key__startswith=f"session:{session.pk}:consent")
    assert asked.count() == 1
    asked.update(state=DeliveryState.SENT, sent_at=clock.now(), external_id="$ask")
    return "$ask"


def test_from_the_group_to_the_site(browse):
    evening = Evening()
    session = evening.session
    assert session.state == "drafted"
    actions.set_site(
        actor=SYSTEM,
        community_id=evening.home.pk,
        enabled=True,
        slug="reading",
        intro="一群人，每周讲透一件小事。",
        language="zh-hans",
    )
    page = browse(f"/content/sessions/{session.pk}/", world.owner(), language="zh-hans")
    page.get_by_label("标题").wait_for()
    page_ok(page, "session-draft")
    page.locator("select[name=member]").select_option(label="小鹿")
    page.get_by_role("button", name="请 TA 整理").click()
    page.locator("button[value=link]").click()
    link = page.locator("#scribe-link").input_value()
    phone = browse("/m/" + link.partition("/m/")[2], phone=True, language="zh-hans")
    written_up_on_the(phone, session)

    page.goto(f"/content/sessions/{session.pk}/")
    page.get_by_role("button", name="征求作者同意").last.click()
    page.get_by_text("已询问").first.wait_for()
    ask = arrived(session)
    for name, said in (("周岚", "同意"), ("阿哲", "匿名"), ("老陈", "不同意"), ("小鹿", "同意")):
        evening.answer(name, said, to=ask)
    phone.goto(f"{phone.url.partition('/drafts/')[0]}/quoted/")
    page_ok(phone, "session-consent")
    page.reload()
    page.locator("form", has=page.locator("input[value=site]")).get_by_role("button", name="发布").click()
    page.get_by_text("已发布。").wait_for()
    shoot(page, "session-published")
    reader = read_on_the_site(browse)
    evening.answer("周岚", "不同意", to=ask)
    reader.reload()
    assert "第一步：每条笔记只写一件事" not in reader.locator("main").inner_text()


def written_up_on_the(phone, session):
    """A scribe opens their link, writes, leaves something out, and is done."""
    phone.locator("button.large").click()
    phone.get_by_role("link", name="1 篇稿子等你整理").click()
    phone.get_by_role("link", name=TOPIC).click()
    phone.locator("form.passage").first.wait_for()
    page_ok(phone, "session-scribe")
    first = phone.locator("form.passage textarea").first
    first.fill("今天和大家聊聊，我是怎么把读书笔记变成文章的。我以前抄了三大本，一篇也写不出来。")
    phone.get_by_text("已保存").wait_for()
    before = phone.locator("form.passage").count()
    phone.locator("form.passage").last.get_by_role("button", name="不收").click()
    wait_until(phone, f"document.querySelectorAll('form.passage').length === {before - 1}")
    phone.get_by_role("button", name="整理完成").click()
    phone.get_by_role("heading", name="等你整理的稿子").wait_for()
    session.refresh_from_db()
    assert session.state == "edited"
    assert reads.draft_of(session).kept[0].text.endswith("一篇也写不出来。")


def read_on_the_site(browse):
    """A reader finds it, with nothing in it of whom has not agreed; returns their page."""
    reader = browse("/site/reading/", language="zh-hans")
    page_ok(reader, "site-home")
    reader.get_by_role("link", name=TOPIC).click()
    reader.get_by_role("heading", name="问答").wait_for()
    page_ok(reader, "site-entry")
    text = reader.locator("main").inner_text()
    assert "一位成员" in text
    assert "周岚" in text
    assert "阿哲" not in text
    assert "信封里攒不够五条怎么办" not in text
    assert {each["name"] for each in reader.context.cookies()} == {"django_language"}, "which the test has set"
    dark = browse(reader.url.partition("/site/")[1] + reader.url.partition("/site/")[2], phone=True, dark=True)
    shoot(dark, "site-entry-dark")
    return reader


# ------------------------------------------------------------------ the site, asked for by programs
@pytest.fixture
def published(db):
    evening = Evening()
    actions.set_site(
        actor=SYSTEM,
        community_id=evening.home.pk,
        enabled=True,
        slug="reading",
        intro="",
        language="zh-hans",
    )
    agreed(evening.session)
    actions.publish_session(actor=SYSTEM, session_id=evening.session.pk, outlet=Outlet.SITE)
    public_site.asked.forget()
    return evening, Item.objects.get()


def test_readers_are_not_followed_and_pages_hold_no_longer_than_they_are_true(published):
    _evening, item = published
    client, path = Client(), f"/site/reading/{item.key}/"
    first = client.get(path)
    assert first.status_code == 200
    assert TITLE in first.content.decode()
    assert not client.cookies
    assert first["Cache-Control"] == "no-cache, max-age=0"
    assert "script-src" not in first["Content-Security-Policy"]
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    for shape in ("og:title", "canonical", "application/atom+xml"):
        assert shape in first.content.decode()
    (use,) = ItemUse.objects.filter(way="site")
    assert (use.times, use.identity_id, use.group_id) == (2, None, None)
    feed = client.get("/site/reading/feed.xml")
    assert feed["Content-Type"].startswith("application/atom+xml")
    assert TITLE in feed.content.decode()
    assert path in client.get("/site/reading/sitemap.xml").content.decode()
    assert TITLE in client.get("/site/reading/?q=信封").content.decode()
    assert TITLE not in client.get("/site/reading/?q=没有的词").content.decode()


def test_who_writes_up_every_session_is_found_by_pinyin_named_and_released(published):
    evening, _item = published
    lead, place = Client(), f"/communities/{evening.home.pk}/site/"
    lead.force_login(world.owner())
    found = lead.get(place, {"text": "zhoul"}, headers={"hx-request": "true"}).content.decode()
    assert "周岚" in found
    assert "老陈" not in found
    assert "<html" not in found, "what was found alone"
    named = {"member": evening.member("周岚").pk}
    assert lead.post(f"/communities/{evening.home.pk}/sessions/scribes/", named).status_code == 302
    assert "周岚" in lead.get(place).content.decode()
    assert "周岚" not in lead.get(place, {"text": "zhoul"}, headers={"hx-request": "true"}).content.decode()
    lead.post(f"/communities/{evening.home.pk}/sessions/scribes/", {**named, "op": "remove"})
    assert reads.usual_scribes(evening.home.pk) == set()


def test_the_feed_is_one_that_readers_take(published):
    _evening, item = published
    picture = files.put(b"\x89PNG\r\n\x1a\n", name="卡片.png", content_type="image/png")
    attached = {"sha256": picture.sha256, "name": "card.png", "content_type": "image/png", "size": 8, "kind": "image"}
    document = {**item.published.document, "body": "![卡片](card.png)", "author": "", "files": [attached]}
    ItemVersion.objects.filter(pk=item.published_id).update(document=document)
    answer = Client().get("/site/reading/feed.xml")
    read = feedparser.parse(answer.content)
    assert not read.bozo
    assert (read.version, read.feed.title, read.feed.author, read.feed.language) == (
        "atom10", "城市书房", "城市书房", "zh-hans"
    )  # fmt: skip
    (entry,) = read.entries
    assert (entry.title, entry.link) == (TITLE, f"http://testserver/site/reading/{item.key}/")
    assert f'src="{entry.link}files/{picture.sha256}/"' in entry.content[0].value
    Item.objects.update(openness="team")
    empty = [Client().get("/site/reading/feed.xml") for _each in range(2)]
    assert not feedparser.parse(empty[0].content).entries
    assert empty[0]["ETag"] == empty[1]["ETag"], "one in which nothing is does not change at every look"


def test_what_is_not_public_is_nowhere(published):
    evening, item = published
    places = ["/site/reading/", f"/site/reading/{item.key}/", "/site/reading/feed.xml", "/site/reading/sitemap.xml"]

    def seen():
        public_site.asked.forget()
        found = [Client().get(place) for place in places]
        return [place for place, each in zip(places, found, strict=True) if item.key in each.content.decode()]

    assert len(seen()) == 4
    for openness in ("team", "members"):
        Item.objects.update(openness=openness)
        assert not seen()
    Item.objects.update(openness="public", archived_at=clock.now())
    assert not seen()
    Item.objects.update(archived_at=None)
    other = world.a_community("别处")
    Item.objects.update(community=other)
    assert not seen()
    Item.objects.update(community=evening.home)
    document = {**item.document, "title": "还没发布的标题"}
    Item.objects.update(document=document, title="还没发布的标题")
    assert "还没发布的标题" not in Client().get("/site/reading/").content.decode()
    Community.objects.filter(pk=evening.home.pk).update(archived_at=clock.now())
    assert not seen()
    Community.objects.filter(pk=evening.home.pk).update(archived_at=None)
    actions.take_back(actor=SYSTEM, session_id=evening.session.pk)
    assert not seen()
    gone = Client().get(f"/site/reading/{item.key}/")
    assert (gone.status_code, gone["Cache-Control"]) == (404, "no-store")


def test_a_site_that_is_off_is_not_there_and_too_many_pages_are_refused(published):
    evening, item = published
    actions.set_site(
        actor=SYSTEM, community_id=evening.home.pk, enabled=False, slug="reading", intro="", language="en"
    )
    client = Client()
    assert {client.get(f"/site/reading/{rest}").status_code for rest in ("", f"{item.key}/", "feed.xml")} == {404}
    assert "reading" not in client.get("/site/").content.decode()
    for _each in range(240):
        public_site.asked.failed("127.0.0.1")
    assert client.get("/site/").status_code == 429
    public_site.asked.forget()


def test_members_read_what_is_for_members_on_their_own_pages(published):
    evening, item = published
    Item.objects.update(openness="members")
    path = members.make_link(actor=SYSTEM, member_id=evening.member("小鹿").pk, community_id=evening.home.pk)
    client = Client()
    answer = client.post("/m/open/", {"token": path.strip("/").rpartition("/")[2]})
    own = answer["Location"]
    assert TITLE in client.get(f"{own}library/").content.decode()
    assert "信封" in client.get(f"{own}library/{item.pk}/").content.decode()
    assert client.get(f"{own}library/{item.pk + 1}/").status_code == 404
    assert client.get(f"{own}drafts/{evening.session.pk}/").status_code == 404, "no scribe of it"
    asked = Consent.objects.get(identity_id=Identity.objects.get(external_id="@小鹿").pk)
    assert client.post(f"{own}quoted/{asked.pk}/", {"answer": "no"}).status_code == 302
    assert "想问一下，笔记是用纸写" not in client.get(f"{own}library/{item.pk}/").content.decode()
