"""Very many members at once, for what has to stay quick with a million of them."""

import random

from django.db import connection

from qunce.kernel import clock
from qunce.members import policies

FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉梅建国文波宁红斌辉鑫宇晨雨欣怡"
DIFFERENT = 20_000


def crowd(count, group_ids, *, platform="sandbox", seed=7):
    """``count`` members of some 20,000 different names, each in one of the groups; a tenth has left."""
    rng = random.Random(seed)
    names = [_name(rng) for _ in range(min(DIFFERENT, count))]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM members_member")
        (first,) = cursor.fetchone()
        cursor.execute(
            "CREATE TEMPORARY TABLE crowd_names AS SELECT * FROM"
            " unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS n(name, sort_key, keys, number)",
            [
                names,
                [policies.sort_key(name) for name in names],
                [policies.keys_text(policies.search_keys([name])) for name in names],
            ],
        )
        numbers = {"first": first, "count": count, "names": len(names), "now": clock.now(), "platform": platform}
        cursor.execute(
            "INSERT INTO members_member (id, root_id, name, sort_key, keys, merged_by_name, tags, is_bot, is_core, is_team,"
            " named_name, step, step_by_name, created_at) SELECT %(first)s + g, %(first)s + g, n.name, n.sort_key,"
            " array_to_tsvector(string_to_array(n.keys, E'\\n') || ('id' || %(first)s + g)), '', CASE WHEN g %% 50 = 0"
            " THEN '{新手}'::text[] ELSE '{}' END, false, g %% 5000 = 0, false, '', '', '', %(now)s"
            " FROM generate_series(1, %(count)s) AS g JOIN crowd_names n ON n.number = g %% %(names)s + 1",
            numbers,
        )
        cursor.execute(
            "INSERT INTO members_identity (id, member_id, home_id, platform, external_id, name, is_bot, created_at)"
            " SELECT %(first)s + g, %(first)s + g, %(first)s + g, %(platform)s, 'id' || %(first)s + g, n.name, false,"
            " %(now)s FROM generate_series(1, %(count)s) AS g JOIN crowd_names n ON n.number = g %% %(names)s + 1",
            numbers,
        )
        cursor.execute(
            "INSERT INTO members_membership (group_id, identity_id, nickname, source, seen_at, joined_at, left_at,"
            " heard) SELECT (%(groups)s::bigint[])[g %% cardinality(%(groups)s::bigint[]) + 1], %(first)s + g, '', '',"
            " %(now)s, %(now)s, CASE WHEN g %% 10 = 0 THEN %(now)s::timestamptz END, false"
            " FROM generate_series(1, %(count)s) AS g",
            {**numbers, "groups": list(group_ids)},
        )
        cursor.execute("DROP TABLE crowd_names")
        for table in ("members_member", "members_identity"):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")
        cursor.execute("ANALYZE members_member, members_identity, members_membership")


def _name(rng):
    if rng.random() < 0.1:
        return f"user{rng.randrange(10**6)}"
    return rng.choice(FAMILY) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))
