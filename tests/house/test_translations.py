import gettext
import json

import pytest

from tools import translations
from tools.translations import (
    Text,
    has_other_placeholders,
    problems_of,
    read_catalog,
    texts_in,
    texts_in_templates,
    write_catalog,
)


@pytest.fixture
def catalogs(tmp_path, monkeypatch):
    """Catalogs of our own; the product says nothing but what a test says it says."""
    monkeypatch.setattr(translations, "LOCALE", tmp_path)
    said: dict[tuple[str, str], Text] = {}
    monkeypatch.setattr(translations, "texts_of_product", lambda: said)
    monkeypatch.setattr(translations, "texts_of_unfold", dict)
    return said


def say(catalogs, *texts):
    catalogs.update((text.key, text) for text in texts)


def test_every_way_to_say_something_in_python_is_found():
    code = b"""
_("One"); gettext_lazy("Two"); ngettext("%(n)s point", "%(n)s points", n); pgettext("verb", "Open")
npgettext("loyalty", "point", "points", n); _(variable); other("no")
"""
    assert list(texts_in(code)) == [
        Text("One"),
        Text("Two"),
        Text("%(n)s point", "%(n)s points"),
        Text("Open", context="verb"),
        Text("point", "points", "loyalty"),
    ]


def test_every_way_to_say_something_in_a_template_is_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        """{% load i18n %}<p>it's not {{ said }}</p>
        {% translate "One" %} {% translate "Open" context "verb" as opening %} {{ name|default:_("Nobody") }}
        {% blocktranslate trimmed with n=count %}
            Two
            {{ n }}
        {% endblocktranslate %}
        {% blocktranslate count n=points trimmed %}{{ n }} point{% plural %}{{ n }} points{% endblocktranslate %}
        {% include "x.html" with title=_('Given') %} {% translate "100%" %}"""
    )

    assert set(texts_in_templates([page])) == {
        Text("One"),
        Text("Open", context="verb"),
        Text("Nobody"),
        Text("Two %(n)s"),
        Text("%(n)s point", "%(n)s points"),
        Text("Given"),
        Text("100%%"),
    }


def test_an_update_keeps_what_was_translated_and_forgets_what_is_no_longer_said(catalogs):
    kept, counted, gone = Text("Kept"), Text("%(n)s point", "%(n)s points"), Text("Gone")
    write_catalog("ru", [kept, gone], {kept.key: ("Осталось",), gone.key: ("Ушло",)})
    say(catalogs, kept, counted)
    assert list(problems_of("ru")) == [
        "ru: not in the catalog: '%(n)s point'",
        "ru: no longer said: 'Gone'",
    ]

    translations.update()

    assert {message.id: message.string for message in read_catalog("ru") if message.id} == {
        "Kept": "Осталось",
        ("%(n)s point", "%(n)s points"): ("", "", ""),
    }
    assert list(problems_of("ru")) == ["ru: not translated: '%(n)s point'"]


def test_the_same_texts_write_the_same_file(catalogs):
    say(catalogs, Text("B"), Text("A"))
    translations.update()
    first = translations.po_path("fa").read_bytes()

    translations.update()

    assert translations.po_path("fa").read_bytes() == first


@pytest.mark.parametrize(
    ("text", "forms", "differs"),
    [
        (Text("Hello %(name)s"), ("Привет, %(name)s",), False),
        (Text("Hello %(name)s"), ("Привет, %(имя)s",), True),
        (Text("Hello %(name)s"), ("Привет",), True),
        (Text("%(a)s of %(b)s"), ("%(b)s: %(a)s",), False),
        (Text("One point", "%(n)s points"), ("%(n)s балл", "%(n)s балла", "%(n)s баллов"), False),
        (Text("One point", "%(n)s points"), ("Балл", "%(n)s балла", "%(m)s баллов"), True),
    ],
)
def test_a_translation_names_what_the_english_names(catalogs, text, forms, differs):
    write_catalog("ru", [text], {text.key: forms})

    [message] = [message for message in read_catalog("ru") if message.id]
    assert has_other_placeholders(message) is differs


def test_what_is_missing_goes_out_as_json_and_comes_back(catalogs, capsys, tmp_path):
    text = Text("%(n)s point", "%(n)s points", "loyalty")
    write_catalog("ru", [text], {})
    say(catalogs, text)
    translations.missing("ru")
    rows = json.loads(capsys.readouterr().out)
    assert rows == [
        {"context": "loyalty", "msgid": "%(n)s point", "plural": "%(n)s points", "said": ["", "", ""]}
    ]

    rows[0]["said"] = ["%(n)s балл", "%(n)s балла", "%(n)s баллов"]
    (tmp_path / "said.json").write_text(json.dumps(rows))
    translations.fill("ru", str(tmp_path / "said.json"))

    assert list(problems_of("ru")) == []


def test_the_product_reads_what_was_compiled(catalogs, tmp_path):
    text = Text("%(n)s point", "%(n)s points")
    for language in translations.PLURALS:
        write_catalog(language, [text], {})
    write_catalog("ru", [text], {text.key: ("балл", "балла", "баллов")})

    translations.compile_catalogs()

    with (tmp_path / "ru" / "LC_MESSAGES" / "django.mo").open("rb") as file:
        russian = gettext.GNUTranslations(file)
    assert [russian.ngettext(text.msgid, text.plural, n) for n in (1, 2, 5, 21)] == [
        "балл",
        "балла",
        "баллов",
        "балл",
    ]
