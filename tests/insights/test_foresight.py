"""`qunce evaluate warning`: cases from the history that is there, none of what came is seen before."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from qunce.cli.bench.stories import LAST, lives
from qunce.insights.actions import foresight as actions
from qunce.insights.policies import evaluation, warning
from qunce.insights.selectors.foresight import own_cases
from qunce.insights.selectors.warnings import figures_of, measurements, weights_in_force, weights_of
from qunce.kernel import audit
from qunce.kernel.actor import Role
from qunce.kernel.errors import Invalid, NotAllowed
from qunce.kernel.models import AuditEntry
from tests.insights.kept import groups, keep
from tests.support import world


def some_lives(count, seed=3):
    made = lives(count, days=330, seed=seed)
    return replace(made, series={key: made[key] for key in (*warning.READS, "present")})


@pytest.mark.django_db
def test_own_history_is_measured_leaving_communities_out():
    made = [each for _home in range(6) for each in groups(10, world.a_community())]
    keep(some_lives(60), made)
    cases = own_cases()
    assert cases.by_community
    assert len(np.unique(cases.groups)) >= evaluation.ENOUGH_GROUPS
    assert len(np.unique(cases.homes)) == 6
    figures = figures_of(evaluation.compared(cases, warning.BUILT_IN))
    assert figures["left_out"] == "community"
    assert figures["silent"] > 5
    assert figures["rules"]["auc"] > 0.75
    assert figures["rules"]["brier"] < figures["rules"]["brier_of_always_the_share"]
    assert sum(each["cases"] for each in figures["rules"]["calibration"]) == figures["cases"]


@pytest.mark.django_db
def test_within_one_community_tenths_of_the_groups_are_left_out():
    keep(some_lives(20), groups(20))
    cases = own_cases()
    assert not cases.by_community
    assert len(np.unique(cases.homes)) == 10
    for group in np.unique(cases.groups):
        assert len(np.unique(cases.homes[cases.groups == group])) == 1


@pytest.mark.django_db
def test_without_any_history_there_are_no_cases():
    cases = own_cases()
    assert (len(cases.came), cases.met.shape[1]) == (0, len(warning.RULES))


def test_what_came_is_not_seen_before():
    whole = some_lives(40)
    cut = evaluation.DAYS + warning.AHEAD
    panel = replace(
        whole,
        stretch=replace(whole.stretch, count=cut),
        series={key: days[:, :cut] for key, days in whole.series.items()},
        age=np.full(40, cut, np.float32),
    )
    silenced = {key: days.copy() for key, days in panel.series.items()}
    for days in silenced.values():
        days[:, -warning.AHEAD :] = 0
    met, _came, who = evaluation.cases_of(panel)
    same, came, _who = evaluation.cases_of(replace(panel, series=silenced))
    assert (met == same).all()
    assert came.all()
    assert len(who) > 20
    unread = {key: days.copy() for key, days in panel.series.items()}
    unread["messages"][:, -warning.AHEAD :] = np.nan
    assert len(evaluation.cases_of(replace(panel, series=unread))[1]) == 0, "what nobody has read has not come"


def command(*arguments, env=None):
    words = [sys.executable, "-m", "qunce", "evaluate", "warning", *arguments]
    return subprocess.run(words, env=env, capture_output=True, text=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_too_little_history_is_said_to_be_too_little():
    url = make_conninfo(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"])
    done = command(env={**os.environ, "DATABASE_URL": url})
    assert done.returncode == 1
    assert "50 are needed" in done.stderr


def test_simulated_histories_are_named_so():
    done = command("--simulated", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["data"] == "simulated histories"
    assert figures["rules"]["auc"] > 0.85
    assert figures["better"] in {"rules", "fitted"}
    said = command("--simulated").stdout
    assert "measured on simulated histories" in said
    assert "AUC" in said


def test_the_last_day_is_that_of_the_panel():
    assert lives(2, days=200).stretch.last == LAST
    assert lives(2, days=200).stretch.first == LAST - timedelta(days=199)


# ------------------------------------------------------------------ adopting one
def misjudged(monkeypatch, home_count=6):
    """A history of which the rules in force say the opposite."""
    keep(some_lives(60), [each for _home in range(home_count) for each in groups(10, world.a_community())])
    wrong = warning.Weights(0.0, {rule.key: -rule.points for rule in warning.RULES})
    monkeypatch.setattr("qunce.insights.selectors.warnings.BUILT_IN", wrong)
    return wrong


@pytest.mark.django_db
def test_a_better_model_is_adopted_and_taken_back(monkeypatch):
    wrong = misjudged(monkeypatch)
    lead = world.actor(world.member_of_staff("陈默", everywhere=Role.LEAD))
    row = actions.measure(name="陈默")
    assert row.better
    assert row.figures["fitted"]["auc"] > row.figures["rules"]["auc"]
    assert weights_in_force() == wrong, "measuring changes nothing"
    actions.adopt(actor=lead, model_id=row.pk)
    assert weights_in_force() == weights_of(row)
    assert weights_in_force().points["last_week"] > 0
    again = actions.measure(name="陈默")
    assert not again.better, "the same model is not better than itself"
    with pytest.raises(Invalid):
        actions.adopt(actor=lead, model_id=again.pk)
    assert [each.in_force for each in measurements(lead)] == [False, True]
    actions.back_to_built_in(actor=lead)
    assert weights_in_force() == wrong
    said = [audit.say(entry) for entry in AuditEntry.objects.filter(action__startswith="warning.").order_by("pk")]
    assert said == [
        "陈默 adopted an early warning that was fitted to 60 groups.",
        "陈默 went back to the built-in rules of the early warning.",
    ]


@pytest.mark.django_db
def test_only_who_leads_everything_adopts(monkeypatch):
    misjudged(monkeypatch)
    home = world.a_community()
    here = world.actor(world.member_of_staff(roles={home.pk: Role.LEAD}))
    row = actions.measure(name="")
    for change in (
        lambda: actions.adopt(actor=here, model_id=row.pk),
        lambda: actions.back_to_built_in(actor=here),
        lambda: actions.ask_to_measure(actor=here),
    ):
        with pytest.raises(NotAllowed):
            change()
    assert len(measurements(here)) == 1
    with pytest.raises(NotAllowed):
        measurements(world.actor(world.member_of_staff(roles={home.pk: Role.VIEWER})))


def test_a_gain_that_may_be_chance_is_none():
    """Where rules and history agree by construction, no fitted model is surely better."""
    rng = np.random.default_rng(8)
    met = rng.random((400, len(warning.RULES)))
    came = rng.random(400) < warning.sigmoid(warning.BUILT_IN.odds(met))
    cases = evaluation.Cases(met, came, np.repeat(np.arange(100), 4), np.repeat(np.arange(10), 40), by_community=True)
    found = evaluation.compared(cases, warning.BUILT_IN)
    assert not found.better
