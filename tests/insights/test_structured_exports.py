"""What is particular to single formats: ids that have to be computed, what people see of a text, what is too much."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qunce.chat.types import EVERYBODY, Media, MemberJoined, Mention, MessageReceived, Sender, Text
from qunce.insights.importer import Source
from qunce.insights.importers import mbox
from qunce.insights.importers._matrix_ids import event_id
from qunce.insights.importers._said import file_called, mentioning, text_of, told
from qunce.insights.importers.discord_csv import DiscordCsv
from qunce.insights.importers.matrix import Matrix
from qunce.insights.importers.mbox import Mbox
from qunce.insights.importers.zulip import Zulip
from qunce.insights.types import Reading, Skip, Skipped


def read(importer, path):
    source = Source(path)
    [chat] = importer.chats(source, Reading())
    return list(importer.read(source, chat.key, Reading()))


# ------------------------------------------------------------------ Matrix
PDU = {
    "auth_events": ["$a"],
    "content": {"msgtype": "m.text", "body": "hello"},
    "depth": 5,
    "hashes": {"sha256": "x"},
    "origin": "example.org",
    "origin_server_ts": 1704441600000,
    "prev_events": ["$p"],
    "room_id": "!r:example.org",
    "sender": "@ann:example.org",
    "signatures": {"example.org": {}},
    "type": "m.room.message",
    "unsigned": {"age_ts": 1},
}


def test_an_event_without_an_id_has_the_hash_of_what_a_redaction_leaves():
    ten = event_id(PDU, "10")
    assert len(ten) == 44
    assert ten == event_id({**PDU, "content": {}, "unsigned": {}, "signatures": {}}, "10")
    assert ten != event_id({**PDU, "depth": 6}, "10")
    assert event_id(PDU, "11") == event_id({key: value for key, value in PDU.items() if key != "origin"}, "11") != ten
    assert event_id(PDU, "3").replace("+", "-").replace("/", "_") == ten
    assert event_id({**PDU, "event_id": "$given"}, "10") == "$given"


def test_only_its_sender_may_have_edited_a_message(tmp_path):
    def event(number, sender, content):
        return {
            "type": "m.room.message",
            "event_id": f"${number}",
            "sender": sender,
            "origin_server_ts": 1704441600000 + number,
            "room_id": "!r",
            "content": content,
        }

    def edit(body, of):
        return {
            "msgtype": "m.text",
            "body": f"* {body}",
            "m.new_content": {"msgtype": "m.text", "body": body},
            "m.relates_to": {"rel_type": "m.replace", "event_id": of},
        }

    events = [
        event(1, "@a:x", {"msgtype": "m.text", "body": "one"}),
        event(2, "@b:x", edit("stolen", "$1")),
        event(3, "@a:x", edit("two", "$1")),
        event(4, "@a:x", edit("three", "$1")),
    ]
    path = tmp_path / "export.json"
    path.write_text(json.dumps({"room_name": "R", "export_date": "today", "messages": events}))
    said = [each for each in read(Matrix(), path) if isinstance(each, MessageReceived)]
    assert [each.text for each in said] == ["three"]


# ------------------------------------------------------------------ Discord
def test_the_same_rows_in_another_file_have_the_same_ids(tmp_path):
    head = "AuthorID,Author,Date,Content,Attachments,Reactions\n"
    rows = [
        '"1","a","2024-01-05T08:00:00+00:00","+1","",""\n',
        '"1","a","2024-01-05T08:00:00+00:00","+1","",""\n',
        '"2","b","2024-01-05T08:01:00+00:00","no","",""\n',
    ]
    ids = []
    for name, chosen in (("whole.csv", rows), ("later.csv", rows[1:])):
        (tmp_path / name).write_text(head + "".join(chosen))
        ids.append([each.external_id for each in read(DiscordCsv(), tmp_path / name)])
    assert len(set(ids[0])) == 3
    assert ids[1] == [ids[0][0], ids[0][2]]


# ------------------------------------------------------------------ Zulip
def test_an_official_export_without_its_realm_shows_nothing_private(tmp_path):
    (tmp_path / "messages-000001.json").write_text(
        '{"zerver_message": [{"id": 1, "sender": 1, "recipient": 5, "content": "x", "date_sent": 1.0}]}'
    )
    assert Zulip().recognises(Source(tmp_path))
    with pytest.raises(ValueError, match=r"realm\.json"):
        Zulip().chats(Source(tmp_path), Reading())


def test_everybody_in_a_rendered_text(tmp_path):
    path = tmp_path / "topic.json"
    html = '<p><span class="user-mention" data-user-id="*">@all</span> come</p>'
    path.write_text(
        json.dumps([{"id": 1, "content": html, "sender_full_name": "Ann", "sender_id": 3, "timestamp": 1704441600}])
    )
    [entry] = read(Zulip(), path)
    assert entry.parts == (Mention(EVERYBODY, "all"), Text(" come"))
    assert entry.sender == Sender("3", "Ann")


# ------------------------------------------------------------------ mail
def mail(body, **headers):
    given = {"From": "Ann <ann@example.org>", "Date": "Fri, 5 Jan 2024 08:00:00 +0000", "Subject": "Plan", **headers}
    return (
        "From ann@example.org Fri Jan  5 08:00:00 2024\n"
        + "".join(f"{key}: {value}\n" for key, value in given.items())
        + f"\n{body}\n\n"
    )


@pytest.mark.parametrize(
    ("body", "own"),
    [
        ("yes\n\n> no?", "yes"),
        ("On 5 Jan 2024, Bob wrote:\n> no?\n\nyes", "yes"),
        ("在 2024年1月5日，张三 写道：\n> 来吗\n来", "来"),
        ("yes\n-- \nAnn", "yes"),
        ("yes\n-----Original Message-----\nFrom: Bob", "yes"),
        ("yes\n_______________________________________________\nlist footer", "yes"),
        (">From here on", "From here on"),
        ("a -- b\n--\nc", "a -- b"),
    ],
)
def test_of_a_mail_only_what_its_sender_wrote_is_said(tmp_path, body, own):
    path = tmp_path / "list.mbox"
    path.write_text(mail(body, **{"In-Reply-To": "<x@example.org>"}))
    [entry] = read(Mbox(), path)
    assert entry.text == own
    assert entry.reply_to == "x@example.org"


@pytest.mark.parametrize(
    "written", ["noreply@example.org", "Mail Delivery <MAILER-DAEMON@example.org>", "CI <build-bot@example.org>"]
)
def test_machines_write_as_bots(tmp_path, written):
    path = tmp_path / "list.mbox"
    path.write_text(mail("done", From=written))
    [entry] = read(Mbox(), path)
    assert entry.sender.is_bot


def test_a_mail_of_many_megabytes_is_read_as_far_as_it_says_something(tmp_path):
    path = tmp_path / "list.mbox"
    attached = "Content-Type: text/plain\n\nsee below\n--b\nContent-Type: application/zip\nContent-Disposition: attachment; filename=a.zip\nContent-Transfer-Encoding: base64\n\n"
    big = mail(
        f"--b\n{attached}" + ("QUJD" * 19 + "\n") * 60_000 + "--b--",
        **{"Content-Type": 'multipart/mixed; boundary="b"'},
    )
    path.write_text(big + mail("next", Subject="Next"))
    first, second = read(Mbox(), path)
    assert first.text == "[a.zip]Plan\nsee below"
    assert second.text == "Next\nnext"


KINDS = ["", 'text/plain; charset="utf-8"', "text/plain;\n charset=us-ascii; format=flowed", "text/html", "nonsense"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    subject=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20),
    kind=st.sampled_from(KINDS),
    lines=st.lists(st.sampled_from(["yes", "> no", "-- ", "On Monday Bob wrote:", "", "  ", "明天", "From here"])),
    extra=st.sampled_from(
        ["References: <a@x>\n\t<b@x>\n", "X-Odd :  a\n", "no header\n", "X: =?utf-8?q?=C3=A4?=\n", ""]
    ),
    date=st.sampled_from(
        ["Mon, 4 Mar 2024 08:09:10 +0130", "4 Mar 2024 08:09:10 -0000", "31 Feb 2024 08:09:10 +0000"]
    ),
)
def test_plain_mails_say_what_the_parser_of_mails_hears(tmp_path, monkeypatch, *, subject, kind, lines, extra, date):
    written = f"Content-Type: {kind}\n" if kind else ""
    head = f"Date: {date}\nFrom: Ann Li <ann@example.org>\nMessage-ID: <1@x>\nSubject: {subject}\n{written}{extra}"
    path = tmp_path / "list.mbox"
    path.write_text(f"From ann@example.org Mon Mar  4 08:09:10 2024\n{head}\n" + "\n".join(lines), newline="\n")
    quick = read(Mbox(), path)
    with monkeypatch.context() as patch:
        patch.setattr(mbox, "_plain", lambda _raw: None)
        patch.setattr(mbox, "_USUAL_DATE", lambda _written: None)
        assert read(Mbox(), path) == quick


def test_a_header_in_no_known_encoding_stands_as_it_is(tmp_path):
    path = tmp_path / "list.mbox"
    path.write_text(mail("x", Subject="=?nonsense?q?a?= b", From="=?x-unknown?b?5a6J?= <ann@example.org>"))
    [entry] = read(Mbox(), path)
    assert entry.sender.external_id == "ann@example.org"
    path.write_text(mail("x", Date="the day before"))
    assert [each.reason for each in read(Mbox(), path) if isinstance(each, Skipped)] == [Skip.UNREADABLE]


# ------------------------------------------------------------------ texts
def test_html_as_people_read_it():
    html = "<style>p {}</style><p>One &amp; two<br>three</p><ul><li>a</li><li>b</li></ul><img alt='☕'><script>x</script>"
    assert text_of(html) == "One & two\nthree\na\nb\n☕"


def test_the_longest_name_is_mentioned():
    people = {"@Ann": Mention("1", "Ann"), "@Ann Li": Mention("2", "Ann Li")}
    assert told(mentioning("@Ann Li and @Ann", people)) == (
        "@Ann Li and @Ann",
        (Mention("2", "Ann Li"), Text(" and "), Mention("1", "Ann")),
    )
    assert told(mentioning("nobody", people)) == ("nobody", None)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.PNG", "image"), ("b.mp4", "video"), ("c.ogg", "audio"), ("d.pdf", "file"), ("", "file")]
)
def test_files_are_known_by_their_names(name, kind):
    assert file_called(name) == Media(kind, "", name)
    assert file_called("x", "video/mp4", 3) == Media("video", "", "x", "video/mp4", 3)


def test_a_join_in_a_group_chat_of_discord(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        'AuthorID,Author,Date,Content,Attachments,Reactions\n"1","a","2024-01-05T08:00:00+00:00","Joined the server.","",""\n'
    )
    [entry] = read(DiscordCsv(), path)
    assert isinstance(entry, MemberJoined)
