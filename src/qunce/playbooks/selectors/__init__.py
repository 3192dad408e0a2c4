"""Every read of the playbooks context, by noun. Rows are handed on for others to read, not to query."""

from qunce.playbooks.models import Call as Call
from qunce.playbooks.models import Execution as Execution
from qunce.playbooks.models import Playbook as Playbook
from qunce.playbooks.models import Rota as Rota
from qunce.playbooks.models import RotaTurn as RotaTurn
from qunce.playbooks.models import Run as Run
from qunce.playbooks.models import Track as Track
from qunce.playbooks.models import Version as Version
from qunce.playbooks.selectors.rotas import Credit as Credit
from qunce.playbooks.selectors.rotas import OnDuty as OnDuty
from qunce.playbooks.selectors.rotas import candidates as candidates
from qunce.playbooks.selectors.rotas import credit as credit
from qunce.playbooks.selectors.rotas import on_duty as on_duty
from qunce.playbooks.selectors.rotas import rota as rota
from qunce.playbooks.selectors.rotas import rota_names as rota_names
from qunce.playbooks.selectors.rotas import turns as turns
from qunce.playbooks.selectors.rotas import turns_of_today as turns_of_today
from qunce.playbooks.selectors.rotas import visible_rotas as visible_rotas
