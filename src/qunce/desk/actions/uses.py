"""The pipeline's part: the count of how often rules answer."""

from collections.abc import Mapping
from datetime import datetime

from qunce.kernel import wire


def use_rules(*, asked: Mapping[tuple[int, int], int], at: datetime) -> dict[tuple[int, int], int]:
    """Count the use of rules, as (rule, group) with how often; returns those that may answer, each with its turn.

    The turn is how often the rule had answered in the group before: it says whose of several answers it is.

    A rule that is cooling down in the group, or was switched off or deleted a moment ago, may not and is not
    counted. Exact under concurrency: the row is locked, and judged again as whoever held it has left it. Runs
    in the caller's transaction.
    """
    rows = [(rule_id, group_id, times) for (rule_id, group_id), times in sorted(asked.items())]
    with wire.ahead() as cursor:
        # FOR KEY SHARE is what the foreign key takes anyway; deleting and switching off wait for it.
        cursor.execute(
            "WITH alive AS (SELECT id FROM desk_keywordrule WHERE id = ANY(%(rules)b::bigint[]) AND enabled"
            " AND deleted_at IS NULL FOR KEY SHARE)"
            " INSERT INTO desk_keyworduse AS used (rule_id, group_id, last_at, times)"
            " SELECT asked.* FROM (SELECT unnest(%(rules)b::bigint[]) AS rule_id, unnest(%(groups)b::bigint[]),"
            " %(at)b::timestamptz, unnest(%(times)b::bigint[])) asked JOIN alive ON alive.id = asked.rule_id"
            " ORDER BY 1, 2"
            " ON CONFLICT (rule_id, group_id) DO UPDATE SET times = used.times + EXCLUDED.times,"
            " last_at = greatest(used.last_at, EXCLUDED.last_at)"
            " WHERE (SELECT rule.cooldown_seconds = 0"
            " OR used.last_at + make_interval(secs => rule.cooldown_seconds) <= EXCLUDED.last_at"
            " FROM desk_keywordrule rule WHERE rule.id = used.rule_id)"
            " RETURNING rule_id, group_id, times",
            {
                "rules": [row[0] for row in rows],
                "groups": [row[1] for row in rows],
                "times": [row[2] for row in rows],
                "at": at,
            },
            binary=True,
        )
        return {(rule, group): times - asked[rule, group] for rule, group, times in cursor.fetchall()}
