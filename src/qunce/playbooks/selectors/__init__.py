"""Every read of the playbooks context, by noun. Rows are handed on for others to read, not to query."""

from qunce.playbooks.models import Call as Call
from qunce.playbooks.models import Execution as Execution
from qunce.playbooks.models import Playbook as Playbook
from qunce.playbooks.models import Run as Run
from qunce.playbooks.models import Track as Track
from qunce.playbooks.models import Version as Version
