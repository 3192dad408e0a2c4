"""Members' own pages: nobody sees another's, whatever link, browser or address they try; nothing of them leaks."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from qunce.community.models import Community
from qunce.kernel import clock
from qunce.kernel.actor import SYSTEM
from qunce.kernel.limits import Limit
from qunce.members import actions, selectors
from qunce.members.models import Identity, MemberLink
from tests.chat import support
from tests.support import world
from tests.support.browser import page_ok, shoot

PAGES = ("home", "stored", "stored_file", "mute", "about")


@pytest.fixture
def people(db):
    """A community with two members; returns it and their ids."""
    account = support.account()
    group = support.adopted(account, "!a")["!a"]
    Community.objects.filter(pk=group.community_id).update(
        purpose="一起读完难读的书", promise="每周一次有人讲透一章", shared_goal="一个月一本"
    )
    support.live(
        account,
        support.said("!a", "早", name="张三丰"),
        support.said("!a", "早", name="张三丰"),
        support.said("!a", "早", by="@li", name="李四光"),
    )
    ids = {each.external_id: each.member_id for each in Identity.objects.all()}
    return group, ids["@zhang"], ids["@li"]


def path_of(member_id, group, **more):
    return actions.make_link(actor=SYSTEM, member_id=member_id, community_id=group.community_id, **more)


def enter(client, path):
    """As a person does: open the link, press the button; returns where that leads."""
    token = path.strip("/").rpartition("/")[2]
    assert client.get(path).status_code == 200
    answer = client.post("/m/open/", {"token": token})
    assert answer.status_code == 302
    return answer["Location"].strip("/").rpartition("/")[2]


def address(name, ref):
    return reverse(f"memberpages:{name}", kwargs={"ref": ref})


# ------------------------------------------------------------------ who sees what
def test_a_member_sees_their_own(people, client):
    group, zhang, _li = people
    ref = enter(client, path_of(zhang, group))
    shown = client.get(address("home", ref)).content.decode()
    for said in ("一起读完难读的书", "每周一次有人讲透一章", "一个月一本", group.name):
        assert said in shown
    stored = client.get(address("stored", ref)).content.decode()
    assert "@zhang" in stored
    assert "2 messages counted" in stored
    assert "李四光" not in stored
    told = json.loads(client.get(address("stored_file", ref)).content)
    assert [each["id"] for each in told["accounts"]] == ["@zhang"]
    assert [each["messages_counted"] for each in told["groups"]] == [2]
    assert MemberLink.objects.get().last_used_at is not None


def test_no_link_shows_anybody_elses_pages(people):
    group, zhang, li = people
    browsers = {member: Client() for member in (zhang, li)}
    refs = {member: enter(browser, path_of(member, group)) for member, browser in browsers.items()}
    for mine, theirs in ((zhang, li), (li, zhang)):
        for name in PAGES:
            assert browsers[mine].get(address(name, refs[mine])).status_code == 200
            refused = browsers[mine].get(address(name, refs[theirs]))
            assert refused.status_code == 404
            assert "李四光" not in refused.content.decode()
            assert "张三丰" not in refused.content.decode()
        browsers[mine].post(address("mute", refs[theirs]), {"muted": "yes"})
    assert selectors.muted([zhang, li]) == set()


def test_a_cookie_of_one_link_is_none_of_another(people, client):
    group, zhang, li = people
    mine, theirs = enter(client, path_of(zhang, group)), enter(Client(), path_of(li, group))
    client.cookies[f"member-{theirs}"] = client.cookies[f"member-{mine}"].value
    assert client.get(address("stored", theirs)).status_code == 404
    client.cookies[f"member-{mine}"] = client.cookies[f"member-{mine}"].value[:-1] + "x"
    assert client.get(address("stored", mine)).status_code == 404


def test_another_browser_is_refused_and_the_first_one_comes_back_by_the_link(people):
    group, zhang, _li = people
    path, first, second = path_of(zhang, group), Client(), Client()
    ref = enter(first, path)
    refused = second.get(path)
    assert refused.status_code == 404
    assert "ask for a new link in the group" in refused.content.decode()
    assert second.post("/m/open/", {"token": path.strip("/").rpartition("/")[2]}).status_code == 404
    assert second.get(address("home", ref)).status_code == 404
    assert first.get(path)["Location"] == address("home", ref)


def test_looking_at_a_link_does_not_open_it(people):
    """Chat apps fetch links to show a preview."""
    group, zhang, _li = people
    path = path_of(zhang, group)
    preview = Client().get(path).content.decode()
    assert "张三丰" not in preview
    assert Client().head(path).status_code == 200
    assert enter(Client(), path)


def test_unknown_expired_revoked_and_taken_look_the_same(people):
    group, zhang, _li = people
    taken, revoked, expired = (path_of(zhang, group) for _n in range(3))
    enter(Client(), taken)
    links = list(MemberLink.objects.order_by("pk"))
    actions.revoke_link(actor=SYSTEM, link_id=links[1].pk)
    MemberLink.objects.filter(pk=links[2].pk).update(expires_at=clock.now() - timedelta(seconds=1))
    answers = [
        Client().get(path) for path in (taken, revoked, expired, "/m/open/unknown/", f"/m/{links[0].ref}/", "/m/x/")
    ]
    bodies = {answer.content.decode().partition("csrfmiddlewaretoken")[0] for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(bodies) == 1


def test_an_opened_link_ends_when_it_is_revoked_or_runs_out(people, client):
    group, zhang, _li = people
    ref = enter(client, path_of(zhang, group, expires_in=timedelta(days=3)))
    with clock.at(clock.now() + timedelta(days=4)):
        assert client.get(address("stored", ref)).status_code == 404
    actions.revoke_links(actor=SYSTEM, member_id=zhang)
    for name in PAGES:
        assert client.get(address(name, ref)).status_code == 404


def test_guesses_are_limited_and_hinder_nobody_who_is_in(people, client):
    group, zhang, _li = people
    ref, path = enter(client, path_of(zhang, group)), path_of(zhang, group)
    for number in range(20):
        assert Client().get(f"/m/open/guess{number}/").status_code == 404
    halted = Client().get("/m/open/guess/")
    assert (halted.status_code, halted["Retry-After"]) == (429, "600")
    assert Client().get(path).status_code == 429
    assert client.get(address("home", ref)).status_code == 200
    with clock.at(clock.now() + timedelta(minutes=11)):
        assert Client().get(path).status_code == 200


def test_a_limit_forgets():
    limit = Limit(2, timedelta(minutes=1))
    limit.failed("a")
    assert not limit.reached("a")
    limit.failed("a")
    assert limit.reached("a")
    assert not limit.reached("b")
    with clock.at(clock.now() + timedelta(minutes=2)):
        assert not limit.reached("a")
        limit.failed("a")
        assert not limit.reached("a")


# ------------------------------------------------------------------ what leaks
def test_nothing_is_kept_on_the_way_and_no_token_is_logged(people, client, caplog):
    group, zhang, _li = people
    path, wrong = path_of(zhang, group), "/m/open/a-wrong-token-of-somebody/"
    with caplog.at_level(logging.DEBUG):
        ref = enter(client, path)
        answers = [client.get(address(name, ref)) for name in PAGES]
        answers += [client.get(path), Client().get(path), Client().get(wrong)]
        Client(enforce_csrf_checks=True).post("/m/open/", {"token": path.strip("/").rpartition("/")[2]})
    for answer in answers:
        assert "no-store" in answer["Cache-Control"]
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert path.strip("/").rpartition("/")[2] not in caplog.text
    assert "a-wrong-token" not in caplog.text
    cookie = client.cookies[f"member-{ref}"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/m/")
    assert path.strip("/").rpartition("/")[2] not in cookie.value


def test_staff_have_no_way_in_by_their_role(people, client):
    group, zhang, _li = people
    ref = enter(Client(), path_of(zhang, group))
    client.force_login(world.owner())
    for name in PAGES:
        assert client.get(address(name, ref)).status_code == 404


# ------------------------------------------------------------------ what it does
def test_muting_and_language(people, client):
    group, zhang, _li = people
    ref = enter(client, path_of(zhang, group))
    client.post(address("mute", ref), {"muted": "yes"})
    assert selectors.muted([zhang]) == {zhang}
    assert "You are left in peace" in client.get(address("mute", ref)).content.decode()
    client.post(address("mute", ref), {"muted": "no"})
    assert selectors.muted([zhang]) == set()
    for back, leads in (
        (address("home", ref), address("home", ref)),
        ("https://evil.example/m/", "/"),
        ("//evil.example", "/"),
        ("/groups/", "/"),
    ):
        assert client.post("/m/language/", {"language": "en", "next": back})["Location"] == leads


def test_from_the_members_page_to_the_members_phone(browse, people):
    _group, zhang, _li = people
    page = browse(f"/members/{zhang}/", world.owner())
    page.get_by_role("button", name="Make the link").click()
    page.get_by_label("Link to the own pages").wait_for()
    link = page.get_by_label("Link to the own pages").input_value()
    page_ok(page, "member-links")
    phone = browse(link.partition("/m/")[1] + link.partition("/m/")[2], phone=True)
    phone.get_by_role("button", name="Open my pages").click()
    phone.get_by_role("heading", name="Hello 张三丰").wait_for()
    page_ok(phone, "own-home")
    phone.locator("nav summary").click()
    phone.get_by_role("link", name="Stored about me").click()
    phone.get_by_text("2 messages counted").wait_for()
    page_ok(phone, "own-stored")
    phone.locator("nav summary").click()
    phone.get_by_role("link", name="Peace and quiet").click()
    phone.get_by_role("button", name="Leave me in peace").click()
    phone.get_by_role("heading", name="You are left in peace").wait_for()
    page_ok(phone, "own-mute")
    phone.locator("nav summary").click()
    phone.get_by_role("link", name="Whom to ask").click()
    page_ok(phone, "own-about")
    phone.get_by_role("button", name="简体中文").click()
    phone.wait_for_load_state("load")
    assert phone.locator("html").get_attribute("lang") == "zh-Hans"
    other = browse(link.partition("/m/")[1] + link.partition("/m/")[2], phone=True, dark=True)
    other.get_by_text("This link does not open here").first.wait_for()
    shoot(other, "own-closed-dark")
    page.reload()
    page.get_by_text("In use").wait_for()
    page.get_by_text("Does not want to be mentioned").wait_for()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("Revoked").wait_for()
    phone.reload()
    phone.locator("h1").wait_for()
    assert phone.url.endswith("/about/")
    assert phone.locator("nav").count() == 0
