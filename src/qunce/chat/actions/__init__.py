"""Every change of the chat context, by noun."""

from qunce.chat.actions.accounts import change_account as change_account
from qunce.chat.actions.accounts import check_account as check_account
from qunce.chat.actions.accounts import connect_account as connect_account
from qunce.chat.actions.accounts import record_account_state as record_account_state
from qunce.chat.actions.accounts import record_checked as record_checked
from qunce.chat.actions.accounts import remove_account as remove_account
from qunce.chat.actions.accounts import set_account_enabled as set_account_enabled
from qunce.chat.actions.accounts import settle_set_aside as settle_set_aside
from qunce.chat.actions.broadcasts import recall_broadcast as recall_broadcast
from qunce.chat.actions.broadcasts import retry_failed as retry_failed
from qunce.chat.actions.broadcasts import send_broadcast as send_broadcast
from qunce.chat.actions.broadcasts import stop_broadcast as stop_broadcast
from qunce.chat.actions.deliveries import plan as plan
from qunce.chat.actions.deliveries import plan_again as plan_again
from qunce.chat.actions.deliveries import settle_unknown as settle_unknown
from qunce.chat.actions.deliveries import want_recall as want_recall
from qunce.chat.actions.deliveries import withdraw as withdraw
from qunce.chat.actions.groups import adopt as adopt
from qunce.chat.actions.groups import release as release
from qunce.chat.actions.ingest import ingest as ingest
from qunce.chat.actions.ingest import receive as receive
