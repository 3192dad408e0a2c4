"""What a broadcast carries: files, mentions, buttons, counted links; and what becomes of them where they cannot go."""

from dataclasses import replace
from importlib import import_module

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from qunce.chat import actions, policies, selectors
from qunce.chat.models import Broadcast, Delivery, Link
from qunce.chat.policies import Fit
from qunce.chat.selectors import links
from qunce.chat.selectors.targets import FITS
from qunce.chat.types import EVERYBODY, OURS, Button, Content, Manner, Media, Mention, Poll, Text, from_json, to_json
from qunce.kernel.errors import NotFound
from tests.chat import probe
from tests.chat.push import EVERYWHERE, OPERATOR, send, texts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("probes")]
BARE = probe.Probe.capabilities
PICTURE = Media("image", f"{OURS}{'a' * 64}", "海报.png", "image/png", 2000)
PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0"


def able(**more):
    return replace(BARE, **{"longest_text": 100, "mention": False, **more})


@pytest.mark.parametrize(
    ("part", "can", "becomes", "remarks", "obstacle"),
    [
        (Button("报名", "https://a.cn"), {}, Text("\n报名 https://a.cn"), {Fit.NO_BUTTON}, None),
        (Button("报名", "https://a.cn"), {"buttons": True}, Button("报名", "https://a.cn"), set(), None),
        (Mention(EVERYBODY, "所有人"), {}, Text("@所有人"), {Fit.NO_MENTION}, None),
        (Mention(EVERYBODY, "所有人"), {"mention": True}, Mention(EVERYBODY, "所有人"), set(), None),
        (Poll("几点?", ("8", "9")), {}, Text("几点?\n○ 8\n○ 9"), {Fit.NO_POLL}, None),
        (PICTURE, {}, PICTURE, set(), Fit.NO_FILES),
        (PICTURE, {"media": frozenset({"image"}), "largest_file": 1999}, PICTURE, set(), Fit.TOO_LARGE),
        (PICTURE, {"media": frozenset({"image"}), "largest_file": 2000}, PICTURE, set(), None),
        (
            PICTURE,
            {"media": frozenset({"file"}), "largest_file": 9999},
            replace(PICTURE, kind="file"),
            {Fit.PICTURE_AS_FILE},
            None,
        ),
        (Text("x" * 101), {}, Text("x" * 101), set(), Fit.TOO_LONG),
    ],
)
def test_what_is_sent_instead(part, can, becomes, remarks, obstacle):
    assert policies.fitted(Content((part,)), able(**can)) == (Content((becomes,)), remarks, obstacle)


def test_every_remark_has_its_sentence():
    assert set(FITS) == set(Fit)


def test_what_a_platform_cannot_do_is_seen_before_and_is_what_is_sent(groups, monkeypatch):
    monkeypatch.setattr(probe.Probe, "capabilities", able())
    manner = Manner(everybody=True, button=Button("报名", "https://a.cn"))
    (first, *_rest) = selectors.targets(OPERATOR, EVERYWHERE, "你好 {days} {staff}", manner=manner)
    assert first.text in {"@所有人 你好 0 Wei\n报名 https://a.cn", "@all 你好 0 Wei\n报名 https://a.cn"}
    assert set(first.remarks) == {FITS[Fit.NO_BUTTON], FITS[Fit.NO_MENTION]}
    broadcast = send("你好 {days} {staff}", manner=manner)
    assert texts(broadcast) == [first.text] * 3


def test_a_picture_leaves_out_who_cannot_get_it(groups, monkeypatch):
    (first, *_rest) = selectors.targets(OPERATOR, EVERYWHERE, "x", manner=Manner(attachments=(PICTURE,)))
    assert first.obstacle == FITS[Fit.NO_FILES]
    monkeypatch.setattr(probe.Probe, "capabilities", able(media=frozenset({"image"}), largest_file=10_000))
    broadcast = send("x", manner=Manner(attachments=(PICTURE,)))
    stored = Content.from_json(Delivery.objects.filter(broadcast=broadcast).first().content)
    assert stored == Content((Text("x"), PICTURE))


FILM, PAPER = (
    Media("video", "file:b", "b.mp4", "video/mp4", 9),
    Media("file", "file:c", "c.pdf", "application/pdf", 9),
)
SEEN = frozenset({"image", "video"})


