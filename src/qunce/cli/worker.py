"""The worker role: background jobs and the clock."""

import asyncio
import logging
import sys

from procrastinate import JobContext, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status

from qunce.kernel import health

AT_ONCE = 4  # jobs
PATIENCE = 3.0  # seconds without the database after which the worker gives up, to be started again
FINISH = 1.0  # seconds that running jobs get at shutdown; whatever is cut off runs again


@app.periodic(cron="* * * * * */30")
@app.task(name="worker.rescue", queueing_lock="worker.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 (procrastinate passes the tick)
    """Run again what a worker was doing that has not been heard of for 30 s.

    Where the same waits already, that one does it, and what was left unfinished no longer holds it up.
    """
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await manager.retry_job(job)
        except UniqueViolation:
            await manager.finish_job(job, Status.FAILED, delete_job=True)


def work() -> int:
    """Do jobs until SIGTERM or SIGINT; returns the exit code, 1 when the database was lost."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_news)
    with health.beating("worker"):
        try:
            asyncio.run(_work())
        except ConnectorException as error:
            print(f"The worker lost the database: {error.__cause__ or error}", file=sys.stderr)
            return 1
    return 0


async def _work() -> None:
    # The connector of Django's own app cannot listen for jobs.
    connector = PsycopgConnector(kwargs=connector_params(), timeout=PATIENCE)
    async with app.with_connector(connector).open_async() as working:
        await working.run_worker_async(
            concurrency=AT_ONCE, delete_jobs="successful", shutdown_graceful_timeout=FINISH
        )


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log record says more than that the database is gone, which ``work`` says once and in one line."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectorException))
