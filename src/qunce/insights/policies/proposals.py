"""What to try against a finding: drafts of playbooks, each with what it should bring and how that is measured."""

from qunce.insights.policies.marking import gettext_noop
from qunce.insights.types import Proposal

_DRAFTS = (
    Proposal(
        key="fixed_hour",
        playbook="weekly-hot-topic",
        title=gettext_noop("One fixed hour a week"),
        steps=(
            gettext_noop("Choose the weekday and hour at which most people used to speak, and announce it."),
            gettext_noop("Ask one easy question there that everybody can answer in a word or a picture."),
            gettext_noop("Thank by name everybody who answers, and say when the next one is."),
        ),
        effect=gettext_noop("People know again when somebody is there; half of the usual voices come back."),
        metric="active",
        goal=gettext_noop("People speaking per day at 60 per cent or more of what was usual, within four weeks."),
        days=28,
    ),
    Proposal(
        key="owner_returns",
        playbook="rescue-owner-away",
        title=gettext_noop("The owner comes back, or hands over"),
        steps=(
            gettext_noop("Ask the owner in private whether there is time for ten minutes a day."),
            gettext_noop("If so: one personal message today, and an answer to every question of this week."),
            gettext_noop("If not: name two members who host by turns, and introduce them in the group."),
        ),
        effect=gettext_noop("Somebody of the team is heard on most days again."),
        metric="staff_active",
        goal=gettext_noop("The team speaks on at least eight of 14 days, within two weeks."),
        days=14,
    ),
    Proposal(
        key="greet_newcomers",
        playbook="rescue-closed-circle",
        title=gettext_noop("Greet everybody who is new"),
        steps=(
            gettext_noop("Ask three regulars to answer first words of newcomers for two weeks, by turns."),
            gettext_noop("Greet by name, pick up what was said, and ask something back."),
            gettext_noop("Open a topic in which newcomers know as much as the regulars."),
        ),
        effect=gettext_noop(
            "Newcomers who get an answer speak again more often: 56 instead of 44 of 100 (Joyce & Kraut)."
        ),
        metric="newcomers_answered",
        goal=gettext_noop("Six of ten newcomers answered within a day, within four weeks."),
        days=28,
    ),
    Proposal(
        key="invite_friends",
        playbook="rescue-no-newcomers",
        title=gettext_noop("Fresh voices"),
        steps=(
            gettext_noop("Ask five active members to bring one friend each whom the topic concerns."),
            gettext_noop("Write to those who have been silent for a month: one line, about what they last said."),
            gettext_noop("Receive both on the same evening with an introduction round."),
        ),
        effect=gettext_noop("New and returning voices every week; the circle is not always the same."),
        metric="new_speakers",
        goal=gettext_noop("Three new or returning voices for every ten people of a usual day, within four weeks."),
        days=28,
    ),
    Proposal(
        key="split_topics",
        title=gettext_noop("A room for the loudest topic"),
        steps=(
            gettext_noop("See which topic and which few people write most of it."),
            gettext_noop("Offer them a group of their own; what is decided there comes back as one message a day."),
            gettext_noop("Give this group a daily digest, so that nobody has to read everything."),
        ),
        effect=gettext_noop("Fewer messages for each to read; those who fell silent come back."),
        metric="load",
        goal=gettext_noop("Messages per person back to what was usual, within two weeks."),
        days=14,
    ),
    Proposal(
        key="ad_window",
        title=gettext_noop("One place for offers"),
        steps=(
            gettext_noop("Say when and where offers are welcome: one afternoon a week, or one thread."),
            gettext_noop("Ask in private those who post most of them to keep to it."),
            gettext_noop("Take away what is posted elsewhere, with a friendly word each time."),
        ),
        effect=gettext_noop("Talk is talk again; offers are found by those who look for them."),
        metric="ad_messages",
        goal=gettext_noop("Fewer than one message in ten is an offer, within two weeks."),
        days=14,
    ),
    Proposal(
        key="question_hour",
        title=gettext_noop("A daily question hour"),
        steps=(
            gettext_noop("Name who answers questions on which day, and put the rota into the notice."),
            gettext_noop("Answer today the open questions that are listed here, late as it is."),
            gettext_noop("Make keyword replies of the three that are asked most."),
        ),
        effect=gettext_noop("Who asks gets an answer on the same day."),
        metric="unanswered",
        goal=gettext_noop("Fewer than two of five questions without an answer within a day, within two weeks."),
        days=14,
    ),
    Proposal(
        key="committee",
        title=gettext_noop("A small committee"),
        steps=(
            gettext_noop("Ask the three members who answer others most whether they take one small duty each."),
            gettext_noop("Give each a day of the week, with a reminder and a text to begin with."),
            gettext_noop("Keep the team silent on one of these days, and see what happens."),
        ),
        effect=gettext_noop("The group also lives on days without the team."),
        metric="active",
        goal=gettext_noop("At least half as many members speak on days without the team, within six weeks."),
        days=42,
    ),
    Proposal(
        key="first_words",
        playbook="welcome-7-days",
        title=gettext_noop("Easy first words"),
        steps=(
            gettext_noop("Welcome newcomers with a question that is answered by one word: city, trade, favourite."),
            gettext_noop("Answer each of them by name within the day."),
            gettext_noop("After three days show those who are still silent one thing worth reading."),
        ),
        effect=gettext_noop("One of five newcomers says something in the first weeks."),
        metric="new_speakers",
        goal=gettext_noop("First words of a fifth of those who join, within four weeks."),
        days=28,
    ),
    Proposal(
        key="rotating_host",
        playbook="rotating-host",
        title=gettext_noop("A host who changes"),
        steps=(
            gettext_noop("Let another member open the day, for a week, from a list of easy topics."),
            gettext_noop("Ask the one who says most to answer last instead of first."),
            gettext_noop("Ask the quiet ones for what they know, by name and with their leave."),
        ),
        effect=gettext_noop("More voices, and nobody carries the talk alone."),
        metric="top_share",
        goal=gettext_noop("The busiest person says less than half on most days, within four weeks."),
        days=28,
    ),
    Proposal(
        key="calm_down",
        title=gettext_noop("Calm first, then clear"),
        steps=(
            gettext_noop("Stop everything cheerful and automatic in this group for two days."),
            gettext_noop("One named person answers what people are angry about, in the open and once."),
            gettext_noop("Speak in private with those who attack others, and point to the rules."),
        ),
        effect=gettext_noop("The quarrel ends before bystanders leave."),
        metric="anger_messages",
        goal=gettext_noop("Fewer than three angry messages in a hundred, within a week."),
        days=7,
    ),
)

proposals = {draft.key: draft for draft in _DRAFTS}
"""By the key that a signal names."""
