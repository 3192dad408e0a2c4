"""Feeds as servers really give them: of every kind and age, broken, moved, gone, too large; each entry once."""

import gzip
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from qunce.content import actions, selectors
from qunce.content.actions import feeds as reading
from qunce.content.models import FeedEntry, NewsFeed
from qunce.content.policies import feeds as policies
from qunce.content.types import FeedState, Outline
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.audit import AuditEntry
from qunce.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from qunce.team.models import Alert
from tests.support import world

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)
XML = "application/xml"


def rss(*items, title="每日新知", head=""):
    return f"""<?xml version="1.0" encoding="utf-8"?>{head}
<rss version="2.0"><channel><title>{title}</title><link>https://example.org/</link>{"".join(items)}</channel></rss>"""


def item(n, title=None, *, guid=None, link=None, date="Thu, 19 Nov 2026 08:00:00 +0800", more=""):
    return (
        f"<item><guid>{guid or n}</guid><link>{link or f'https://example.org/{n}'}</link>"
        f"<title>{title or f'第 {n} 条'}</title><pubDate>{date}</pubDate>{more}</item>"
    )


ATOM = """<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atom 周刊</title>
<link href="https://atom.example.org/"/><entry><id>tag:a,1</id><title type="html">&lt;b&gt;读书&lt;/b&gt; &amp;amp; 跑步</title>
<link href="/one"/><updated>2026-11-19T01:00:00Z</updated><summary type="html">&lt;p&gt;第一段&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</summary></entry></feed>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://r.example.org/"><title>RDF 老站</title></channel>
<item rdf:about="https://r.example.org/1"><title>一则旧闻</title><link>https://r.example.org/1</link><dc:date>2026-11-18</dc:date></item></rdf:RDF>"""
RSS_091 = """<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Old</title><item><title>Caf&eacute; opens</title><link>https://old.example.org/1</link></item></channel></rss>"""
BROKEN = rss(item(1, "没有关上 <b>的标签 & 散落的符号"))[:-30]
LAUGHS = rss(
    item(1, "&lol9;"),
    head='<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]>",
)
PAGE = '<html><head><link rel="alternate" type="application/rss+xml" href="/rss"></head><body>你好</body></html>'


