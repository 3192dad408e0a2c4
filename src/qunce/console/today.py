"""Today: what needs me now, and what has happened since midnight."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from qunce.chat import selectors as chat
from qunce.chat.selectors import activity, by_hand, ledger, seats
from qunce.chat.selectors.accounts import AccountView
from qunce.chat.selectors.activity import Day
from qunce.chat.types import DeliveryState
from qunce.community import selectors as community
from qunce.community.selectors import Community
from qunce.community.types import GroupFilter, GroupState
from qunce.console import care
from qunce.console.chat import words
from qunce.console.context import StaffRequest
from qunce.console.live import topic
from qunce.console.playbooks import walks
from qunce.console.playbooks import words as playbook_words
from qunce.console.templatetags.console import relative
from qunce.desk import selectors as desk
from qunce.kernel import clock
from qunce.kernel.actor import Actor, Permission
from qunce.kernel.htmx import page
from qunce.team import selectors as team
from qunce.team.types import Severity

DAYS = 15
MOST_ALERTS = 5
Counts: TypeAlias = Mapping[GroupState, int]


@topic("today")
def may_follow(actor: Actor, key: str) -> bool:
    """Whoever sees anything may know that something there has changed."""
    return not key and actor.may_anywhere(Permission.VIEW)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person: what in one sentence, and where to deal with it."""

    sentence: str
    url: str
    action: str
    icon: str
    tone: str = "wait"


