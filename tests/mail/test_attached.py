"""Files in mails: found whole, however mail programs put them there, and read at the same cost however large they are."""

import random
import time
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mail.incoming.attached import MOST_NAMED, Attached, attached_in
from mail.incoming.letters import letter_in
from mail.incoming.skeleton import BEGINNING, LIFTED_FROM, LONGEST

DICE = random.Random(7)
SMALL, LARGE = DICE.randbytes(900), DICE.randbytes(3_000_000)
HEAD = b"From: a@x.example\r\nMessage-ID: <a1@x>\r\nMIME-Version: 1.0\r\n"


def mail(*files, html=""):
    letter = EmailMessage()
    letter["From"], letter["Message-ID"] = "a@x.example", "<a1@x>"
    letter.set_content("Look:")
    if html:
        letter.add_alternative(html, subtype="html")
    for name, type_, content, *disposition in files:
        main, sub = type_.split("/")
        options = {"disposition": disposition[0]} if disposition else {}
        letter.add_attachment(content, maintype=main, subtype=sub, filename=name, **options)
    return letter


def found(content):
    return [(each.name, each.content, each.is_shown) for each in attached_in(content)]


def test_files_are_found_whole_under_the_names_they_were_given():
    letter = mail(
        ("ruter-šteta.jpg", "image/jpeg", LARGE),
        (None, "application/pdf", SMALL),
        ("shown.png", "image/png", SMALL, "inline"),
        html="<p>Look:</p>",
    )

    assert list(attached_in(letter.as_bytes())) == [
        Attached(name="ruter-šteta.jpg", type="image/jpeg", content=LARGE),
        Attached(name="", type="application/pdf", content=SMALL),
        Attached(name="shown.png", type="image/png", content=SMALL, is_shown=True),
    ]


def test_a_picture_pasted_into_the_text_is_found_beside_what_is_attached():
    letter = EmailMessage()
    letter["From"] = "a@x.example"
    letter.set_content("Look:")
    letter.add_alternative('<p>Look: <img src="cid:p1"></p>', subtype="html")
    letter.get_payload()[1].add_related(LARGE, maintype="image", subtype="png", cid="<p1>")
    letter.add_attachment(SMALL, maintype="application", subtype="pdf", filename="a.pdf")

    assert found(letter.as_bytes()) == [("", LARGE, True), ("a.pdf", SMALL, False)]


@pytest.mark.parametrize(
    ("content", "files"),
    [
        (mail().as_bytes(), []),
        (mail(html="<p>Look:</p>").as_bytes(), []),
        (b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n", [("", b"ABC", True)]),
        (b"Content-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-\xff\r\n", [("a.pdf", b"%PDF-\xff\r\n", False)]),
        (b"Content-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nHi", [("a.txt", b"Hi", False)]),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\nHi\r\n--B\r\n\r\nSent from my phone\r\n--B--\r\n", []),
        (b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: message/rfc822\r\n\r\n" + mail(("a.png", "image/png", SMALL)).as_bytes() + b"\r\n--B--\r\n", [("", b"", False)]),
    ],
    ids=["words", "both", "picture", "pdf", "text", "two texts", "mail"],
)  # fmt: skip
def test_what_counts_as_a_file(content, files):
    assert found(content) == files


def test_a_mail_that_is_longer_than_what_is_read_keeps_its_words_and_the_files_that_are_whole():
    huge = mail(("a.png", "image/png", LARGE), ("b.zip", "application/zip", bytes(LONGEST))).as_bytes()

    content = huge[:LONGEST]

    assert found(content) == [("a.png", LARGE, False), ("b.zip", None, False)]
    assert letter_in(content).text == "Look:"


def test_a_file_that_is_no_base64_is_cut_where_reading_ends():
    letter = mail()
    letter.make_mixed()
    letter.attach(EmailMessage())
    letter.get_payload()[1].set_content(
        "0123456789\n" * BEGINNING, filename="log.txt", disposition="attachment"
    )

    assert found(letter.as_bytes()) == [("log.txt", None, False)]


def test_only_so_many_files_are_looked_at():
    many = mail(*((f"{n}.png", "image/png", SMALL) for n in range(MOST_NAMED + 9))).as_bytes()

    assert len(found(many)) == MOST_NAMED


def test_lines_may_end_as_they_like_and_no_mark_can_be_made_up():
    made_up = ":lifted-0123456789abcdef-0:"
    letter = mail((made_up, "image/png", LARGE))
    letter.get_payload()[0].set_content(made_up)
    content = letter.as_bytes()

    for each in (content, content.replace(b"\n", b"\r\n")):
        assert found(each) == [(made_up, LARGE, False)]
        assert letter_in(each).text == made_up


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(sizes=st.lists(st.integers(0, 4 * LIFTED_FROM), max_size=6), seed=st.integers(0, 9))
def test_whatever_their_sizes_files_come_out_as_they_went_in(sizes, seed):
    contents = [random.Random(seed + n).randbytes(size) for n, size in enumerate(sizes)]

    content = mail(*((f"{n}.bin", "image/png", each) for n, each in enumerate(contents))).as_bytes()

    assert [each for _name, each, _is_shown in found(content)] == contents


@pytest.mark.parametrize(
    "line", [b"a\n", b"A" * 60 + b"\n-\n", (b"A" * 76 + b"\n") * 50 + b"-\n", b"A" * 60 + b"==\r"]
)
def test_a_large_mail_made_to_break_readers_takes_no_longer_than_a_small_one(line):
    nested = (b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(100))
    content = HEAD + b"".join(nested) + line * (LONGEST // len(line))

    started = time.monotonic()
    letter_in(content)
    list(attached_in(content))

    assert (
        time.monotonic() - started < 25
    )  # a parser that is given all of it needs more than a minute for “a”


@hypothesis_settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_broken_mail_breaks_nothing(data):
    content = bytearray(
        mail(("a.png", "image/png", SMALL * 9), ("b.pdf", "application/pdf", SMALL)).as_bytes()
    )
    for _n in range(data.draw(st.integers(1, 12))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    for each in attached_in(bytes(content)):
        assert "\x00" not in each.name
