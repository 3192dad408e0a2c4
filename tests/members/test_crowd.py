"""Lists and searches that read an index and no table from end to end."""

import pytest
from django.db import connection

from qunce.kernel import paging
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.members import selectors
from qunce.members.types import MemberFilter, MemberOrder
from tests.chat.support import account, adopted
from tests.support.crowd import crowd

pytestmark = pytest.mark.django_db
MANY = 20_000


@pytest.fixture
def many():
    group = adopted(account(), "!here")["!here"]
    crowd(MANY, [group.pk])
    group.refresh_from_db()
    return group


def plan_of(found, size=50):
    return found[:size].explain()


def test_the_list_walks_the_index_of_names(many):
    found, _key = selectors.find_members(SYSTEM, MemberFilter())
    plan = plan_of(found)
    assert "members_by_name" in plan, plan
    assert "Seq Scan on members_member" not in plan, plan


@pytest.mark.parametrize("text", ["zhangwei", "张伟", "id12345", "曾文"])
def test_a_search_asks_the_index_of_keys(many, text):
    plans = []
    with connection.execute_wrapper(_planned(plans)):
        found, _key = selectors.find_members(SYSTEM, MemberFilter(text=text))
        list(found[:50])
    assert "members_keys" in plans[0], plans
    assert not [plan for plan in plans if "Seq Scan on members_member" in plan], plans


def test_what_very_many_match_is_found_too(many, monkeypatch):
    found, _key = selectors.find_members(SYSTEM, MemberFilter(text="wang"))
    few = [member.pk for member in found]
    monkeypatch.setattr("qunce.members.selectors.people.FEW", 10)
    found, _key = selectors.find_members(SYSTEM, MemberFilter(text="wang"))
    assert [member.pk for member in found] == few


def test_a_page_far_down_begins_where_it_begins(many):
    cursor = ""
    found, key = selectors.find_members(SYSTEM, MemberFilter())
    for _ in range(3):
        page = paging.by_key(found, key=key, cursor=cursor, size=20, rising=True)
        cursor = page.older
    plans = []
    with connection.execute_wrapper(_planned(plans)):
        paging.by_key(found, key=key, cursor=cursor, size=20, rising=True)
    assert "Index Cond: (sort_key >=" in plans[0], plans


def _planned(plans):
    """Keeps the plan of every statement."""

    def explain(execute, sql, params, many_, context):
        with connection.connection.cursor() as cursor:
            cursor.execute("EXPLAIN " + sql, params)
            plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, params, many_, context)

    return explain


@pytest.mark.parametrize("order", MemberOrder)
@pytest.mark.parametrize("scoped", [False, True])
def test_all_pages_together_are_the_list(many, order, scoped):
    actor = Actor(id=1, name="Mei", grants={many.community_id: Role.VIEWER}) if scoped else SYSTEM
    found, key = selectors.find_members(actor, MemberFilter(text="wang", order=order))
    every = [member.pk for member in found]
    rising = order is MemberOrder.NAME
    down, cursor, pages = [], "", 0
    while pages == 0 or cursor:
        page = paging.by_key(found, key=key, cursor=cursor, size=100, rising=rising)
        down += [member.pk for member in page]
        cursor, pages = page.older, pages + 1
    assert down == every
    assert pages > 2
    back = paging.by_key(found, key=key, cursor=page.newer, size=100, rising=rising)
    assert [member.pk for member in back] == every[-100 - len(page) : -len(page)]
