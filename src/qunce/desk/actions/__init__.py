"""Every change of the desk context, by noun."""

from qunce.desk.actions.matters import TOPIC as TOPIC
from qunce.desk.actions.matters import answer as answer
from qunce.desk.actions.matters import answer_again as answer_again
from qunce.desk.actions.matters import answers_were_lost as answers_were_lost
from qunce.desk.actions.matters import assign as assign
from qunce.desk.actions.matters import mark_done as mark_done
from qunce.desk.actions.matters import raise_matters as raise_matters
from qunce.desk.actions.matters import reopen as reopen
from qunce.desk.actions.matters import settle as settle
from qunce.desk.actions.rules import SCOPE as SCOPE
from qunce.desk.actions.rules import change_rule as change_rule
from qunce.desk.actions.rules import create_rule as create_rule
from qunce.desk.actions.rules import delete_rule as delete_rule
from qunce.desk.actions.rules import restore_rule as restore_rule
from qunce.desk.actions.rules import set_rule_enabled as set_rule_enabled
from qunce.desk.actions.sheets import Imported as Imported
from qunce.desk.actions.sheets import import_rules as import_rules
from qunce.desk.actions.sheets import take_sheet as take_sheet
from qunce.desk.actions.uses import use_rules as use_rules
