"""Tables of the content context, by noun."""

from qunce.content.models.briefs import Brief as Brief
from qunce.content.models.briefs import BriefPick as BriefPick
from qunce.content.models.briefs import BriefPlan as BriefPlan
from qunce.content.models.feeds import FeedEntry as FeedEntry
from qunce.content.models.feeds import NewsFeed as NewsFeed
from qunce.content.models.items import Item as Item
from qunce.content.models.items import ItemUse as ItemUse
from qunce.content.models.items import ItemVersion as ItemVersion
from qunce.content.models.suggestions import Suggestion as Suggestion
