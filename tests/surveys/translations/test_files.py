import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.translations.files import UnreadableFile, our_language, read_file
from surveys.translations.po import PO, read_po, write_po
from surveys.translations.texts import Entry, portable
from surveys.translations.xliff import XLIFF, read_xliff, write_xliff

BOTH = pytest.mark.parametrize(("write", "read"), [(write_po, read_po), (write_xliff, read_xliff)])
FORMATS = (PO, XLIFF)
WORDS = st.one_of(
    st.text(max_size=120),
    st.text(
        alphabet="\u200f\u200e\u2067\u2069\"'\\\r\n\t \u0085\u2028\u2029&<>]{}%🙂👩‍👩‍👧 سلام{first_name}",
        max_size=60,
    ),
).map(portable)
IDS = st.from_regex(r"\Aquestion\.[a-z0-9_-]{1,30}\.(text|option\.[a-z0-9_-]{1,30})\Z")
ENTRIES = st.lists(
    st.builds(
        Entry, id=IDS, source=WORDS.filter(str.strip), target=WORDS, note=st.just("Question 1: wording")
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda entry: entry.id,
)
PERSIAN = [
    Entry(
        "title", "How are we doing, {first_name}?", "{first_name}، کار ما چطور است؟", "Title of the survey"
    ),
    Entry("question.nps.text", 'Say "yes" & <no>:\nbackslash \\n', "", "Question 1 (NPS): wording"),
]


@BOTH
@settings(deadline=None)
@given(entries=ENTRIES)
def test_any_text_comes_back_from_a_file_as_it_went(write, read, entries):
    back = read(write(entries, source="en", target="fa", name="After a purchase"))

    assert [(each.id, each.source, each.target) for each in back.entries] == [
        (each.id, each.source, each.target) for each in entries
    ]
    assert back.language == "fa"


@settings(deadline=None)
@given(text=st.text())
def test_a_portable_text_keeps_all_but_control_characters(text):
    kept = portable(text)

    assert portable(kept) == kept
    assert all(character.isprintable() is False for character in set(text) - set(kept))


def test_a_po_file_names_each_text_and_tells_where_it_stands():
    assert write_po(PERSIAN, source="en", target="fa", name="After a\npurchase").decode() == (
        "#\n"
        'msgid ""\n'
        'msgstr ""\n'
        '"Project-Id-Version: After a purchase\\n"\n'
        '"Language: fa\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        '"X-Source-Language: en\\n"\n'
        "\n"
        "#. Title of the survey\n"
        'msgctxt "title"\n'
        'msgid "How are we doing, {first_name}?"\n'
        'msgstr "{first_name}، کار ما چطور است؟"\n'
        "\n"
        "#. Question 1 (NPS): wording\n"
        'msgctxt "question.nps.text"\n'
        'msgid ""\n'
        '"Say \\"yes\\" & <no>:\\n"\n'
        '"backslash \\\\n"\n'
        'msgstr ""\n'
    )


def test_an_xliff_file_is_one_of_the_standard():
    assert write_xliff(PERSIAN, source="en", target="fa", name="After a purchase").decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
        '<file original="After a purchase" datatype="plaintext" source-language="en" target-language="fa"><body>'
        '<trans-unit id="title" xml:space="preserve"><source>How are we doing, {first_name}?</source>'
        "<target>{first_name}، کار ما چطور است؟</target><note>Title of the survey</note></trans-unit>"
        '<trans-unit id="question.nps.text" xml:space="preserve">'
        '<source>Say "yes" &amp; &lt;no&gt;:\nbackslash \\n</source>'
        "<note>Question 1 (NPS): wording</note></trans-unit>"
        "</body></file></xliff>"
    )


def test_what_translators_have_not_finished_is_not_translated():
    po = b'msgid ""\nmsgstr "Language: zh_CN\\n"\n\n#, fuzzy\nmsgctxt "title"\nmsgid "Hello"\nmsgstr "?"\n'
    xliff = (
        b'<xliff version="1.2"><file target-language="zh-Hans"><body><trans-unit id="title"><source>Hello</source>'
        b'<target state="needs-review-translation">?</target></trans-unit></body></file></xliff>'
    )

    for found in (read_po(po), read_xliff(xliff)):
        assert [(each.source, each.target) for each in found.entries] == [("Hello", "")]
        assert found.language == "zh-hans"


def test_inline_tags_of_a_tool_are_read_as_their_text():
    xliff = (
        b'<xliff version="1.2"><file><body><trans-unit id="title"><source>Hello <g id="1">you</g></source>'
        b"<target><!-- who --><mrk>Zdravo <x id='2'/>ti</mrk></target>"
        b"<alt-trans><source>Bye</source><target>Pa</target></alt-trans></trans-unit></body></file></xliff>"
    )

    assert read_xliff(xliff).entries == [Entry("title", "Hello you", "Zdravo ti")]


@pytest.mark.parametrize(
    ("code", "ours"),
    [("fa_IR", "fa"), ("zh-Hans", "zh-hans"), ("zh_CN", "zh-hans"), ("RU", "ru"), ("de", ""), ("", "")],
)
def test_languages_are_known_by_the_codes_of_tools(code, ours):
    assert our_language(code) == ours


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xliff version="1.2"><file>&b;</file></xliff>'
THIEF = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><xliff version="1.2">&a;</xliff>'


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.po", b""),
        ("a.po", b"/etc/hostname"),
        ("a.po", b"\xff\xfe\x00"),
        ("a.po", b'msgid "open\nmsgstr'),
        ("a.po", b'msgid ""\nmsgstr "Content-Type: text/plain; charset=nonsense\\n"\n'),
        ("a.po", b'msgid "no context"\nmsgstr "x"\n'),
        ("a.xlf", b""),
        ("a.xlf", b"<xliff"),
        ("a.xlf", b"<html/>"),
        ("a.xlf", b'<xliff version="2.0"/>'),
        ("a.xlf", b'<xliff version="1.2"/>'),
        ("a.xlf", b'<?xml version="1.0" encoding="nonsense"?><xliff version="1.2"/>'),
        ("a.xlf", BOMB),
        ("a.xlf", THIEF),
        ("a.po", b"#" * (2 * 1024 * 1024 + 1)),
        ("a.docx", b"PK"),
        ("po", b""),
    ],
)
def test_what_is_no_translation_of_a_survey_is_refused_in_a_sentence(name, content):
    with pytest.raises(UnreadableFile) as refusal:
        read_file(content, FORMATS, name=name)

    assert str(refusal.value).endswith(".")


@BOTH
@settings(deadline=None)
@given(content=st.binary(max_size=200))
def test_no_file_does_more_than_be_refused(write, read, content):
    try:
        read(content)
    except UnreadableFile:
        return
    assert read is read_po  # whatever has no line of PO's in it may pass as an empty one


@BOTH
def test_a_file_with_a_mark_of_byte_order_is_read(write, read):
    content = b"\xef\xbb\xbf" + write(PERSIAN, source="en", target="fa")

    assert [each.id for each in read(content).entries] == ["title", "question.nps.text"]
