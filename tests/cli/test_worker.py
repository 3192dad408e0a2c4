"""The worker takes up what another one left unfinished."""

from datetime import timedelta

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from qunce.cli import worker
from qunce.kernel import clock
from qunce.kernel.jobs import deliver_events


@pytest.fixture(autouse=True)
def _no_other_jobs(transactional_db):
    forget_jobs()
    yield
    forget_jobs()


def forget_jobs():
    """Django empties its own tables after a test, the queue's it does not know."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def job_state(job_id):
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job_id])
        return (cursor.fetchone() or (None,))[0]


def begun_by_a_worker_last_heard_of(seconds_ago):
    job_id = deliver_events.defer()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s) RETURNING id",
            [clock.now() - timedelta(seconds=seconds_ago)],
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s",
            [cursor.fetchone()[0], job_id],
        )
    return job_id


def run_rescue():
    worker.rescue.defer(timestamp=0)
    with app.replace_connector(app.connector.get_worker_connector()) as working:
        working.run_worker(wait=False, install_signal_handlers=False, listen_notify=False, queues=["default"])


def test_a_job_of_a_dead_worker_runs_again():
    job_id = begun_by_a_worker_last_heard_of(31)
    run_rescue()
    assert job_state(job_id) in {"todo", "succeeded"}


def test_a_job_of_a_dead_worker_does_not_hold_up_the_same_that_waits():
    unfinished = begun_by_a_worker_last_heard_of(31)
    waiting = deliver_events.defer()
    run_rescue()
    assert job_state(unfinished) is None
    assert job_state(waiting) in {"todo", "succeeded"}


def test_a_job_of_a_living_worker_is_left_alone():
    job_id = begun_by_a_worker_last_heard_of(15)
    run_rescue()
    assert job_state(job_id) == "doing"
