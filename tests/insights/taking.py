"""What tests of imports do again and again: take a history over, take it back, and say what was counted."""

from qunce.chat.models import GroupHour, MemberDay, Message
from qunce.insights.actions import imports, runs
from qunce.kernel.actor import SYSTEM
from qunce.members.models import Identity, Membership
from tests.insights.told import said


def begun(source, home, *, importer="told", chat="c1", **more):
    return imports.begin_import(
        actor=more.pop("actor", SYSTEM),
        source=source,
        importer_key=importer,
        chat=chat,
        community_id=home.pk,
        **more,
    )


def taken(source, home, **more):
    return runs.run_import(import_id=begun(source, home, **more).pk, source=source)


def undone(run):
    imports.undo_import(actor=SYSTEM, import_id=run.pk)
    return runs.carry_out_undo(import_id=run.pk)


def counted():
    """What was counted and who was met, without ids."""
    names = dict(Identity.objects.values_list("pk", "external_id"))
    return (
        sorted(GroupHour.objects.values_list("group_id", "hour", "messages", "bot_messages", "joined", "left")),
        sorted(
            (g, d, names[i], n)
            for g, d, i, n in MemberDay.objects.values_list("group_id", "day", "identity_id", "messages")
        ),
        sorted(Identity.objects.values_list("platform", "external_id", "name", "is_bot")),
        sorted(Message.objects.values_list("group_id", "external_id", "sent_at", "text", "origin")),
    )


def stays():
    names = dict(Identity.objects.values_list("pk", "external_id"))
    rows = Membership.objects.values_list("group_id", "identity_id", "seen_at", "joined_at", "left_at", "heard")
    return sorted((names[row[1]], str(row[2:])) for row in rows)


def a_history(n=30, people=5):
    lines = [["joined", p, f"p{p}", f"人p{p}"] for p in range(people)]
    lines += [said(10 + 47 * k, f"p{k % people}", f"第 {k} 条", k) for k in range(n)]
    lines += [
        ["left", 10_000, "p0", "人p0"],
        ["service", 5, "x", "topic"],
        "broken {",
        said(9_000, "bot1", "auto", 900),
    ]
    return lines
