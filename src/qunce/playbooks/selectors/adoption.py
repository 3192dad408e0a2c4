"""What a playbook's author expected, beside what happens."""

from dataclasses import dataclass

from django.db import connection

from qunce.kernel.actor import SYSTEM, Actor
from qunce.members import selectors as members
from qunce.playbooks.policies.walking import taking_part
from qunce.playbooks.selectors.playbooks import compiled
from qunce.playbooks.selectors.runs import run as one_run
from qunce.playbooks.types import Plan


@dataclass(frozen=True, slots=True)
class Adoption:
    """The plan of a run's version, and its calls: how many, how many people were asked, how many have answered.

    Of a call to a whole group those are asked who are in it; ``takes_part`` None: nobody was asked yet.
    """

    plan: Plan
    calls: int
    asked: int
    answered: int

    @property
    def takes_part(self) -> float | None:
        """The share that really answers."""
        return taking_part(self.answered, self.asked)

    @property
    def far_below(self) -> bool:
        """Whether less than half of those take part who were expected."""
        share, planned = self.takes_part, self.plan.takes_part
        return share is not None and planned is not None and share < planned / 2


def adoption(actor: Actor, run_id: int) -> Adoption:
    """Plan and reality of a run, in two statements; calls that are still open do not count yet."""
    row = one_run(actor, run_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH calls AS (SELECT id, group_id, member_id FROM playbooks_call WHERE run_id = %s"
            " AND closed_at IS NOT NULL), answered AS (SELECT count(*) AS number FROM playbooks_callanswer a"
            " JOIN calls c ON c.id = a.call_id) SELECT c.group_id, count(*), count(c.member_id), answered.number"
            " FROM calls c CROSS JOIN answered GROUP BY c.group_id, answered.number",
            [row.pk],
        )
        rows = cursor.fetchall()
    people = members.known_counts(SYSTEM, [group_id for group_id, *_rest in rows])
    asked = sum(single + (calls - single) * people.get(group_id, 0) for group_id, calls, single, _answered in rows)
    calls = sum(each[1] for each in rows)
    return Adoption(compiled(row.version_id).document.plan, calls, asked, rows[0][3] if rows else 0)
