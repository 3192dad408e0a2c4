"""Words of the playbooks context, by noun."""

from qunce.playbooks.types.document import Document as Document
from qunce.playbooks.types.document import Plan as Plan
from qunce.playbooks.types.document import StepSpec as StepSpec
from qunce.playbooks.types.document import TriggerSpec as TriggerSpec
from qunce.playbooks.types.document import Variable as Variable
from qunce.playbooks.types.document import Words as Words
from qunce.playbooks.types.document import said as said
from qunce.playbooks.types.findings import Finding as Finding
from qunce.playbooks.types.findings import Severity as Severity
from qunce.playbooks.types.moments import Weekday as Weekday
from qunce.playbooks.types.moments import When as When
from qunce.playbooks.types.running import Addressed as Addressed
from qunce.playbooks.types.running import Branch as Branch
from qunce.playbooks.types.running import Done as Done
from qunce.playbooks.types.running import End as End
from qunce.playbooks.types.running import Failed as Failed
from qunce.playbooks.types.running import Outcome as Outcome
from qunce.playbooks.types.running import Start as Start
from qunce.playbooks.types.running import StepRun as StepRun
from qunce.playbooks.types.running import WaitFor as WaitFor
from qunce.playbooks.types.running import WaitUntil as WaitUntil
from qunce.playbooks.types.states import Audience as Audience
from qunce.playbooks.types.states import ExecutionState as ExecutionState
from qunce.playbooks.types.states import Late as Late
from qunce.playbooks.types.states import RunState as RunState
from qunce.playbooks.types.states import TrackState as TrackState
