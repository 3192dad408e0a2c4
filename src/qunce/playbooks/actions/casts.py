"""Who is on the stage of a rehearsal: copies of groups, or groups that do not exist; both as one map of numbers.

Only within the rehearsal's transaction, which is rolled back.
"""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from qunce.chat.actions import clones as wire
from qunce.chat.actions.clones import AccountCopy
from qunce.community import selectors as community
from qunce.community.actions.clones import clone_groups, simulate_groups
from qunce.community.types import LANGUAGES, GroupFacts
from qunce.kernel import planner
from qunce.members.actions.clones import clone_people, simulate_people
from qunce.playbooks.actions.rota_copies import copy_rotas, members_in_rotas, simulate_rotas
from qunce.playbooks.types.rehearsal import Simulated

MOST_PEOPLE, STAND_INS = 20, 5
PLATFORM = "sandbox"
A_MONTH = timedelta(days=30)
_PEOPLE = gettext_noop("Some groups have no members that are known: simulated ones stand in.")
_GROUPS = gettext_noop("All groups and members are simulated: none of them exists.")


@dataclass(slots=True)
class Cast:
    """``originals``: what each group is copied from, or (simulated) would be, by its id or number.

    ``copies``: the group on the stage of each; ``people``: identities by group on the stage.
    """

    originals: Mapping[int, GroupFacts]
    copies: Mapping[int, int]
    people: dict[int, list[int]]
    accounts: Mapping[int, AccountCopy]
    seed: int = 0
    notes: list[str] = field(default_factory=list)
    simulated: bool = False


def cloned(originals: Sequence[GroupFacts], began_at: datetime, until: datetime) -> Cast:
    """Copies of groups with some of their people, and whose turn it is; where none are known, simulated ones."""
    facts = {each.id: each for each in originals}
    copies = clone_groups(group_ids=facts)
    people = clone_people(groups=copies, most=MOST_PEOPLE, first=members_in_rotas(list(facts)))
    planner.count_again(0.2)
    copy_rotas(groups=copies, until=until.date())
    notes = []
    alone = {copies[key]: each.platform for key, each in facts.items() if copies[key] not in people}
    if alone:
        people |= simulate_people(
            groups=alone, names=dict.fromkeys(alone, _names(STAND_INS)), joined_at=began_at - A_MONTH
        )
        notes.append(_PEOPLE)
    return Cast(facts, copies, people, wire.clone_accounts(groups=copies), notes=notes)


def simulated(wanted: Simulated, roles: Collection[str], began_at: datetime, until: datetime) -> Cast:
    """Groups, members and an account that do not exist; the sizes of groups differ, always in the same way.

    ``roles``: what goes round among them.
    """
    rng = random.Random(wanted.seed)  # noqa: S311 (the same every time)
    most = wanted.members
    sizes = [max(1, round(rng.triangular(0.3 * most, 2.2 * most, 0.5 * most))) for _each in range(wanted.groups)]
    language = next((each for each in LANGUAGES if each == get_language()), LANGUAGES[0])
    keys = simulate_groups(
        platform=PLATFORM,
        called=_("Simulated community"),
        names=[_("Simulated group %(number)d") % {"number": number + 1} for number in range(wanted.groups)],
        sizes=sizes,
        zone=settings.DEFAULT_COMMUNITY_ZONE,
        language=language,
    )
    copies = {number + 1: key for number, key in enumerate(keys)}
    facts = {each.id: each for each in community.group_facts(keys)}
    names = {key: _names(min(size, MOST_PEOPLE)) for key, size in zip(keys, sizes, strict=True)}
    people = simulate_people(groups=dict.fromkeys(keys, PLATFORM), names=names, joined_at=began_at - A_MONTH)
    planner.count_again(0.2)
    simulate_rotas(roles=roles, groups=list(facts.values()), people=people, until=until.date())
    return Cast(
        {number: replace(facts[key], id=number) for number, key in copies.items()},
        copies,
        people,
        wire.simulate_account(platform=PLATFORM, name=_("Simulated account"), group_ids=keys),
        wanted.seed,
        [_GROUPS],
        simulated=True,
    )


def _names(count: int) -> list[str]:
    return [_("Simulated member %(number)d") % {"number": number + 1} for number in range(count)]
