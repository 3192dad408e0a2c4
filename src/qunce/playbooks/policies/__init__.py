"""Pure decisions of the playbooks context, by what they are about."""

from qunce.playbooks.policies.rota import days as days
from qunce.playbooks.policies.rota import next_turns as next_turns
