"""A real homeserver with thirty rooms and sixty members, and the product as one runs it: one story in chapters.

Two accounts serve fifteen rooms each, because the homeserver's default limit, which stays on, lets an account say
ten things and then one in five seconds. The files named test_synapse_… are read in the order of their names.
"""

from types import SimpleNamespace

import pytest

from tests.e2e.rooms import MEMBERS, ROOMS, SIGN_UP
from tests.support.browser import DESK, PATIENCE
from tests.support.product import Product
from tests.support.synapse import at_once, unique


@pytest.fixture(scope="session")
def story(synapse, browser, tmp_path_factory):
    """Rooms with people and our two accounts invited; the product, set up through its pages."""
    product = Product(tmp_path_factory.mktemp("product") / "data folder")
    product.folder.mkdir()
    people = at_once([lambda n=n: synapse.register(unique(f"member{n}"), shown=f"成员{n}") for n in range(MEMBERS)])
    accounts = [synapse.register(unique(f"qunce{n}"), limited=True, shown="群秘书") for n in range(2)]
    hosts = at_once([lambda: synapse.register(unique("host"), shown="群主") for _ in range(4)])
    rooms = at_once([lambda n=n: _room(hosts[n % 4], n, accounts[n % 2]) for n in range(ROOMS)])
    for at, room in enumerate(rooms):
        room.members = people[at::ROOMS]
    at_once([lambda who=who, room=room: who.join(room.id) for room in rooms for who in room.members])
    # What was said before we came is history: it is read, and nobody reacts to it.
    at_once([lambda room=room: room.members[0].say(room.id, SIGN_UP) for room in rooms[:3]])
    context = browser.new_context(locale="en-GB", viewport=DESK)
    context.set_default_timeout(PATIENCE * 1000)
    try:
        product.start()
        page = context.new_page()
        yield SimpleNamespace(product=product, page=page, rooms=rooms, accounts=accounts, server=synapse)
    finally:
        context.close()
        product.stop()


def _room(host, number, account):
    name = f"城市书房 {number + 1:02} 群"
    made = host.create_room(name, invite=[account])
    return SimpleNamespace(id=made, name=name, host=host, account=account)
