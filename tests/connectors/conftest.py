"""The generic suite runs once per registered connector; its tests may be coroutines."""

import asyncio
from importlib import import_module
from importlib.util import find_spec
from inspect import iscoroutinefunction

import pytest

from qunce.chat.connector import connectors
from tests.connectors.botapi import BotApi

FIXTURES = "tests.connectors.fixtures"


def pytest_generate_tests(metafunc):
    if "bench" in metafunc.fixturenames:
        # Matrix needs the homeserver: all that do run in one process.
        marks = {"matrix": [pytest.mark.xdist_group("synapse")]}
        keys = [pytest.param(key, marks=marks.get(key, [])) for key in sorted(connectors)]
        metafunc.parametrize("bench", keys, indirect=True)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if not iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in wanted}))
    return True


@pytest.fixture
def bench(request):
    """What the connector's own fixtures say of its platform; a connector without any fails here."""
    name = f"{FIXTURES}.{request.param}"
    if find_spec(name) is None:
        pytest.fail(f"the connector {request.param} has no tests/connectors/fixtures/{request.param}.py")
    return import_module(name).Platform(request)


@pytest.fixture
def kind(bench, request):
    """The connector's class."""
    return connectors[request.node.callspec.params["bench"]]


@pytest.fixture
def api():
    made = BotApi()
    with made.running():
        yield made


@pytest.fixture
def bot(api):
    return api.bot()