class Server(BaseHTTPRequestHandler):
    """Answers each path with (status, headers, body); what was asked is kept."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers)))
        status, headers, body = self.server.says.get(self.path, (404, {}, b""))
        if headers.get("ETag") and self.headers.get("If-None-Match") == headers["ETag"]:
            status, body = 304, b""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode() if isinstance(body, str) else body)

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def one_server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.url = f"http://127.0.0.1:{made.server_port}"
    Thread(target=made.serve_forever, args=[0.02], daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def server(one_server, settings):
    settings.WEBHOOKS_INSIDE = True
    one_server.asked, one_server.says = [], {}
    return one_server


def feed(server, path="/rss", **fields):
    return NewsFeed.objects.create(url=server.url + path, title="源", next_at=NOW, created_at=NOW, **fields)


def read(row, at=NOW):
    with clock.at(at):
        NewsFeed.objects.filter(pk=row.pk).update(next_at=at)
        actions.read_due_feeds()
    row.refresh_from_db()
    return list(FeedEntry.objects.filter(feed=row).order_by("pk"))


# ------------------------------------------------------------------ of every kind
@pytest.mark.parametrize(
    ("body", "headers", "titles"),
    [
        (rss(item(1), item(2)), {}, ["第 1 条", "第 2 条"]),
        (ATOM, {"Content-Type": "application/atom+xml"}, ["读书 & 跑步"]),
        (RDF, {}, ["一则旧闻"]),
        (RSS_091, {}, ["Café opens"]),
        (BROKEN, {}, ["没有关上 的标签 & 散落的符号"]),
        (rss(item(1)).replace("utf-8", "gbk").encode("gbk"), {}, ["第 1 条"]),
        (
            rss(item(1)).replace(' encoding="utf-8"', "").encode("gb18030"),
            {"Content-Type": "text/xml; charset=gb18030"},
            ["第 1 条"],
        ),
        (gzip.compress(rss(item(1)).encode()), {"Content-Encoding": "gzip"}, ["第 1 条"]),
        (rss(item(1, "a" * 500)), {}, ["a" * 199 + "…"]),
    ],
    ids=["rss 2", "atom", "rdf", "rss 0.91", "broken", "gbk", "gb18030", "gzip", "long title"],
)
def test_feeds_of_every_kind_are_read(server, body, headers, titles):
    server.says["/rss"] = (200, {"Content-Type": XML, **headers}, body)
    row = feed(server)
    assert [each.title for each in read(row)] == titles
    assert not row.error
    assert row.next_at == NOW + reading.EVERY


def test_what_is_html_becomes_text_and_addresses_are_whole(server):
    server.says["/rss"] = (200, {}, ATOM)
    (entry,) = read(feed(server))
    assert entry.url == f"{server.url}/one"
    assert entry.summary == "第一段"


def test_entities_that_a_feed_declares_mean_nothing(server):
    server.says["/rss"] = (200, {"Content-Type": XML}, LAUGHS)
    assert sum(len(each.title) for each in read(feed(server))) < 300


def test_what_unpacks_to_more_than_is_read_is_refused(server):
    server.says["/rss"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * (5 << 20)))
    row = feed(server)
    read(row)
    assert row.error == "The other side's answer is too large."


def test_dates_that_cannot_be_survive(server):
    dates = ["Thu, 19 Nov 2099 08:00:00 GMT", "gestern", "", "Thu, 01 Jan 1970 00:00:00 GMT"]
    server.says["/rss"] = (200, {}, rss(*(item(n, date=date) for n, date in enumerate(dates))))
    assert {each.at for each in read(feed(server))} == {NOW}


def test_of_thousands_the_latest_are_kept_and_old_ones_are_no_news(server):
    many = [item(n, date=f"{1 + n % 19:02d} Nov 2026 0{n % 10}:00:00 GMT") for n in range(3000)]
    server.says["/rss"] = (200, {}, rss(*many, item(9999, date="Thu, 19 Nov 2020 08:00:00 GMT")))
    entries = read(feed(server))
    assert len(entries) == policies.MOST_ENTRIES
    assert all(each.at > NOW - timedelta(days=3) for each in entries)


# ------------------------------------------------------------------ once
def test_an_entry_is_one_by_its_id_its_address_or_its_title(server):
    row = feed(server)
    server.says["/rss"] = (200, {}, rss(item(1, "晨读")))
    assert len(read(row)) == 1
    again = [
        item(1, "晨读，改了题目"),  # the same id
        item(2, "换了编号", link="http://www.example.org/1/?utm_source=x"),  # the same address
        item(3, "晨 读！"),  # the same title within days
        item(4, "晨读", date="Tue, 10 Nov 2026 08:00:00 GMT"),  # a title that comes again and again
        item(5, "另一条"),
    ]
    server.says["/rss"] = (200, {}, rss(*again))
    assert {each.guid[-1] for each in read(row, NOW + timedelta(hours=1))} == {"1", "4", "5"}


def test_it_is_asked_only_for_what_is_new(server):
    server.says["/rss"] = (200, {"ETag": '"a"', "Last-Modified": "Thu, 19 Nov 2026 08:00:00 GMT"}, rss(item(1)))
    row = feed(server)
    read(row)
    assert len(read(row, NOW + timedelta(hours=1))) == 1
    asked = server.asked[-1][1]
    assert asked["If-None-Match"] == '"a"'
    assert asked["If-Modified-Since"].startswith("Thu")
    assert row.read_at == NOW + timedelta(hours=1)


def test_it_is_found_where_it_has_moved_to(server):
    server.says["/rss"] = (301, {"Location": "/new"}, "")
    server.says["/new"] = (200, {}, rss(item(1)))
    assert len(read(feed(server))) == 1


# ------------------------------------------------------------------ what cannot be read
def test_a_feed_that_is_gone_is_not_read_any_more_and_somebody_is_told(server):
    server.says["/rss"] = (410, {}, "")
    row = feed(server)
    read(row)
    assert (row.state, row.error) == (FeedState.FAILED, reading.IS_GONE)
    assert Alert.objects.get(key=f"feed:{row.pk}").params["title"] == "源"
    asked = len(server.asked)
    read(row, NOW + timedelta(days=1))
    assert len(server.asked) == asked
    actions.resume_feed(actor=SYSTEM, feed_id=row.pk)
    assert Alert.objects.get(key=f"feed:{row.pk}").resolved_at


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((404, {}, ""), reading.NOT_THERE),
        ((403, {}, ""), reading.NOT_FOR_US),
        ((503, {}, ""), reading.AWAY),
        ((200, {}, "<html>hi</html>"), reading.NO_FEED),
        ((200, {}, PAGE), reading.NO_FEED),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), reading.NO_FEED),
    ],
    ids=["404", "403", "503", "a page", "a page with a feed", "no gzip"],
)
def test_what_fails_is_tried_later_and_later_and_after_two_weeks_no_more(server, answer, said):
    server.says["/rss"] = answer
    row = feed(server)
    waits = []
    for hour in range(3):
        at = NOW + timedelta(hours=hour)
        read(row, at)
        waits.append(row.next_at - at)
    assert row.error == said
    assert waits == [reading.EVERY, 2 * reading.EVERY, 4 * reading.EVERY]
    read(row, NOW + reading.PATIENCE - timedelta(hours=1))
    assert row.state == FeedState.READ
    assert row.next_at <= NOW + reading.PATIENCE + reading.LONGEST_WAIT
    server.says["/rss"] = (200, {}, rss(item(1)))
    read(row, NOW + reading.PATIENCE)
    assert (row.failures, row.failing_since, row.error) == (0, None, "")
    server.says["/rss"] = answer
    read(row, NOW + timedelta(days=20))
    read(row, NOW + timedelta(days=35))
    assert row.state == FeedState.FAILED


def test_our_own_network_is_not_read_unasked(settings):
    settings.WEBHOOKS_INSIDE = False
    row = NewsFeed.objects.create(url="http://127.0.0.1:9/", title="源", next_at=NOW, created_at=NOW)
    read(row)
    assert row.error == "The address leads into a network of our own; it is not called."


def test_what_a_worker_has_taken_is_left_to_it(server):
    row = feed(server)
    with clock.at(NOW):
        assert reading._taken() == row
        assert reading._taken() is None


# ------------------------------------------------------------------ adding
def test_a_page_leads_to_its_feeds_and_shows_what_is_in_them(server):
    server.says |= {"/": (200, {"Content-Type": "text/html"}, PAGE), "/rss": (200, {}, rss(item(1), item(2)))}
    (found,) = actions.look_at(actor=SYSTEM, url=f"{server.url}/")
    assert found.url == f"{server.url}/rss"
    assert [each.title for each in found.found.entries] == ["第 1 条", "第 2 条"]
    with pytest.raises(Invalid, match="nothing at this address"):
        actions.look_at(actor=SYSTEM, url=f"{server.url}/none")
    with pytest.raises(Invalid, match="web address"):
        actions.look_at(actor=SYSTEM, url="file:///etc/passwd")


def test_an_address_is_read_once_for_a_community_and_every_change_is_on_record():
    home = world.a_community()
    operator = world.actor(world.member_of_staff(roles={home.pk: Role.OPERATOR}))
    made = actions.add_feed(actor=operator, url="example.org/rss", title="新知", community_id=home.pk)
    assert made.url == "https://example.org/rss"
    with pytest.raises(Conflict, match="新知"):
        actions.add_feed(actor=operator, url="https://example.org/rss", title="", community_id=home.pk)
    actions.change_feed(actor=operator, feed_id=made.pk, title="每日新知")
    actions.pause_feed(actor=operator, feed_id=made.pk)
    actions.resume_feed(actor=operator, feed_id=made.pk)
    actions.remove_feed(actor=operator, feed_id=made.pk)
    assert list(AuditEntry.objects.filter(object_kind="feed").order_by("id").values_list("action", flat=True)) == [
        f"feed.{what}" for what in ("added", "changed", "paused", "resumed", "removed")
    ]


def test_feeds_are_seen_by_those_whose_community_reads_them_and_changed_by_who_operates_it():
    home, other = world.a_community(), world.a_community()
    mine = actions.add_feed(actor=SYSTEM, url="https://a.example.org", title="甲", community_id=home.pk)
    theirs = actions.add_feed(actor=SYSTEM, url="https://b.example.org", title="乙", community_id=other.pk)
    all_of = actions.add_feed(actor=SYSTEM, url="https://c.example.org", title="丙", community_id=None)
    for role, person in world.everyone(home.pk).items():
        actor = world.actor(person)
        assert set(selectors.visible_feeds(actor)) == {mine, all_of}
        with pytest.raises(NotFound):
            actions.pause_feed(actor=actor, feed_id=theirs.pk)
        with pytest.raises(NotAllowed):
            actions.pause_feed(actor=actor, feed_id=all_of.pk)
        if not actor.may(Permission.OPERATE, home.pk):
            with pytest.raises(NotAllowed):
                actions.pause_feed(actor=actor, feed_id=mine.pk)
            assert role in {Role.VIEWER, Role.SERVICE}


def test_lists_of_feeds_come_and_go():
    listed = [Outline("https://a.example.org/rss?x=1&y=2", '甲 & "乙"'), Outline("https://b.example.org/", "丙")]
    text = policies.opml(listed)
    assert policies.outlines(text.encode()) == listed
    nested = b'<opml><body><outline text="f"><outline text="a" xmlUrl="https://a.example.org/rss?x=1&amp;y=2"/>'
    assert policies.outlines(nested) == [Outline("https://a.example.org/rss?x=1&y=2", "a")]
    assert actions.import_feeds(actor=SYSTEM, listed=listed, community_id=None) == (2, 0)
    assert actions.import_feeds(actor=SYSTEM, listed=listed, community_id=None) == (0, 2)
    with pytest.raises(Invalid, match="no feed in this file"):
        actions.import_feeds(actor=SYSTEM, listed=policies.outlines(b"\x00 none"), community_id=None)
