"""What comes by mail: who wrote it, what is new in it and what only quoted, and whether a machine wrote it."""

from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mail.incoming.letters import LONGEST_TEXT, Letter, letter_in
from mail.incoming.quoting import parted
from mail.keys import message_id_of

KEY = "followup.42.0"
OURS = message_id_of(KEY, domain="cx.example")


def answer(text: str = "Thank you!", *, html: str = "", **headers: str) -> bytes:
    letter = EmailMessage()
    usual = {
        "From": "Amina Hadžić <Amina@customers.example>",
        "To": "answers@cx.example",
        "Subject": "Re: About your answer",
        "Message-ID": "<a1@mail.customers.example>",
        "In-Reply-To": OURS,
    }
    for name, value in {
        **usual,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }.items():
        if value:
            letter[name] = value
    if text:
        letter.set_content(text)
    if html and text:
        letter.add_alternative(html, subtype="html")
    elif html:
        letter.set_content(html, subtype="html")
    return letter.as_bytes()


def test_everything_of_an_answer():
    letter = letter_in(
        answer("Hvala, sve je u redu. 🙂\n\nOn Wed, 4 Mar 2026, Sara wrote:\n> We are sorry.\n")
    )

    assert letter == Letter(
        fingerprint=letter.fingerprint,
        key=KEY,
        message_id="<a1@mail.customers.example>",
        sender="Amina@customers.example",
        sender_name="Amina Hadžić",
        subject="Re: About your answer",
        text="Hvala, sve je u redu. 🙂",
        quoted="On Wed, 4 Mar 2026, Sara wrote:\n> We are sorry.",
    )
    assert len(letter.fingerprint) == 64


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"In_Reply_To": OURS}, KEY),
        ({"In_Reply_To": "", "References": f"<x@y> {OURS} <z@y>"}, KEY),
        ({"In_Reply_To": "<theirs@y>", "References": f"{message_id_of('followup.1.0', domain='x')} {OURS}"}, KEY),
        ({"In_Reply_To": "", "To": f"answers+{OURS[1:].partition('@')[0]}@cx.example"}, KEY),
        ({"In_Reply_To": "", "To": f"A <answers+{OURS[1:].partition('@')[0].upper()}@cx.example>"}, KEY),
        ({"In_Reply_To": "", "Delivered_To": f"answers+{OURS[1:].partition('@')[0]}@cx.example"}, KEY),
        ({"In_Reply_To": ""}, ""),
        ({"In_Reply_To": OURS.replace("42", "43")}, ""),
        ({"In_Reply_To": "<followup.42.0.0123456789abcdef@cx.example>"}, ""),
        ({"In_Reply_To": "", "To": "answers+followup.42.0@cx.example"}, ""),
    ],
)  # fmt: skip
def test_which_mail_it_answers_is_told_by_a_sealed_key_alone(headers, key):
    assert letter_in(answer(**headers)).key == key


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner-email=x"},
        {"X_Auto_Response_Suppress": "All"},
        {"Precedence": "bulk"},
        {"Precedence": "Auto_Reply"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"List_Id": "<news.example>"},
        {"From": "MAILER-DAEMON@mx.example"},
        {"From": "No Reply <no-reply@shop.example>"},
        {"Subject": "Automatic reply: About your answer"},
        {"Subject": "Out of Office: Re: About"},
        {"Subject": "Автоответ: Ваш ответ"},
        {"Subject": "پاسخ خودکار: دربارهٔ پاسخ شما"},
        {"Subject": "自动回复: 您的回答"},
        {"Subject": "Automatski odgovor: Vaš odgovor"},
    ],
    ids=str,
)
def test_a_machine_gives_itself_away(headers):
    assert letter_in(answer(**headers)).is_automatic


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Precedence": "normal"},
        {"Subject": "Re: your office is out of order"},
        {"From": "Norbert Noreplay <norbert@x.example>"},
    ],
    ids=str,
)
def test_a_person_is_no_machine(headers):
    assert not letter_in(answer(**headers)).is_automatic


@pytest.mark.parametrize(
    ("text", "own", "quoted"),
    [
        ("Yes.", "Yes.", ""),
        ("Yes.\n\n> Was it solved?\n> Sara", "Yes.", "> Was it solved?\n> Sara"),
        ("Yes.\n\nOn Wed, 4 Mar 2026 at 12:00\nSara <s@x>\nwrote:\n> Solved?", "Yes.", "On Wed, 4 Mar 2026 at 12:00\nSara <s@x>\nwrote:\n> Solved?"),
        ("Да.\n\nср, 4 мар. 2026 г. в 12:00, Sara <s@x> написал(а):\n> Solved?", "Да.", "ср, 4 мар. 2026 г. в 12:00, Sara <s@x> написал(а):\n> Solved?"),
        ("بله.\n\nدر تاریخ چهارشنبه ۱۳ اسفند Sara نوشت:\n> Solved?", "بله.", "در تاریخ چهارشنبه ۱۳ اسفند Sara نوشت:\n> Solved?"),
        ("Da.\n\nOn sri, 4. ožu 2026. Sara je napisala:\n> Solved?", "Da.", "On sri, 4. ožu 2026. Sara je napisala:\n> Solved?"),
        ("是的。\n\nSara <s@x> 于2026年3月4日周三写道:\n> Solved?", "是的。", "Sara <s@x> 于2026年3月4日周三写道:\n> Solved?"),
        ("Yes.\n\n-----Original Message-----\nFrom: Sara\nSent: now\n\nSolved?", "Yes.", "-----Original Message-----\nFrom: Sara\nSent: now\n\nSolved?"),
        ("Yes.\n\nFrom: Sara <s@x>\nSent: Wednesday\nTo: Amina\nSubject: Hm\n\nSolved?", "Yes.", "From: Sara <s@x>\nSent: Wednesday\nTo: Amina\nSubject: Hm\n\nSolved?"),
        ("> Was it solved?\nYes.\n> And fast?\nNo.", "> Was it solved?\nYes.\n> And fast?\nNo.", ""),
        ("> only quoted", "> only quoted", ""),
        ("On Monday my router wrote:\nerror 5", "On Monday my router wrote:\nerror 5", ""),
        ("From: the shop\nI went home.", "From: the shop\nI went home.", ""),
        ("", "", ""),
    ],
)  # fmt: skip
def test_what_is_quoted_below_is_parted_off(text, own, quoted):
    assert parted(text) == (own, quoted)


