"""Pure decisions of the desk: which rule answers, and what needs a person."""

from qunce.desk.policies.matters import LONGEST_QUESTION as LONGEST_QUESTION
from qunce.desk.policies.matters import QUESTION_WORDS as QUESTION_WORDS
from qunce.desk.policies.matters import SHORT as SHORT
from qunce.desk.policies.matters import SHORTEST_NAME as SHORTEST_NAME
from qunce.desk.policies.matters import Names as Names
from qunce.desk.policies.matters import asks as asks
from qunce.desk.policies.matters import settled as settled
from qunce.desk.policies.rules import MOST_INSTRUCTIONS as MOST_INSTRUCTIONS
from qunce.desk.policies.rules import Matcher as Matcher
from qunce.desk.policies.rules import check_pattern as check_pattern
from qunce.desk.policies.rules import inside_word as inside_word
from qunce.desk.policies.rules import is_open as is_open
from qunce.desk.policies.rules import lost_by as lost_by
from qunce.desk.policies.rules import scopes_of as scopes_of
from qunce.kernel.folding import normalise as normalise
