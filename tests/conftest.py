"""One embedded PostgreSQL for the whole run, in a folder of its own; each test process has its own database in it."""

import asyncio
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.db import connection
from hypothesis import settings as hypothesis_settings

from qunce.cli.postgres import Server

pytest_plugins = ["tests.support.server", "tests.support.browser", "tests.support.synapse"]

# Nothing here survives the run, so nothing has to reach the disk.
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}

# Settings read the environment, and models are imported by the first test module: both before any hook runs.
is_worker = "PYTEST_XDIST_WORKER" in os.environ
if not is_worker:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="qunce-test-", dir=memory))
    folder.chmod(0o711)
    server = Server(folder, HASTY)
    os.environ.update(
        DATABASE_URL=server.url(),
        DJANGO_SETTINGS_MODULE="qunce.config.settings",
        QUNCE_DATA_DIR=str(folder),
        QUNCE_QUIET_HOURS="",  # tests run at night, too
        QUNCE_SECRET_KEY="5" * 64,
        QUNCE_TESTING="1",
    )
django.setup()
if is_worker:
    # Files are known by their content: what one process hands in, another one must not take away. The settings may have
    # been read before this line, with the folder of all.
    settings.DATA_DIR = Path(os.environ["QUNCE_DATA_DIR"], os.environ["PYTEST_XDIST_WORKER"])
    settings.DATA_DIR.mkdir(exist_ok=True)
    settings.MEDIA_ROOT = settings.DATA_DIR / "files"
    os.environ["QUNCE_DATA_DIR"] = str(settings.DATA_DIR)
hypothesis_settings.register_profile("qunce", deadline=None)  # a busy machine is no finding
hypothesis_settings.load_profile("qunce")
settings.LANGUAGE_CODE = "en"  # tests read sentences in English, whatever catalogues are compiled


def pytest_configure() -> None:
    if not is_worker:
        server.start()


def pytest_unconfigure() -> None:
    if not is_worker:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_modifyitems(items) -> None:
    """Tests with a browser come last: its driver keeps an event loop in the tests' thread from then on."""
    items.sort(key=lambda item: "new_context" in item.fixturenames)


_run = asyncio.run


def _run_beside(main, **options):
    """What `asyncio.run` does, in a thread of its own where the browser's event loop is in the way."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(main, **options)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run, main, **options).result()


asyncio.run = _run_beside


_EMPTY = """
DO $$ DECLARE name regclass; size bigint; BEGIN
    FOREACH name IN ARRAY ARRAY[{}]::regclass[] LOOP
        SELECT sum(pg_relation_size(relid)) INTO size FROM pg_partition_tree(name);
        IF coalesce(size, pg_relation_size(name)) > 500000 THEN
            EXECUTE format('TRUNCATE %s CASCADE', name);
        ELSE
            EXECUTE format('DELETE FROM %s', name);
        END IF;
    END LOOP;
END $$"""


def _emptied(_operations, _style, tables, **_options):
    """Statements that empty tables: a hundred times as quick as TRUNCATE, which makes new files for each.

    What has held much is truncated all the same: its dead rows would slow every test that follows.
    """
    names = ", ".join(f"'\"{table}\"'" for table in tables)
    return [
        "SET session_replication_role = replica",
        _EMPTY.format(names),
        "SET session_replication_role = DEFAULT",
    ]


connection.ops.__class__.sql_flush = _emptied


@pytest.fixture
def data_dir():
    """An empty data folder that a server may be started in; its path has a space, as people's folders do."""
    made = Path(tempfile.mkdtemp(prefix="qunce data "))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What a process remembers of the database ends with each test's data, which may be rolled back."""
    yield
    from qunce.chat.actions import partitions, recognition
    from qunce.chat.actions.ingest import stages
    from qunce.memberpages.doors import guesses

    recognition.memory.forget()
    stages.cache_clear()
    guesses.forget()
    partitions._made.clear()


@pytest.fixture(scope="session", autouse=True)
def quiet_at_the_end(django_db_setup):
    """No connection of ours is open when the test database is dropped."""
    yield
    from qunce.kernel import live

    live.hang_up()


@pytest.fixture(scope="session")
def base_url():
    """Each browser context names its own; the browser plug-in's fixture of this name is in an outdated style."""
    return ""
