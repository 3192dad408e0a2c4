"""Pure decisions of the content context."""

from qunce.content.policies.comparing import Line as Line
from qunce.content.policies.comparing import lines as lines
from qunce.content.policies.handing import LONGEST_SAID as LONGEST_SAID
from qunce.content.policies.handing import handed as handed
from qunce.content.policies.handing import has_page as has_page
from qunce.content.policies.handing import joined as joined
from qunce.content.policies.handing import way_of as way_of
from qunce.content.policies.lacking import Lack as Lack
from qunce.content.policies.lacking import is_key as is_key
from qunce.content.policies.lacking import key_from as key_from
from qunce.content.policies.lacking import lacking as lacking
from qunce.content.policies.markdown import plain as plain
from qunce.content.policies.markdown import rendered as rendered
