"""Rules as tables: what is written comes back unchanged, and what is wrong is said line by line."""

import csv
import io
from dataclasses import replace
from datetime import time
from threading import Barrier, Thread
from time import process_time

import pytest
from django.db import connections, transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.community import actions as community
from qunce.content import actions as content
from qunce.desk import actions, selectors
from qunce.desk.models import KeywordRule, KeywordUse
from qunce.desk.selectors import Verdict
from qunce.desk.types import Hours, Match, RuleDraft, RuleFilter
from qunce.kernel import audit, clock, revisions
from qunce.kernel.actor import SYSTEM, Actor, Role
from qunce.kernel.errors import Conflict, Invalid, NotAllowed
from qunce.kernel.models import AuditEntry
from tests.chat.support import account, adopted
from tests.content.support import published

DRAFT = RuleDraft(keywords=("报名", "Sign up"), answer="{昵称}，在这里。", cooldown_seconds=60)


def rule(**changes):
    return actions.create_rule(actor=SYSTEM, draft=replace(DRAFT, **changes))


def written(actor=SYSTEM, language="zh-hans", delimiter=",", wanted=RuleFilter()):  # noqa: B008 (frozen)
    out = io.StringIO()
    with translation.override(language):
        csv.writer(out, delimiter=delimiter).writerows(selectors.table(actor, wanted))
    return out.getvalue().encode()


