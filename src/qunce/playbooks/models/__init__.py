"""Tables of the playbooks context, by noun."""

from qunce.playbooks.models.answers import Call as Call
from qunce.playbooks.models.answers import CallAnswer as CallAnswer
from qunce.playbooks.models.calendar import Feed as Feed
from qunce.playbooks.models.playbooks import Playbook as Playbook
from qunce.playbooks.models.playbooks import Version as Version
from qunce.playbooks.models.rehearsals import KeptRehearsal as KeptRehearsal
from qunce.playbooks.models.rota import Rota as Rota
from qunce.playbooks.models.rota import RotaPlace as RotaPlace
from qunce.playbooks.models.rota import RotaTurn as RotaTurn
from qunce.playbooks.models.rota import TurnOffer as TurnOffer
from qunce.playbooks.models.runs import Execution as Execution
from qunce.playbooks.models.runs import Run as Run
from qunce.playbooks.models.runs import Track as Track
