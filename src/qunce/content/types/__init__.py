"""Words of the content context, by noun."""

from qunce.content.types.items import ASKED as ASKED
from qunce.content.types.items import LARGEST_FILE as LARGEST_FILE
from qunce.content.types.items import LONGEST_TITLE as LONGEST_TITLE
from qunce.content.types.items import MOST_FILES as MOST_FILES
from qunce.content.types.items import MOST_OPTIONS as MOST_OPTIONS
from qunce.content.types.items import MOST_TAGS as MOST_TAGS
from qunce.content.types.items import READ as READ
from qunce.content.types.items import Attached as Attached
from qunce.content.types.items import ItemDocument as ItemDocument
from qunce.content.types.items import ItemFilter as ItemFilter
from qunce.content.types.items import ItemKind as ItemKind
from qunce.content.types.items import ItemState as ItemState
from qunce.content.types.items import Openness as Openness
from qunce.content.types.items import Ready as Ready
from qunce.content.types.items import Use as Use
from qunce.content.types.items import UseWay as UseWay
from qunce.content.types.items import Way as Way
from qunce.content.types.items import WeekOfUses as WeekOfUses
from qunce.content.types.items import Wire as Wire
