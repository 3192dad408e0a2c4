"""One installation with one of everything, and people in every role: what test_every_url.py asks about."""

import json
from dataclasses import dataclass, field
from datetime import time, timedelta

from django.core import signing

from qunce.chat import actions as chat
from qunce.chat.actions import deliveries
from qunce.chat.models import Delivery, Link, Message, SetAside
from qunce.chat.types import EVERY_DAY, DeliveryState, Rhythm, Selection
from qunce.community import selectors as community_selectors
from qunce.community.models import Group
from qunce.console.content.exchange import token_of as archive_token
from qunce.console.desk.sheets import token_of
from qunce.console.inbox import EPOCH, MICROSECOND
from qunce.content import actions as content
from qunce.content import selectors as content_selectors
from qunce.content.types import ItemDocument, ItemKind, Openness
from qunce.desk import actions as desk
from qunce.desk import selectors as rules_selectors
from qunce.desk.types import MatterState, RuleDraft, Settled
from qunce.insights.actions import imports, reports, silence
from qunce.insights.models import KeptReport, WarningModel
from qunce.insights.selectors import histories
from qunce.insights.selectors import imports as imports_kept
from qunce.insights.types import Options, Silence
from qunce.kernel import clock, files
from qunce.kernel.actor import SYSTEM, Permission, Role
from qunce.kernel.ids import new_id
from qunce.members import actions as members
from qunce.members.models import Entry, Identity, MemberLink
from qunce.members.types import Colleague, EntryKind, NextStep
from qunce.playbooks import actions as playbooks
from qunce.playbooks.actions.rehearsals import ask_rehearsal
from qunce.playbooks.models import Track
from qunce.playbooks.policies.yaml import read
from qunce.team import actions as team
from qunce.team.types import Severity
from tests.chat import support as chat_support
from tests.support import world
from tests.support.briefs import some_briefs
from tests.support.digest import a_digest
from tests.support.sessions import some_sessions


@dataclass
class Stage:
    """The people by name, their browsers, and the ids of what they ask for."""

    people: dict
    things: dict
    clients: dict = field(default_factory=dict)


