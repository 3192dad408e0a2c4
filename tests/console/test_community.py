"""The pages of communities, in a browser."""

import pytest

from qunce.community.models import Community
from qunce.kernel.actor import Role
from tests.support import world
from tests.support.browser import page_ok

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_empty_list_leads_to_the_first_community(browse):
    page = browse("/communities/", world.owner())
    page.get_by_role("link", name="Found the first one").click()
    page.get_by_label("Name").fill("Night readers")
    page_ok(page, "community-new")
    page.get_by_label("Shared goal").fill("One book a month")
    page.get_by_role("checkbox", name="English").check()
    page.get_by_role("button", name="Found it").click()
    page.get_by_role("heading", name="Night readers").wait_for()
    assert page.get_by_text("One book a month").count()
    page_ok(page, "community-empty")
    assert Community.objects.get().languages == ["zh-hans", "en"]