@dataclass(frozen=True, slots=True)
class Happened:
    """A community's day so far, with the two weeks before it."""

    community: Community
    today: Day
    line: list[int]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps of a new installation."""

    title: str
    hint: str
    url: str
    done: bool


def today(request: StaffRequest) -> HttpResponse:
    """What waits and what happened; asked for again whenever something of it has changed."""
    actor = request.actor
    accounts = chat.visible_accounts(actor) if actor.may(Permission.OPERATE) else []
    counts = community.state_counts(actor)
    waiting = list(_waiting(actor, accounts, counts))
    waiting += list(_team(actor, request.zone, {each.url for each in waiting}))
    steps = list(_first_steps(actor, accounts, counts)) if actor.may(Permission.OPERATE) else []
    return page(
        request,
        "console/today/today.html",
        {
            "date": date_format(clock.now().astimezone(request.zone), pgettext("today's date", "l, j F")),
            "waiting": waiting,
            "happened": _happened(actor),
            "under_way": chat.under_way(actor),
            "steps": steps if not all(step.done for step in steps) else [],
            "begun": any(step.done for step in steps),
        },
        piece="console/today/now.html",
    )


# ---------------------------------------------------------------- what waits
def _waiting(actor: Actor, accounts: Sequence[AccountView], counts: Counts) -> Iterator[Waiting]:
    if actor.may_anywhere(Permission.REPLY):
        yield from _inbox(desk.counts(actor))
    yield from _accounts(accounts)
    yield from _by_hand(actor)
    yield from _deliveries(actor)
    yield from _groups(actor, counts)
    yield from _members(actor)
    yield from _playbooks(actor)


def _playbooks(actor: Actor) -> Iterator[Waiting]:
    """Runs of which a step has failed: a person must look."""
    for run, count in walks.in_need(actor):
        title = playbook_words.in_language(run.version.document.get("title") or {}) or run.playbook.key
        said = ngettext(
            "“%(playbook)s”: %(count)d target needs you", "“%(playbook)s”: %(count)d targets need you", count
        ) % {"playbook": title, "count": count}
        url = reverse("console:run", args=[run.pk]) + "?state=needs"
        yield Waiting(said, url, _("To the board"), "script", "bad")


def _inbox(counts: desk.Counts) -> Iterator[Waiting]:
    """What was given to me, and questions that nobody has answered."""
    if counts.mine:
        said = ngettext("%(count)d message was given to you", "%(count)d messages were given to you", counts.mine)
        yield Waiting(said % {"count": counts.mine}, _url("inbox", "?tab=mine"), _("To the inbox"), "user-check")
    if counts.oldest:
        said = ngettext(
            "%(count)d question is unanswered, asked %(oldest)s",
            "%(count)d questions are unanswered, the oldest asked %(oldest)s",
            counts.unanswered,
        ) % {"count": counts.unanswered, "oldest": relative(counts.oldest)}
        yield Waiting(said, _url("inbox", "?tab=unanswered"), _("To the inbox"), "help")


def _url(name: str, query: str = "") -> str:
    return reverse(f"console:{name}") + query


def _accounts(accounts: Sequence[AccountView]) -> Iterator[Waiting]:
    """Accounts that need a person, and events that could not be processed."""
    for view in accounts:
        tone, word = words.ACCOUNTS[view.state]
        if tone == "bad" or view.state in {"new", "unserved"}:
            said = _("%(account)s: %(state)s") % {"account": view.account.name, "state": word}
            url = reverse("console:account", args=[view.account.pk])
            yield Waiting(said, url, _("To the account"), "plug-connected-x", tone)
    aside = sum(view.set_aside for view in accounts)
    if aside:
        said = ngettext(
            "%(count)d event could not be processed", "%(count)d events could not be processed", aside
        ) % {"count": aside}
        yield Waiting(said, _url("set_aside"), _("Look at it"), "alert-triangle", "bad")


def _by_hand(actor: Actor) -> Iterator[Waiting]:
    """What this person may carry over to apps that no program gets into."""
    due = by_hand.to_carry(actor)
    if due:
        said = ngettext("%(count)d message to send by hand", "%(count)d messages to send by hand", due)
        yield Waiting(said % {"count": due}, _url("by_hand"), _("To the list"), "hand-move")


def _deliveries(actor: Actor) -> Iterator[Waiting]:
    """What was to be sent and was not, or perhaps was not."""
    trouble = ledger.trouble(actor)
    failed, unknown = trouble[DeliveryState.FAILED], trouble[DeliveryState.UNKNOWN]
    if failed:
        said = ngettext("%(count)d message was not delivered", "%(count)d messages were not delivered", failed)
        yield Waiting(said % {"count": failed}, _url("deliveries"), _("See why"), "send-off", "bad")
    if unknown:
        said = ngettext(
            "Of %(count)d message nobody knows whether it arrived",
            "Of %(count)d messages nobody knows whether they arrived",
            unknown,
        )
        yield Waiting(said % {"count": unknown}, _url("deliveries"), _("Decide"), "help-circle", "odd")


def _groups(actor: Actor, counts: Counts) -> Iterator[Waiting]:
    """Groups that wait to be taken over, and those in our care that nobody reads."""
    found = counts[GroupState.FOUND]
    if found:
        said = ngettext("%(count)d group waits to be taken over", "%(count)d groups wait to be taken over", found)
        yield Waiting(said % {"count": found}, _url("groups", "?state=found"), _("Take over"), "door-enter")
    unread = seats.unread(community.find_groups(actor, GroupFilter(), Permission.OPERATE)).count()
    if unread:
        said = ngettext("%(count)d group is not read by anyone", "%(count)d groups are not read by anyone", unread)
        yield Waiting(said % {"count": unread}, _url("groups", "?reading=none"), _("See which"), "eye-off", "bad")


def _team(actor: Actor, zone: ZoneInfo, said: set[str]) -> Iterator[Waiting]:
    """Tasks that are late or due today, decisions, and alerts that nobody looks after and nothing above tells of."""
    now = clock.now()
    midnight = datetime.combine(clock.today(str(zone)) + timedelta(days=1), time(), zone)
    counts = team.task_counts(actor, now=now, day_ends=midnight)
    tasks_url = _url("tasks", "?show=team")
    if counts.overdue:
        late = ngettext("%(count)d task is overdue", "%(count)d tasks are overdue", counts.overdue)
        yield Waiting(late % {"count": counts.overdue}, tasks_url, _("To the tasks"), "clock", "bad")
    if counts.today:
        due = ngettext("%(count)d task is due today", "%(count)d tasks are due today", counts.today)
        yield Waiting(due % {"count": counts.today}, tasks_url, _("To the tasks"), "checkbox")
    if waits := team.to_decide(actor):
        asked = ngettext(
            "%(count)d question waits for your yes or no", "%(count)d questions wait for your yes or no", waits
        )
        yield Waiting(asked % {"count": waits}, _url("approvals"), _("Decide"), "writing-sign")
    for alert in team.visible_alerts(actor).filter(acknowledged_at=None)[:MOST_ALERTS]:
        if alert.url not in said:
            tone = "bad" if alert.severity == Severity.BROKEN else "wait"
            sentence = _(alert.sentence) % alert.params
            yield Waiting(sentence, _url("alerts"), _("Look at it"), "alert-triangle", tone)


def _members(actor: Actor) -> Iterator[Waiting]:
    """Core members who wait for a word, or for somebody to be named, and next steps that are due."""
    waits = care.waits(actor)
    if mine := waits.mine:
        said = ngettext(
            "%(count)d of your core members waits for a word", "%(count)d of your core members wait for a word", mine
        )
        yield Waiting(said % {"count": mine}, _url("core_members"), _("See who"), "user-heart")
    if unnamed := waits.unnamed:
        said = ngettext(
            "Nobody is named for %(count)d core member", "Nobody is named for %(count)d core members", unnamed
        )
        yield Waiting(
            said % {"count": unnamed}, _url("core_members", "?whose=all"), _("Name somebody"), "user-question"
        )
    if due := waits.due:
        said = ngettext("%(count)d next step with a member is due", "%(count)d next steps with members are due", due)
        yield Waiting(said % {"count": due}, _url("core_members"), _("See which"), "arrow-right-circle")


# ---------------------------------------------------------------- what happened
def _happened(actor: Actor) -> list[Happened]:
    """Each open community's day, the busiest first."""
    days = activity.days_of_communities(actor, days=DAYS)
    told = [
        Happened(each, days[each.pk][-1], [day.messages for day in days[each.pk][1:]])
        for each in community.visible_communities(actor)
        if each.pk in days
    ]
    return sorted(told, key=lambda each: -each.today.messages)