def build():
    account = chat_support.account()
    groups = chat_support.adopted(account, "room", "archived")
    group = groups["room"]
    home, elsewhere, closed = group.community, world.a_community("别处"), world.a_community("从前")
    chat_support.live(account, chat_support.said("room", "报名"), chat_support.GroupSeen("found", "待接管"))
    world.community.tag_groups(actor=SYSTEM, group_ids=[group.pk], add=["一期"])
    world.community.archive_groups(actor=SYSTEM, group_ids=[groups["archived"].pk])
    file = content.take_file(actor=SYSTEM, name="案例.txt", content=[b"one"])
    rules = [
        desk.create_rule(
            actor=SYSTEM, draft=RuleDraft(keywords=(word,), answer="好", community_id=home.pk, files=(file,))
        ).pk
        for word in ("一", "二")
    ]
    table = f"keywords,answer,community\n三,好,#{home.pk}\n".encode()
    sheet = token_of(desk.take_sheet(actor=SYSTEM, name="rules.csv", body=table), "rules.csv")
    desk.delete_rule(actor=SYSTEM, rule_id=rules[1])
    broadcast = chat.send_broadcast(
        actor=SYSTEM, text="早上好", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    delivery = Delivery.objects.get(broadcast=broadcast)
    for state in (DeliveryState.CLAIMED, DeliveryState.UNKNOWN):
        deliveries.move([delivery.pk], state)
    message = Message.objects.get()
    key = (message.group_id, message.sent_at, message.id)
    answer = desk.answer(actor=SYSTEM, message=key, text="在", key=new_id(), seen=0)
    for state in (DeliveryState.CLAIMED, DeliveryState.FAILED):
        deliveries.move([answer.delivery_id], state)
    agent = world.member_of_staff(roles={home.pk: Role.SERVICE})
    # Given to somebody and likely answered: whatever is decided about it changes it.
    desk.reopen(actor=SYSTEM, message=key)
    desk.settle(settled=[Settled(answer.matter_id, MatterState.LIKELY, clock.now(), "李四")])
    call = called(account, group)
    known = some_people(account)
    stopped, failing = (
        chat.send_broadcast(actor=SYSTEM, text=text, selection=Selection(group_ids=(group.pk,)), submission=new_id())
        for text in ("停", "败")
    )
    chat.stop_broadcast(actor=SYSTEM, broadcast_id=stopped.pk)
    failed = Delivery.objects.get(broadcast=failing)
    for state in (DeliveryState.CLAIMED, DeliveryState.FAILED):
        deliveries.move([failed.pk], state)
    daily = Rhythm(clock.today("UTC"), time(8), "UTC", EVERY_DAY)
    schedule = chat.plan_broadcast(
        actor=SYSTEM, text="早", selection=Selection(group_ids=(group.pk,)), rhythm=daily, submission=new_id()
    )
    Link.objects.create(token="link", broadcast=broadcast, delivery_id=delivery.pk, url="https://example.org/")
    event = SetAside.objects.create(account_id=account.pk, event={}, stage="", error="x", at=clock.now())
    task, ended = (team.create_task(actor=SYSTEM, title=title, community_id=home.pk) for title in ("一", "二"))
    picture = files.put(b"\x89PNG", name="p.png", content_type="image/png")
    team.complete_task(actor=SYSTEM, task_id=ended.pk, proof=picture)
    approval = team.ask_approval(
        actor=SYSTEM, key="a", kind="test", sentence="?", permission=Permission.LEAD, community_id=home.pk
    )
    alert = team.raise_alert(key="a", severity=Severity.BROKEN, sentence="!", community_id=home.pk)
    colleague, gone = (world.member_of_staff(roles={home.pk: Role.VIEWER}) for _number in range(2))
    team.deactivate_staff(actor=SYSTEM, staff_id=gone.pk)
    by_hand = world.carried_by_hand(home)
    member_id = Identity.objects.get(external_id="@zhang").member_id
    members.make_link(actor=SYSTEM, member_id=member_id, community_id=home.pk)
    link = MemberLink.objects.get()
    people = {"owner everywhere": world.owner()}
    for role in Role:
        people[f"{role} here"] = world.member_of_staff(roles={home.pk: role, closed.pk: role})
        people[f"{role} elsewhere"] = world.member_of_staff(roles={elsewhere.pk: role})
        if role is not Role.OWNER:
            people[f"{role} everywhere"] = world.member_of_staff(everywhere=role)
    world.community.archive_community(actor=SYSTEM, community_id=closed.pk)
    things = {
        "home": home.pk,
        "fingerprint": community_selectors.profile_of(home).fingerprint,
        "closed": closed.pk,
        "group": group.pk,
        "archived": groups["archived"].pk,
        "found": Group.objects.get(external_id="found").pk,
        "account": account.pk,
        "broadcast": broadcast.pk,
        "delivery": delivery.pk,
        "call": call.pk,
        **known,
        "stopped": stopped.pk,
        "failed": failed.pk,
        "schedule": schedule.pk,
        "message": message.id,
        "message_at": (message.sent_at - EPOCH) // MICROSECOND,
        "answer": answer.pk,
        "agent": agent.pk,
        "member": Identity.objects.get(external_id="@zhang").member_id,
        "rule": rules[0],
        "file": file.sha256,
        "file_link": signing.dumps([file.sha256, file.name], salt="qunce.file"),
        "sheet": sheet,
        "sheet_seen": rules_selectors.plan(SYSTEM, table).seen,
        "deleted": rules[1],
        "event": event.pk,
        "task": task.pk,
        "ended": ended.pk,
        "approval": approval.pk,
        "alert": alert.pk,
        "colleague": colleague.pk,
        "gone": gone.pk,
        "link": link.pk,
        "short_link": "link",
        **a_report(home),
        **a_digest(home, message),
        "warning": a_warning(),
        **a_rota(group, member_id),
        "ref": link.ref,
        **by_hand,
        **some_histories(home),
        **a_playbook(home, group),
        **some_briefs(home),
        "silence": a_silence(groups["archived"].pk),
        **a_library(home, file),
        **some_sessions(home, group, message),
    }
    return Stage(people, things)


def a_rota(group, member_id):
    """A role that goes round in a group of one."""
    rota = playbooks.begin_rota(
        actor=SYSTEM, group_id=group.pk, title="值日", duties="", weekdays=range(7), member_ids=[member_id]
    )
    today, tomorrow = rota.turns.order_by("day").values_list("day", flat=True)[:2]
    return {"rota": rota.pk, "rota_day": today.isoformat(), "rota_next": tomorrow.isoformat()}


def some_histories(home):
    """A file that was handed in, an import of it that waits, and one that was stopped."""
    body = (
        b'{"name": "x", "type": "private_supergroup", "id": 7, "messages": [{"id": 1, "type": "message", '
        b'"date": "2026-03-01T09:00:00", "date_unixtime": "1772355600", "from": "A", "from_id": "user1", "text": "hi"}]}'
    )
    sha256 = imports.keep_upload(actor=SYSTEM, name="result.json", content=[body]).sha256
    with imports_kept.uploaded(SYSTEM, sha256, name="result.json") as source:
        chat = histories.chats(source=source, importer_key="telegram", options=Options())[0].key
        waiting, stopped = (
            imports.begin_import(
                actor=SYSTEM,
                source=source,
                importer_key="telegram",
                chat=chat,
                community_id=home.pk,
                group_id=group.pk,
                kept=sha256,
            )
            for group in two_groups(home, chat)
        )
    imports.stop_import(actor=SYSTEM, import_id=stopped.pk)
    handed = signing.dumps([sha256, "result.json"], salt="insights.history")
    return {"handed": handed, "chat": chat, "import": waiting.pk, "stopped_import": stopped.pk}


def a_playbook(home, group):
    """One that runs in the group, one that does not, and a broadcast for tomorrow."""
    document = read(
        "key: three-days\ntitle: 三天\nsteps:\n"
        "  - {id: hello, when: day 1 20:00, do: send, text: 大家好}\n"
        "  - {id: question, when: day 2 20:00, do: ask, text: 好吗？, for: 24h}\n"
    )
    row = playbooks.create_playbook(actor=SYSTEM, document=document, community_id=home.pk)
    idle = playbooks.create_playbook(
        actor=SYSTEM, document=document.model_copy(update={"key": "idle"}), community_id=home.pk
    )
    playbooks.publish(actor=SYSTEM, playbook_id=row.pk, edition=1)
    where = Selection(group_ids=(group.pk,))
    run = playbooks.begin_run(actor=SYSTEM, playbook_id=row.pk, selection=where, submission=new_id())
    playbooks.look_for_starts()
    playbooks.skip_step(actor=SYSTEM, run_id=run.pk)
    tomorrow = clock.today("UTC") + timedelta(days=1)
    once = chat.plan_broadcast(
        actor=SYSTEM, text="晚", selection=where, rhythm=Rhythm(tomorrow, time(8), "UTC"), submission=new_id()
    )
    return {
        "playbook": row.pk,
        "idle playbook": idle.pk,
        "run": run.pk,
        "rehearsal": ask_rehearsal(actor=SYSTEM, playbook_id=row.pk, selection=where, days=3).pk,
        "track": Track.objects.get(run=run).pk,
        "once": once.pk,
        "next_day": (tomorrow + timedelta(days=1)).isoformat(),
    }


def a_silence(group_id):
    """A planned one."""
    return silence.plan_end(actor=SYSTEM, group_id=group_id, kind=Silence.COURSE, begins_on=clock.today("UTC")).pk


def a_library(home, file):
    """An item that is published with a file, a draft, one that was put away, and a file of another library."""
    items = []
    for key in ("anli", "draft", "old"):
        document = ItemDocument(kind=ItemKind.FILE, title="案例", files=(file,))
        items.append(
            content.create_item(
                actor=SYSTEM, document=document, key=key, community_id=home.pk, openness=Openness.MEMBERS
            ).pk
        )
    content.publish_item(actor=SYSTEM, item_id=items[0], edition=1)
    content.archive_item(actor=SYSTEM, item_id=items[2])
    line = {"key": "new", "community": home.name, "kind": "article", "title": "新的", "body": "正文"}
    body = json.dumps(line).encode()
    return {
        "item": items[0],
        "draft_item": items[1],
        "archived_item": items[2],
        "item_address": content_selectors.address_token(items[0]),
        "archive": archive_token(content.take_archive(actor=SYSTEM, name="a.jsonl", body=body), "a.jsonl"),
        "archive_seen": content_selectors.plan_import(SYSTEM, body).seen,
    }


def two_groups(home, chat):
    """Groups of histories."""
    return [
        world.community.found_history_group(actor=SYSTEM, community_id=home.pk, external_id=f"{chat}{n}", name="旧群")
        for n in range(2)
    ]


def called(account, group):
    """A broadcast that has been in the group for two days."""
    call = chat.send_broadcast(
        actor=SYSTEM, text="请报名", selection=Selection(group_ids=(group.pk,)), submission=new_id()
    )
    sent = clock.now() - timedelta(days=2)
    Delivery.objects.filter(broadcast=call).update(state=DeliveryState.SENT, sent_at=sent, external_id="$call")
    return call


def a_report(home):
    """A report that was made, and the plan by which."""
    plan = reports.plan_report(
        actor=SYSTEM, community_id=home.pk, rhythm="daily", hour=8, language="en", channel="page"
    )
    reports.make_report(plan_id=plan.pk)
    row = KeptReport.objects.get()
    row.content["sections"].append({"title": "Words", "words": {"报名": 2.0}})
    row.save()
    return {"report": row.pk, "report plan": plan.pk}


def a_warning():
    """A model that could be adopted, beside one that is in force."""
    kept = {"weights": {"base": -4.0, "points": {}}, "better": True, "measured_at": clock.now()}
    measure = {"auc": 0.9, "brier": 0.05, "brier_of_always_the_share": 0.1}
    kept["figures"] = {"groups": 60, "cases": 300, "silent": 20, "left_out": "community"}
    kept["figures"] |= {"rules": measure, "fitted": measure}
    WarningModel.objects.create(**kept, in_force=True)
    return WarningModel.objects.create(**kept).pk


def some_people(account):
    """A member with a note, a named person and a next step; another; and one who was merged into a third."""
    for name in ("li", "wang", "zhao"):
        chat_support.live(account, chat_support.said("room", "报名", by=f"@{name}", name=name))
    ids = {key: Identity.objects.get(external_id=f"@{key}").member_id for key in ("zhang", "li", "wang", "zhao")}
    zhang = ids["zhang"]
    members.add_note(actor=SYSTEM, member_id=zhang, text="新来的")
    members.name_colleague(actor=SYSTEM, member_id=zhang, colleague=Colleague(0, "某"))
    members.set_next_step(actor=SYSTEM, member_id=zhang, step=NextStep("问近况"))
    members.merge_members(actor=SYSTEM, member_id=ids["zhao"], into_id=ids["wang"])
    note = Entry.objects.get(kind=EntryKind.NOTE)
    return {"member": zhang, "other": ids["li"], "merged": ids["zhao"], "note": note.pk}