@pytest.mark.parametrize(
    ("files", "albums", "apart"),
    [
        ((PICTURE,), (), False),
        ((PICTURE, FILM), (), True),
        ((PICTURE, FILM), (SEEN,), False),
        ((PICTURE, PAPER), (SEEN, frozenset({"file"})), True),
        ((PAPER, PAPER), (SEEN, frozenset({"file"})), False),
    ],
)
def test_several_files_come_one_after_the_other_where_no_album_holds_them(files, albums, apart):
    can = able(media=frozenset({"image", "video", "file"}), largest_file=9999, albums=albums)
    becomes, remarks, obstacle = policies.fitted(Content((Text("x"), *files)), can)
    assert (becomes.parts[1:], obstacle) == (files, None)
    assert (Fit.ONE_BY_ONE in remarks) == apart


def test_what_was_stored_with_one_file_has_a_list_of_one(groups):
    broadcast = send("x")
    one = {"attachment": to_json(PICTURE), "counted": True}
    for stored, expected in ((one, (PICTURE,)), ({"attachment": None}, ()), ({"counted": True}, ())):
        Broadcast.objects.filter(pk=broadcast.pk).update(manner=stored)
        with connection.cursor() as cursor:
            for statement in import_module("qunce.chat.migrations.0010_several_files").Migration.operations[0].sql:
                cursor.execute(statement)
        broadcast.refresh_from_db()
        assert from_json(Manner, broadcast.manner).attachments == expected
        assert "attachment" not in broadcast.manner


# ------------------------------------------------------------------ links
def shortened(text):
    found = []

    def short(url):
        found.append(url)
        return "#"

    return policies.relinked(Content.of(text), short).plain, found


@pytest.mark.parametrize(
    ("text", "becomes", "found"),
    [
        ("报名：https://a.cn/x?y=1。快来", "报名：#。快来", ["https://a.cn/x?y=1"]),
        ("(see http://a.cn).", "(see #).", ["http://a.cn"]),
        ("点https://a.cn，https://b.cn!", "点#，#!", ["https://a.cn", "https://b.cn"]),
        ("ftp://a.cn a.cn", "ftp://a.cn a.cn", []),
    ],
)
def test_addresses_are_found_where_people_see_them(text, becomes, found):
    assert shortened(text) == (becomes, found)


@given(st.text())
def test_nothing_but_addresses_is_touched(text):
    assert policies.relinked(Content.of(text), lambda url: url).plain == text


@override_settings(BASE_URL="https://q.example")
def test_each_group_has_links_of_its_own_and_people_are_counted(groups, django_assert_num_queries):
    broadcast = send("看 https://a.cn/{members} 。", manner=Manner(counted=True))
    assert Link.objects.count() == 3
    first = Link.objects.order_by("delivery_id").first()
    assert texts(broadcast)[0] == f"看 https://q.example/l/{first.token} 。"
    assert first.url == "https://a.cn/3"
    follow = actions.follow_link
    assert follow(token=first.token, user_agent=PERSON) == first.url
    follow(token=first.token, user_agent=PERSON)
    for machine in ("", "TelegramBot (like TwitterBot)", "Synapse (bot; +https://…)", "curl/8.5", "WhatsApp/2.23"):
        assert follow(token=first.token, user_agent=machine) == first.url
    in_apps = ("(Linux; Android 16; CUBOT NOTE 50) Chrome/142", "(Linux; Android 16) Telegram-Android/12.1 (Pixel)")
    for app in in_apps:
        follow(token=first.token, user_agent=f"Mozilla/5.0 {app}")
    with pytest.raises(NotFound):
        follow(token="nothing", user_agent=PERSON)
    assert links.clicks_of(broadcast.pk, [first.delivery_id])[first.delivery_id] == 4
    found = links.clicks(broadcast.pk)
    assert (found.total, found.groups) == (4, 1)


def test_without_an_address_of_our_own_nothing_is_counted(groups):
    broadcast = send("看 https://a.cn", manner=Manner(counted=True))
    assert texts(broadcast)[0] == "看 https://a.cn"
    assert links.clicks(broadcast.pk) is None


@override_settings(BASE_URL="https://q.example")
def test_short_addresses_count_as_text(groups, monkeypatch):
    monkeypatch.setattr(probe.Probe, "capabilities", able(longest_text=20))
    (first, *_rest) = selectors.targets(OPERATOR, EVERYWHERE, "http://a.cn", manner=Manner(counted=True))
    assert first.obstacle == FITS[Fit.TOO_LONG]
