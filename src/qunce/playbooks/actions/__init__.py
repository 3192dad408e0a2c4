"""Every change of playbooks, their runs and tracks."""

from qunce.playbooks.actions.rotas import accept_turn as accept_turn
from qunce.playbooks.actions.rotas import begin_rota as begin_rota
from qunce.playbooks.actions.rotas import change_rota as change_rota
from qunce.playbooks.actions.rotas import end_rota as end_rota
from qunce.playbooks.actions.rotas import give_turn as give_turn
from qunce.playbooks.actions.rotas import plan_turns as plan_turns
from qunce.playbooks.actions.rotas import set_away as set_away
from qunce.playbooks.actions.rotas import settle_turn as settle_turn
from qunce.playbooks.actions.rotas import stand_in as stand_in
from qunce.playbooks.actions.rotas import swap_turns as swap_turns
