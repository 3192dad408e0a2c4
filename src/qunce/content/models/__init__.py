"""Tables of the content context, by noun."""

from qunce.content.models.briefs import Brief as Brief
from qunce.content.models.briefs import BriefPick as BriefPick
from qunce.content.models.briefs import BriefPlan as BriefPlan
from qunce.content.models.endpoints import Endpoint as Endpoint
from qunce.content.models.endpoints import EndpointConsent as EndpointConsent
from qunce.content.models.endpoints import EndpointUse as EndpointUse
from qunce.content.models.feeds import FeedEntry as FeedEntry
from qunce.content.models.feeds import NewsFeed as NewsFeed
from qunce.content.models.items import Item as Item
from qunce.content.models.items import ItemRating as ItemRating
from qunce.content.models.items import ItemUse as ItemUse
from qunce.content.models.items import ItemVersion as ItemVersion
from qunce.content.models.sessions import Consent as Consent
from qunce.content.models.sessions import Practice as Practice
from qunce.content.models.sessions import Session as Session
from qunce.content.models.sessions import Site as Site
from qunce.content.models.suggestions import Suggestion as Suggestion
