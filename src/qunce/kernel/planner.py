"""What the database believes of its tables when it plans a statement."""

from django.db import connection

# -1 would be "never counted", from which the planner makes a good guess; of no pages it makes one, too.
_SEEM_EMPTY = """
SELECT quote_ident(relname) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples = 0 AND relpages > 0 ORDER BY 1
"""


def count_again() -> list[str]:
    """Let the tables be counted again that held nothing when the database last counted; returns which.

    What fills and is rolled back, as a rehearsal does, leaves pages without rows. When they fill again the planner
    takes each for one row, and goes through all of one for each of the thousands of another. Waits for nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SEEM_EMPTY)
        found = [name for (name,) in cursor.fetchall()]
        if found:
            cursor.execute(f"ANALYZE (SKIP_LOCKED) {', '.join(found)}")
    return found
