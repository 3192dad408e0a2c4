"""Every read of the desk context, by noun."""

from qunce.desk.selectors.inbox import Counts as Counts
from qunce.desk.selectors.inbox import Given as Given
from qunce.desk.selectors.inbox import Item as Item
from qunce.desk.selectors.inbox import answers as answers
from qunce.desk.selectors.inbox import colleagues as colleagues
from qunce.desk.selectors.inbox import counts as counts
from qunce.desk.selectors.inbox import inbox as inbox
from qunce.desk.selectors.inbox import item as item
from qunce.desk.selectors.inbox import pending as pending
from qunce.desk.selectors.inbox import said_around as said_around
from qunce.desk.selectors.rules import RuleCounts as RuleCounts
from qunce.desk.selectors.rules import RuleView as RuleView
from qunce.desk.selectors.rules import deleted_rule as deleted_rule
from qunce.desk.selectors.rules import explain as explain
from qunce.desk.selectors.rules import live_rules as live_rules
from qunce.desk.selectors.rules import parse_answer as parse_answer
from qunce.desk.selectors.rules import place_of as place_of
from qunce.desk.selectors.rules import rule as rule
from qunce.desk.selectors.rules import rule_counts as rule_counts
from qunce.desk.selectors.rules import rule_page as rule_page
from qunce.desk.selectors.rules import visible_rules as visible_rules
from qunce.desk.selectors.rules import words as words