def lines(*rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def verdicts(body, actor=SYSTEM):
    return [line.verdict for line in selectors.plan(actor, body).lines]


def bring_in(body, actor=SYSTEM):
    return actions.import_rules(actor=actor, name="规则.csv", body=body, seen=selectors.plan(actor, body).seen)


def wrong(*rows, actor=SYSTEM):
    """What is said of the last line."""
    line = selectors.plan(actor, lines(*rows)).lines[-1]
    assert line.verdict is Verdict.WRONG
    return line.number, str(line.error)


@pytest.mark.django_db
class TestThereAndBack:
    def test_an_item_is_named_by_its_key_and_one_that_is_not_there_is_said(self):
        group = adopted(account(), "!a")["!a"]
        own, everybodys = published("一", key="anli", community_id=group.community_id), published("二", key="anli")
        body = (
            f"keywords,answer,community,item\na,,#{group.community_id},anli\nb,,,anli\nc,,,nothing\nd,,,#{own.pk}\n"
        ).encode()
        assert verdicts(body) == [Verdict.NEW, Verdict.NEW, Verdict.WRONG, Verdict.WRONG]
        bring_in(body)
        assert list(KeywordRule.objects.order_by("id").values_list("item_id", flat=True)) == [own.pk, everybodys.pk]

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_every_kind_of_rule_comes_back_unchanged(self, language):
        group = adopted(account(), "!a")["!a"]
        rule()
        rule(match=Match.EXACT, group_id=group.pk, keywords=("=1+1", "-x", "'@y", "''", "a,b;c\td"))
        rule(match=Match.ALL, community_id=group.community_id, tag="新手", answer='+86\n\n第二行 “引号” "x"')
        rule(match=Match.PATTERN, keywords=("报|名", "第[0-9]+期"), tag="x", variants=("=cmd", "三", "  四\n"))
        rule(hours=Hours((0, 2, 6), time(22, 30), time(2)), away="@明天再来", cooldown_seconds=7)
        actions.set_rule_enabled(actor=SYSTEM, rule_id=rule(keywords=("off",)).pk, enabled=False)
        file = content.take_file(actor=SYSTEM, name="a.pdf", content=[b"x"])
        rule(keywords=("file",), answer="", files=(file,))
        own = published("案例", key="anli", community_id=group.community_id)
        published("案例", key="anli")
        rule(keywords=("item",), answer="", item_id=own.pk, group_id=group.pk)
        rule(keywords=("item",), answer="", item_id=published("书单", key="-shudan").pk)
        before = list(KeywordRule.objects.order_by("id").values())
        body = written(language=language)
        assert not any(cell[:1] in "=+-@" for row in csv.reader(io.StringIO(body.decode())) for cell in row if cell)
        assert verdicts(body) == [Verdict.SAME] * 9
        done = bring_in(body)
        assert (done.made, done.changed, done.wrong) == (0, 0, 0)
        assert list(KeywordRule.objects.order_by("id").values()) == before
        KeywordRule.objects.exclude(answer="").update(answer="lost", enabled=True, cooldown_seconds=0, variants=[])
        assert bring_in(body).changed == 6
        after = list(KeywordRule.objects.order_by("id").values())
        assert [{**row, "changed_at": 0} for row in after] == [{**row, "changed_at": 0} for row in before]

    def test_names_that_are_not_plain_are_written_as_numbers(self):
        groups = adopted(account(), "!a", "!b")
        for key, name in (("!a", "夜读"), ("!b", "夜读")):
            type(groups[key]).objects.filter(pk=groups[key].pk).update(name=name)
            rule(group_id=groups[key].pk, keywords=(key,))
        body = written()
        assert f"#{groups['!a'].pk}" in body.decode()
        assert verdicts(body) == [Verdict.SAME] * 2

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
    def test_whatever_a_spreadsheet_saves_is_read(self, delimiter, encoding):
        rule()
        rule(variants=("二",))
        assert verdicts(written(delimiter=delimiter).decode().encode(encoding)) == [Verdict.SAME] * 2

    def test_the_table_has_what_the_list_shows(self):
        rule(keywords=("a",))
        rule(keywords=("b",), match=Match.EXACT)
        assert len(list(selectors.table(SYSTEM, RuleFilter(match=Match.EXACT)))) == 2


TEXT = st.text(alphabet="ab报名=+-@'\"，,;\t\n {}｛＝", max_size=12)
WORDS = st.lists(TEXT, min_size=1, max_size=4)


@given(st.lists(st.tuples(WORDS, TEXT, st.lists(TEXT, max_size=3), st.sampled_from([Match.EXACT, Match.ALL]))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_any_rules_come_back_unchanged(django_db_setup, django_db_blocker, drawn):
    with django_db_blocker.unblock(), transaction.atomic():
        count = 0
        for keywords, answer, variants, match in drawn:
            try:
                rule(keywords=tuple(keywords), answer=answer, variants=tuple(variants), match=match)
            except Invalid:
                continue
            count += 1
        assert verdicts(written()) == [Verdict.SAME] * count
        transaction.set_rollback(True)


@pytest.mark.django_db
class TestReading:
    def test_a_table_of_two_columns_is_enough(self):
        body = "Keywords,Answer\n报名\n".encode() + "价格,八十\n".encode()
        assert verdicts(body) == [Verdict.WRONG, Verdict.NEW]
        done = bring_in(body)
        assert (done.made, done.wrong) == (1, 1)
        (view,) = selectors.rule_page(SYSTEM, RuleFilter())
        assert (view.rule.keywords, view.rule.answer, view.rule.match) == (["价格"], "八十", "contains")
        assert verdicts(body) == [Verdict.WRONG, Verdict.SAME]

    def test_doubles_in_the_table_are_made_once(self):
        assert verdicts(lines(["keywords", "answer"], ["报名", "x"], ["报 名", "x"], ["报名", "y"])) == [
            Verdict.NEW,
            Verdict.DOUBLE,
            Verdict.NEW,
        ]

    def test_missing_columns_stay_as_they_are(self):
        made = rule(variants=("二",), hours=Hours((1,), time(9), time(10)), away="later", tag="x")
        KeywordUse.objects.create(rule=made, group_id=1, last_at=clock.now(), times=4)
        bring_in(lines(["编号", "回复"], [made.pk, "new"]))
        draft = selectors.draft_of(KeywordRule.objects.get())
        assert draft == replace(
            DRAFT, variants=("二",), hours=Hours((1,), time(9), time(10)), away="later", tag="x", answer="new"
        )
        assert selectors.rule(SYSTEM, made.pk).uses == 4

    def test_unknown_columns_are_named(self):
        plan = selectors.plan(SYSTEM, lines(["keywords", "answer", "Remark", ""], ["a", "b", "c", "d"]))
        assert list(plan.ignored) == ["Remark"]
        assert plan.of(Verdict.NEW)

    @pytest.mark.parametrize(
        ("column", "cell", "says"),
        [
            ("keywords", "", "There is no keyword."),
            ("answer", "", "There is no answer."),
            ("answer", "{nmae}", "There is no variable {nmae}."),
            ("match", "sometimes", "“sometimes” is no way to match. Write one of: exact, all, contains, pattern."),
            ("community", "nowhere", "“nowhere” is not known, or is the name of several."),
            ("group", "#99999", "“#99999” is not known"),
            ("id", "99999", "There is no rule with the number “99999”. Empty the cell"),
            ("id", "1e5", "There is no rule with the number “1e5”."),
            ("cooldown", "soon", "“soon” is no number of seconds. Write 0 for none."),
            ("cooldown", "99999999", "A cool-down lasts at most seven days."),
            ("days", "Mon Fun", "“fun” is no day of the week."),
            ("hours", "9 to 5", "“9 to 5” are no hours. Write them as in 09:00-18:00."),
            ("hours", "09:00-18:75", "are no hours"),
            ("on", "perhaps", "“perhaps” is neither yes nor no."),
        ],
    )
    def test_what_is_wrong_with_a_line_says_how_to_mend_it(self, column, cell, says):
        row = {"keywords": "报名", "answer": "x", column: cell}
        with translation.override("en"):
            number, said = wrong(list(row), ["好", "y"], [], list(row.values()))
        assert number == 4
        assert says in said

    def test_a_bad_pattern_says_where(self):
        with translation.override("en"):
            _number, said = wrong(["keywords", "answer", "match"], ["报名(几点", "x", "pattern"])
        assert said.startswith("In the pattern “报名(几点”, at character 3: this bracket is never closed.")

    @pytest.mark.parametrize(
        ("cells", "hours"),
        [
            (("", ""), None),
            (("周一 星期三", "9:00-18:30"), Hours((0, 2), time(9), time(18, 30))),
            (("Mon,Wed;Sun", ""), Hours((0, 2, 6), time(), time())),
            (("1 2 7", "22：00～02：00"), Hours((0, 1, 6), time(22), time(2))),
            (("周日", "09:00 至 24:00"), Hours((6,), time(9), time())),
            (("", "09:00-18:00"), Hours((0, 1, 2, 3, 4, 5, 6), time(9), time(18))),
        ],
    )
    def test_days_and_hours_as_people_write_them(self, cells, hours):
        (line,) = selectors.plan(SYSTEM, lines(["keywords", "answer", "days", "hours"], ["a", "b", *cells])).lines
        assert line.draft.hours == hours

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"", "names no column"),
            (b"a,b\n1,2\n", "names no column"),
            ("关键词,回复\n".encode() + b'"a,b\n', "not a table"),
            (b"\x81\xff\x81 \xff", "characters cannot be read"),
            (b"keywords,answer\n" + b"a,b\n" * 20_001, "20001 lines"),
            (bytes(21 << 20), "too large"),
        ],
        ids=["empty", "other columns", "open quote", "no text", "too long", "too large"],
    )
    def test_what_is_no_table_of_rules(self, body, says):
        with pytest.raises(Invalid, match=says):
            selectors.plan(SYSTEM, body)


