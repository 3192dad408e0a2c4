"""What a person sends to groups is counted with the item; members read, rate and save; nothing else is reachable."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from qunce.chat import actions as chat
from qunce.chat.types import Manner, Media, Selection
from qunce.content import actions, selectors
from qunce.content.models import ItemRating, ItemUse
from qunce.content.types import ItemKind, Openness, UseWay
from qunce.kernel.actor import SYSTEM
from qunce.kernel.events import deliver_pending
from qunce.members import actions as members
from qunce.members.models import Identity
from tests.chat import support
from tests.content.support import article, published, stored
from tests.support import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def group():
    return support.adopted(support.account(), "!a", "!b")["!a"]


@pytest.fixture
def inside(group, client):
    """A member's browser that has opened their link; the link's reference; the community."""
    support.live(support.Account.objects.get(), support.said("!a", "早", name="张三"))
    member_id = Identity.objects.get(external_id="@zhang").member_id
    path = members.make_link(actor=SYSTEM, member_id=member_id, community_id=group.community_id)
    answer = client.post("/m/open/", {"token": path.strip("/").rpartition("/")[2]})
    return client, answer["Location"].strip("/").rpartition("/")[2], group.community_id


def send(row, **manner):
    return chat.send_broadcast(
        actor=SYSTEM,
        text="看",
        selection=Selection(everywhere=True),
        submission=uuid4(),
        manner=Manner(about=f"item:{row.pk}", **manner),
    )


# ------------------------------------------------------------------ by hand
def test_each_group_that_a_broadcast_reaches_is_a_use_once_and_a_trial_is_none(group):
    row = published("一")
    send(row, test=True)
    send(row)
    deliver_pending()
    deliver_pending()
    uses = ItemUse.objects.filter(item=row)
    assert {use.way for use in uses} == {UseWay.BY_HAND}
    assert len({use.group_id for use in uses}) == len(uses) == 2
    assert [(each.asked, each.arrived) for each in selectors.counts(row)] == [(2, 0)]


def test_what_a_broadcast_begins_with(settings):
    settings.BASE_URL = "https://q.example"
    ready = selectors.ready([published("案例", kind=ItemKind.FILE, files=(stored(),)).pk])
    (composed,) = [selectors.composed(each) for each in ready.values()]
    assert [type(part).__name__ for part in composed.parts] == ["Text", "Media"]
    assert isinstance(composed.parts[1], Media)
    row = published("长文")
    text = selectors.composed(selectors.ready([row.pk])[row.pk]).plain
    path = text.rpartition("https://q.example")[2]
    answer = Client().get(path, headers={"User-Agent": "Mozilla/5.0"})
    assert "正文" in answer.content.decode()
    assert Client().get(path.replace("/m/i/", "/m/i/9")).status_code == 404


# ------------------------------------------------------------------ members
def test_a_member_finds_reads_and_rates_and_the_last_word_counts(inside):
    client, ref, home = inside
    row = published("拆书案例", community_id=home, body="**重点**", summary="四个群")
    listed = client.get(reverse("memberpages:library", args=[ref]), {"q": "anli"}).content.decode()
    assert "拆书案例" in listed
    address = reverse("memberpages:library_item", args=[ref, row.pk])
    for _again in range(2):
        assert "<strong>重点</strong>" in client.get(address).content.decode()
    use = ItemUse.objects.get()
    assert (use.way, use.times, use.group_id) == (UseWay.MEMBER_PAGE, 2, None)
    for stars in (3, 5):
        client.post(reverse("memberpages:library_rate", args=[ref, row.pk]), {"stars": stars})
    assert list(ItemRating.objects.values_list("stars", flat=True)) == [5]
    assert selectors.ratings([row.pk])[row.pk].stars == 5
    answer = client.post(reverse("memberpages:library_rate", args=[ref, row.pk]), {"stars": "9"})
    assert answer.status_code == 422


def test_nobody_outside_reaches_what_is_not_open_to_them(inside):
    client, ref, home = inside
    file = stored()
    closed = [
        article("草稿", kind=ItemKind.FILE, files=(file,), community_id=home),
        published("团队", kind=ItemKind.FILE, files=(file,), community_id=home, openness=Openness.TEAM),
        published("别处", kind=ItemKind.FILE, files=(file,), community_id=world.a_community("别处").pk),
        actions.archive_item(actor=SYSTEM, item_id=published("旧", kind=ItemKind.FILE, files=(file,)).pk),
    ]
    for row in closed:
        for name, args in (
            ("library_item", [ref, row.pk]),
            ("library_file", [ref, row.pk, file.sha256]),
        ):
            assert client.get(reverse(f"memberpages:{name}", args=args)).status_code == 404, (row.title, name)
        gone = client.get(reverse("memberpages:library_item", args=[ref, row.pk])).content.decode()
        assert "not in the library" in gone
        assert row.title not in gone
        assert client.post(reverse("memberpages:library_rate", args=[ref, row.pk]), {"stars": 5}).status_code == 404
    for row in closed[:2] + closed[3:]:
        token = selectors.address_token(row.pk)
        assert Client().get(reverse("memberpages:handed", args=[token])).status_code == 404
        assert Client().get(reverse("memberpages:handed_file", args=[token, file.sha256])).status_code == 404
    listed = client.get(reverse("memberpages:library", args=[ref])).content.decode()
    assert not any(row.title in listed for row in closed)
    assert not ItemRating.objects.exists()
    open_ = published("开放", kind=ItemKind.FILE, files=(file,), community_id=home)
    assert client.get(reverse("memberpages:library_file", args=[ref, open_.pk, file.sha256])).status_code == 200
    assert Client().get(reverse("memberpages:library_item", args=[ref, open_.pk])).status_code == 404


def test_a_page_of_an_old_version_serves_what_is_published_alone(inside):
    client, ref, home = inside
    first, second = stored("一.pdf", b"1"), stored("二.pdf", b"2")
    row = published("案例", kind=ItemKind.FILE, files=(first,), community_id=home)
    document = selectors.document_of(row).model_copy(update={"files": (second,)})
    actions.change_item(
        actor=SYSTEM, item_id=row.pk, edition=1, document=document, key=row.key, openness=Openness.MEMBERS
    )
    assert client.get(reverse("memberpages:library_file", args=[ref, row.pk, second.sha256])).status_code == 404
    actions.publish_item(actor=SYSTEM, item_id=row.pk, edition=2)
    assert client.get(reverse("memberpages:library_file", args=[ref, row.pk, first.sha256])).status_code == 404
    assert client.get(reverse("memberpages:library_file", args=[ref, row.pk, second.sha256])).status_code == 200
