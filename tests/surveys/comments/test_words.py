"""Words of topics, in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.comments.words import occurs, sought, spoken, words_for


@pytest.mark.parametrize(
    ("words", "text", "is_found"),
    [
        ("deliver*", "The DELIVERY was late", True),
        ("deliver", "The delivery was late", False),
        ("deliver*", "Undelivered", False),
        ("app", "The app, again.", True),
        ("app", "I was happy", False),
        ("took ages", "It took ages!", True),
        ("took ages", "It took us ages", False),
        ("don't", "I DON’T know", True),
        ("24/7", "Open 24/7?", True),
        ("price\nfee", "A hidden fee", True),
        ("price\nfee", "I feel fine", False),
        ("café*", "the CAFE is closed", True),
        ("straße", "Die STRASSE", True),
        # Russian
        ("достав*", "Доставку задержали", True),
        ("достав", "Доставку задержали", False),
        ("счет", "Счёт вырос", True),
        ("привез*", "Наконец-то привёз!", True),
        # Bosnian, often without its accents
        ("račun", "Racun je veci", True),
        ("racun", "RAČUN je veći", True),
        ("pošilj*", "gdje je moja posiljka", True),
        # Persian: either keyboard's ye and kaf, the joiner written or not, marks and lengthening
        ("تاخیر*", "تأخيرهای شما", True),
        ("پیک", "پيك نیامد", True),
        ("صورت‌حساب*", "صورتحسابم بیشتر شده", True),
        ("صورتحساب", "صورت‌حساب", True),
        ("قیمت*", "قیمت‌ها بالاست", True),
        ("قیمت", "قیمت‌ها بالاست", False),
        ("تقریبا", "تقریباً", True),
        ("قیمت", "قیـــمت", True),
        # Chinese: no spaces, anywhere, and words of other scripts between
        ("快递", "你们的快递太慢", True),
        ("快递*", "快递太慢", True),
        ("快递", "快的递送", False),
        ("app", "你们的app很好", True),
        ("app", "你们的apple很好", False),
        ("太慢", "应用 太慢。", True),
    ],
)
def test_a_word_occurs_or_it_does_not(words, text, is_found):
    assert occurs(words, spoken(text)) is is_found


def test_what_has_no_letter_is_not_looked_for():
    assert sought("*\n  \n…\n_\nfee\n") == (" fee ",)
    assert not occurs("*\n…", spoken("Anything at all"))


@pytest.mark.parametrize(
    ("language", "words"), [("en", "late"), ("fa", "late\nkasn*"), ("bs", "kasn*"), ("", "late\nkasn*")]
)
def test_a_language_without_words_takes_those_of_all(language, words):
    assert words_for({"en": "late", "bs": "kasn*", "fa": ""}, language).strip() == words


WORDS = st.text(min_size=1, max_size=12).filter(lambda text: bool(spoken(text)) and not text.isspace())
LINE = WORDS.map(lambda text: " ".join(text.split())).filter(lambda text: len(text.splitlines()) == 1)


@given(st.text(max_size=60))
def test_the_one_shape_of_a_text_has_only_one_shape(text):
    assert spoken(spoken(text)) == spoken(text)


@given(LINE, st.text(max_size=30), st.text(max_size=30))
def test_a_word_is_found_wherever_it_stands_between_spaces(word, before, after):
    assert occurs(word.rstrip("*") or word, spoken(f"{before} {word} {after}"))


@given(LINE, st.sampled_from(["s", "ова", "ها", "快"]))
def test_a_star_takes_any_ending_and_nothing_before(word, ending):
    stem = word.rstrip("*\n ")
    if spoken(stem):
        assert occurs(f"{stem}*", spoken(f"so {stem}{ending}"))


@given(LINE, st.text(max_size=60))
def test_capitals_make_no_difference(word, text):
    assert occurs(word.upper(), spoken(text)) == occurs(word.upper().lower(), spoken(text))