@pytest.mark.django_db
class TestBringingIn:
    def test_it_is_said_once_per_community_and_every_process_is_told(self):
        group = adopted(account(), "!a")["!a"]
        first = rule(community_id=group.community_id)
        before = revisions.current()[actions.SCOPE]
        AuditEntry.objects.all().delete()
        home = group.community.name
        bring_in(
            lines(
                ["id", "keywords", "answer", "community"],
                ["", "a", "b", ""],
                ["", "c", "d", home],
                [first.pk, "e", "f", home],
            )
        )
        assert revisions.current()[actions.SCOPE] == before + 1
        said = {entry.community_id: audit.say(entry) for entry in AuditEntry.objects.all()}
        assert said == {
            None: "Qunce imported keyword rules from “规则.csv”: 1 new, 0 changed.",
            group.community_id: "Qunce imported keyword rules from “规则.csv”: 1 new, 1 changed.",
        }

    def test_one_imports_only_where_one_operates(self):
        groups = adopted(account(), "!a")
        home = groups["!a"].community_id
        elsewhere = adopted(account(), "!b")["!b"]
        hidden = rule(group_id=elsewhere.pk)
        operator = Actor(id=5, name="Mei", grants={home: Role.OPERATOR})
        body = lines(
            ["id", "keywords", "answer", "community", "group"],
            ["", "a", "b", f"#{home}", ""],
            ["", "a", "b", "", ""],
            ["", "a", "b", "", f"#{elsewhere.pk}"],
            [hidden.pk, "a", "b", "", ""],
        )
        assert verdicts(body, operator) == [Verdict.NEW, Verdict.WRONG, Verdict.WRONG, Verdict.WRONG]
        bring_in(body, operator)
        assert KeywordRule.objects.count() == 2
        viewer = Actor(id=6, name="Wei", grants={None: Role.SERVICE})
        with pytest.raises(NotAllowed):
            bring_in(body, viewer)
        with pytest.raises(NotAllowed):
            actions.take_sheet(actor=viewer, name="x", body=body)

    def test_what_was_changed_after_the_export_is_not_overwritten(self):
        made = rule()
        body = written(language="en").replace("在这里".encode(), "从表格".encode())
        actions.change_rule(
            actor=SYSTEM, rule_id=made.pk, draft=replace(DRAFT, answer="theirs"), seen=made.changed_at
        )
        (line,) = selectors.plan(SYSTEM, body).lines
        assert "changed this rule after it was exported" in str(line.error)
        bring_in(body)
        assert KeywordRule.objects.get().answer == "theirs"

    def test_what_was_changed_after_the_look_is_not_overwritten(self):
        made = rule()
        body = lines(["id", "answer"], [made.pk, "from the table"])
        seen = selectors.plan(SYSTEM, body).seen
        actions.change_rule(
            actor=SYSTEM, rule_id=made.pk, draft=replace(DRAFT, answer="theirs"), seen=made.changed_at
        )
        with pytest.raises(Conflict, match="nothing was imported"):
            actions.import_rules(actor=SYSTEM, name="x", body=body, seen=seen)
        assert KeywordRule.objects.get().answer == "theirs"

    def test_two_lines_for_one_rule(self):
        made = rule()
        body = lines(["id", "answer"], [made.pk, "1"], [made.pk, "2"])
        assert verdicts(body) == [Verdict.CHANGED, Verdict.WRONG]

    def test_an_editor_is_told_that_a_table_changed_his_rule(self):
        made = rule()
        bring_in(lines(["id", "answer"], [made.pk, "from the table"]))
        with pytest.raises(Conflict):
            actions.change_rule(actor=SYSTEM, rule_id=made.pk, draft=DRAFT, seen=made.changed_at)


