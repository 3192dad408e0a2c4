"""Somebody answers what another playbook has asked."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from qunce.chat import selectors as chats
from qunce.community.types import GroupFacts
from qunce.members import selectors as members
from qunce.playbooks.selectors import happened
from qunce.playbooks.trigger import Trigger
from qunce.playbooks.triggers._base import LOOK_BACK, OfPlaybookConfig
from qunce.playbooks.types import Audience, Start


class Answered(Trigger):
    """Once per question and member, or (where groups are followed) per question and group."""

    title = gettext_noop("When a question is answered")
    icon = "message-circle-check"
    Config = OfPlaybookConfig
    by_member = True
    recurs = True

    def sentence(self, config: OfPlaybookConfig, language: str) -> str:
        """Which question."""
        del language
        if config.step:
            return _("When somebody answers “%(step)s” of the playbook “%(playbook)s”") % config.model_dump()
        return _("When somebody answers the playbook “%(playbook)s”") % config.model_dump()

    def starts(
        self,
        config: OfPlaybookConfig,
        groups: Sequence[GroupFacts],
        audience: Audience,
        since: datetime,
        until: datetime,
    ) -> Sequence[Start]:
        """First answers alone; neither bots' nor ours."""
        ids = [each.id for each in groups]
        given = happened.answered(config.playbook, config.step, ids, since - LOOK_BACK, until)
        if audience is Audience.GROUP:
            first = {each.number: each for each in reversed(given)}
            return [Start(each.group_id, None, each.at, key) for key, each in sorted(first.items())]
        who = members.who({each.identity_id for each in given if each.identity_id is not None})
        ours = chats.our_members() if given else frozenset()
        return [
            Start(each.group_id, person.member_id, each.at, each.number, {"text": each.text[:500]})
            for each in given
            if (person := who.get(each.identity_id or 0)) is not None
            and not person.is_bot
            and person.member_id not in ours
        ]
