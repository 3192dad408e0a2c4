"""Ids made by the application: UUIDv7, in order of time."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A UUIDv7 as the standard library's type (psycopg and Django know no other)."""
    return UUID(int=uuid_utils.uuid7().int)