@pytest.mark.django_db(transaction=True)
def test_the_same_table_twice_at_the_same_moment_is_imported_once():
    body = lines(["keywords", "answer"], *([f"词{n}", "x"] for n in range(20)))
    seen, together, outcomes = selectors.plan(SYSTEM, body).seen, Barrier(2), []

    def run():
        together.wait()
        try:
            outcomes.append(actions.import_rules(actor=SYSTEM, name="x", body=body, seen=seen).made)
        except Conflict:
            outcomes.append(0)
        finally:
            connections.close_all()

    threads = [Thread(target=run) for _both in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [0, 20]
    assert KeywordRule.objects.count() == 20


@pytest.mark.django_db
def test_ten_thousand_lines_are_quick_and_so_is_the_list_after_them():
    groups = adopted(account(), *(f"!{n}" for n in range(5)))
    community.tag_groups(actor=SYSTEM, group_ids=[groups["!0"].pk], add=["新手"])
    names = [group.name for group in groups.values()]
    rows = [
        [f"口令{n}\n第{n}个词", f"回复 {n}", ("包含", "整句", "全部")[n % 3], names[n % 5] if n % 2 else ""]
        for n in range(10_000)
    ]
    body = lines(["关键词", "回复", "匹配", "群"], *rows)
    started = process_time()
    assert bring_in(body).made == 10_000
    assert process_time() - started < 10
    selectors.rule_page(SYSTEM, RuleFilter())
    started = process_time()
    for wanted in (RuleFilter(), RuleFilter(text="口令77"), RuleFilter(never_used=True), RuleFilter(overridden=True)):
        selectors.rule_page(SYSTEM, wanted)
    assert process_time() - started < 2