# ---------------------------------------------------------------- how to begin
def _first_steps(actor: Actor, accounts: Sequence[AccountView], counts: Counts) -> Iterator[Step]:
    """From an empty installation to the first broadcast; the sandbox takes most of them at once."""
    platforms = {view.account.platform for view in accounts}
    yield Step(
        _("Look around in the sandbox"),
        _("A chat in the browser with rooms and people you can speak as: see everything work within a minute."),
        _url("sandbox"),
        "sandbox" in platforms,
    )
    yield Step(
        _("Connect your first account"),
        _("A bot on the platform where your groups are."),
        _url("accounts"),
        bool(platforms - {"sandbox"}),
    )
    yield Step(
        _("Found a community"),
        _("People with one shared goal; it takes the groups."),
        _url("communities"),
        community.visible_communities(actor).exists(),
    )
    yield Step(
        _("Take over groups"),
        _("Invite the account into your rooms; they appear by themselves."),
        _url("groups", "?state=found"),
        counts[GroupState.ADOPTED] > 0,
    )
    yield Step(
        _("Answer by keyword"),
        _("What is asked again and again answers itself."),
        _url("keyword_replies"),
        desk.visible_rules(actor).exists(),
    )
    yield Step(
        _("Send one message to all groups"),
        _("With the group's name in it, a preview, and a result for each."),
        _url("broadcasts"),
        chat.visible_broadcasts(actor).exists(),
    )


urlpatterns = [path("", today, name="today")]