@given(text=st.text(st.sampled_from("a>:\n -_Onwrote")), lines=st.lists(st.text("ab >", max_size=5)))
def test_nothing_that_was_written_is_lost_by_parting(text, lines):
    whole = "\n".join([text, *lines])
    own, quoted = parted(whole)

    assert "".join((own + quoted).split()) == "".join(whole.split())


@pytest.mark.parametrize(
    ("html", "own", "quoted"),
    [
        ("<p>Thank <b>you</b>&nbsp;&amp; bye</p><p>Amina</p>", "Thank you & bye\n\nAmina", ""),
        ("<style>p {x: y}</style><script>alert(1)</script>Hi<br>there", "Hi\nthere", ""),
        ("Yes.<div class='gmail_quote'>On Wed Sara wrote:<blockquote>Solved?</blockquote></div>", "Yes.", "On Wed Sara wrote:\nSolved?"),
        ("Yes.<div id=appendonsend></div><hr><b>From:</b> Sara", "Yes.", "From: Sara"),
        ("Yes.<blockquote type=cite>Solved?</blockquote>", "Yes.", "Solved?"),
        ("<p dir=rtl>سلام، ممنون</p>", "سلام، ممنون", ""),
        ("<img src='x' onerror='alert(1)'>&lt;b&gt;", "<b>", ""),
        ("<p>never closed <div>&#x110000; <![CDATA[", "never closed\n\ufffd", ""),
    ],
)  # fmt: skip
def test_html_becomes_text(html, own, quoted):
    letter = letter_in(answer("", html=html))

    assert (letter.text, letter.quoted) == (own, quoted)


def test_the_plain_text_is_read_where_there_is_one():
    assert letter_in(answer("plain", html="<p>html</p>")).text == "plain"


def test_a_text_as_long_as_a_file_is_read_too():
    letter = EmailMessage()
    letter["From"], letter["In-Reply-To"] = "a@x.example", OURS
    letter.set_content("Хвала! " * 5000, cte="base64")

    assert letter_in(letter.as_bytes()).text == ("Хвала! " * 5000)[:LONGEST_TEXT]


def test_what_our_own_mail_is_when_it_comes_back():
    assert letter_in(answer(Message_ID=OURS, In_Reply_To="")).own_key == KEY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff" * 100,
        b"From: \xff\xfe\r\nIn-Reply-To: <\xff>\r\nSubject: =?utf-8?b?!!!?=\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nHi \xe9",
        b"Content-Type: text/html; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)),
        b"References: " + b"<a@b> " * 50_000 + b"\r\n\r\nHi",
        b"Message-ID: <" + b"x" * 90_000 + b">\r\n\r\nHi",
        b"To: " + b"(" * 5000 + b"\r\nFrom: " + b'"' * 3001 + b"\r\n\r\nHi",
        *(b"Content-Type: text/html\r\n\r\n" + bad * 20_000 for bad in (b"<!--", b"<a ", b"<a x='", b"<![", b"&#9", b"<div class=")),
        b"Content-Type: text/html\r\n\r\n<style>" + b"</style" * 20_000,
    ],
    ids=range(17),
)  # fmt: skip
def test_a_mail_made_to_break_readers_breaks_nothing(content):
    letter = letter_in(content)

    assert (letter.key, len(letter.fingerprint)) == ("", 64)


def test_a_malformed_head_hides_no_answer():
    content = (
        answer("Still here")
        .replace(b"To: answers", b"To: \xff<<<@;: answers")
        .replace(b"Subject:", b"Subject: \xe9")
    )

    assert (letter_in(content).key, letter_in(content).text) == (KEY, "Still here")


def test_a_huge_text_is_cut():
    letter = letter_in(answer("word \n" * 30_000))

    assert len(letter.text) == LONGEST_TEXT


@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_broken_answer_is_that_answer_or_none(data):
    content = bytearray(answer("Čao!\n> quoted", html="<p>Čao</p>"))
    for _n in range(data.draw(st.integers(1, 12))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    letter = letter_in(bytes(content))

    assert letter.key in {"", KEY}
    assert "\x00" not in letter.text + letter.subject + letter.sender
