"""Words of the content context, by noun."""

from qunce.content.types.briefs import LATE_AFTER as LATE_AFTER
from qunce.content.types.briefs import BriefState as BriefState
from qunce.content.types.briefs import Candidate as Candidate
from qunce.content.types.briefs import Fallback as Fallback
from qunce.content.types.briefs import Line as Line
from qunce.content.types.briefs import PlanWish as PlanWish
from qunce.content.types.feeds import FeedState as FeedState
from qunce.content.types.feeds import FoundEntry as FoundEntry
from qunce.content.types.feeds import FoundFeed as FoundFeed
from qunce.content.types.feeds import Outline as Outline
from qunce.content.types.items import Attached as Attached
from qunce.content.types.items import ItemDocument as ItemDocument
from qunce.content.types.items import ItemKind as ItemKind
from qunce.content.types.items import Openness as Openness
from qunce.content.types.items import UseWay as UseWay
from qunce.content.types.suggestions import CLOSED as CLOSED
from qunce.content.types.suggestions import HeardSuggestion as HeardSuggestion
from qunce.content.types.suggestions import SuggestionState as SuggestionState
