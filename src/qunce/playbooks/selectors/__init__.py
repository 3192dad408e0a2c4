"""Every read of the playbooks context, by noun. Rows are handed on for others to read, not to query."""

from qunce.playbooks.models import Call as Call
from qunce.playbooks.models import Execution as Execution
from qunce.playbooks.models import Playbook as Playbook
from qunce.playbooks.models import Run as Run
from qunce.playbooks.models import Track as Track
from qunce.playbooks.models import Version as Version
from qunce.playbooks.selectors.calls import Answer as Answer
from qunce.playbooks.selectors.calls import CallView as CallView
from qunce.playbooks.selectors.calls import Coverage as Coverage
from qunce.playbooks.selectors.calls import calls_of as calls_of
from qunce.playbooks.selectors.calls import coverage as coverage
from qunce.playbooks.selectors.webhooks import webhook_secret as webhook_secret
