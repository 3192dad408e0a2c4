"""What one process remembers to recognise groups and people without asking the database for every message.

Groups are compiled at a revision and thrown away when it moves on; identities never change their id. Nothing
is remembered before the transaction that made it has committed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from qunce.chat.models import Account, Seat
from qunce.chat.types import Mention, MessageReceived, Sender
from qunce.community import selectors as community
from qunce.community.types import GroupFacts
from qunce.members import actions as members
from qunce.members.types import Account as Person

MOST = 300_000


@dataclass(slots=True)
class AccountView:
    """An account as its batches need it: the groups it reads, and who we are on its platform."""

    platform: str
    external_id: str
    ours: frozenset[str]
    called: tuple[str, ...]
    groups: dict[str, GroupFacts]
    revision: tuple[int, int]

    def is_addressed(self, event: MessageReceived) -> bool:
        """Whether a message mentions one of our accounts, as its platform says or in so many words."""
        if event.parts and any(isinstance(part, Mention) and part.who in self.ours for part in event.parts):
            return True
        return "@" in event.text and any(f"@{name}" in event.text for name in self.called)


@dataclass(slots=True)
class Memory:
    """Caches of this process."""

    accounts: dict[int, AccountView] = field(default_factory=dict)
    identities: dict[str, dict[str, tuple[int, str]]] = field(default_factory=dict)
    present: set[tuple[int, int]] = field(default_factory=set)
    heard: set[tuple[int, int]] = field(default_factory=set)
    """Of whom a history has left a trace in the group."""
    people: int = 0
    """The revision of ``people`` that identities and presence are of: it moves on where some were removed."""

    def settle(self, revisions: dict[str, int]) -> None:
        """Forget who was known before somebody was removed; as of the revisions read in this transaction."""
        if self.people != (people := revisions.get("people", 0)):
            self.forget_people()
            self.people = people

    def forget_people(self) -> None:
        """Start afresh with identities, and who was where."""
        self.identities.clear()
        self.present.clear()
        self.heard.clear()

    def account(self, account_id: int, revisions: dict[str, int]) -> AccountView:
        """The account's view, as of the revisions read in this transaction."""
        revision = (revisions.get("groups", 0), revisions.get("accounts", 0))
        view = self.accounts.get(account_id)
        if view is None or view.revision != revision:
            view = self.accounts[account_id] = _look(account_id, revision)
        return view

    def moved(self, account_id: int, ids: Mapping[str, str]) -> AccountView:
        """The account's view inside a transaction in which rooms changed their ids (old → new); both are understood.

        It is not remembered: the transaction may not come to its end.
        """
        view = _look(account_id, (-1, -1))
        view.groups |= {old: view.groups[new] for old, new in ids.items() if new in view.groups}
        return view

    def forget(self) -> None:
        """Start afresh, e.g. in a test or after a restore."""
        self.accounts.clear()
        self.forget_people()


memory = Memory()


def _look(account_id: int, revision: tuple[int, int]) -> AccountView:
    account = Account.objects.get(pk=account_id)
    ours = Account.objects.filter(platform=account.platform).exclude(external_id="")
    read = Seat.objects.filter(account_id=account_id, reads=True, left_at=None).values_list("group_id", flat=True)
    return AccountView(
        platform=account.platform,
        external_id=account.external_id,
        ours=frozenset(ours.values_list("external_id", flat=True)),
        called=tuple(ours.exclude(name="").values_list("name", flat=True)),
        groups={facts.external_id: facts for facts in community.group_facts(list(read))},
        revision=revision,
    )


class Recognised:
    """The people of one batch: ids by external id, remembered once the batch has committed."""

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._asked: dict[str, Sender] = {}
        self.ids: dict[str, int] = {}
        self.new_presence: set[tuple[int, int]] = set()
        self.new_heard: set[tuple[int, int]] = set()

    def see(self, senders: Iterable[Sender]) -> None:
        """Find their identities; those not remembered, or with another name, are asked for in one go."""
        known = memory.identities.setdefault(self._platform, {})
        asked = self._asked
        for sender in senders:
            hit = known.get(sender.external_id)
            if hit is not None and (not sender.name or hit[1] == sender.name):
                self.ids[sender.external_id] = hit[0]
            elif sender.name or sender.external_id not in asked:
                asked[sender.external_id] = sender
        if asked:
            people = {key: Person(key, sender.name, sender.is_bot) for key, sender in asked.items()}
            self.ids |= members.resolve_identities(platform=self._platform, accounts=people)

    def remember(self) -> None:
        """Call after the commit."""
        known = memory.identities.setdefault(self._platform, {})
        if len(known) > MOST:
            known.clear()
        for pairs in (memory.present, memory.heard):
            if len(pairs) > MOST:
                pairs.clear()
        known |= {key: (self.ids[key], sender.name) for key, sender in self._asked.items() if sender.name}
        memory.present |= self.new_presence
        memory.heard |= self.new_heard
