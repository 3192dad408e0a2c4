"""Every change of the chat context, by noun."""

from qunce.chat.actions.deliveries import plan as plan
from qunce.chat.actions.deliveries import plan_again as plan_again
from qunce.chat.actions.deliveries import settle_unknown as settle_unknown
from qunce.chat.actions.deliveries import want_recall as want_recall
from qunce.chat.actions.deliveries import withdraw as withdraw
from qunce.chat.actions.groups import adopt as adopt
from qunce.chat.actions.groups import release as release
from qunce.chat.actions.ingest import ingest as ingest
from qunce.chat.actions.ingest import receive as receive
