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
from qunce.cli.evaluate import _compared
from qunce.insights.policies import evaluation, warning
from qunce.insights.selectors.foresight import own_cases
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
    figures = _compared(cases)
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
