"""Translations without a gettext binary: what the product says, found in its source and kept in locale/.

python tools/translations.py update             bring every locale/*/LC_MESSAGES/django.po up to date
python tools/translations.py missing ru         print what has no translation yet, as JSON to fill in
python tools/translations.py fill ru FILE       take such a JSON file back
python tools/translations.py compile            write the .mo files the product reads (git ignores them)
python tools/translations.py check              fail with a list when anything is missing, stale or damaged
"""

import gettext
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

HOUSE = Path(__file__).resolve().parent.parent
LOCALE = HOUSE / "locale"
ROOMS = (
    "cxplatform", "demo", "insights", "followups", "loyalty", "surveys", "journeys", "customers", "staff", "events", "mail",
)  # fmt: skip
PLURALS = {
    "ru": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "bs": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "fa": "nplurals=2; plural=(n > 1);",
    "zh_Hans": "nplurals=1; plural=0;",
}
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
DJANGO_CATALOGS = ("django.conf", "django.contrib.admin", "django.contrib.auth", "django.contrib.humanize")
OF_UNFOLD = "django-unfold"
OF_UNUSED_PARTS = {
    "constance",
    "forms",
    "guardian",
    "import_export",
    "inlines",
    "location_field",
    "simple_history",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif]|\{\w*\}")


@dataclass(frozen=True)
class Text:
    """Something the product says: `context` parts homonyms, `plural` is set when it counts."""

    msgid: str
    plural: str = ""
    context: str = ""
    of_unfold: bool = field(default=False, compare=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.msgid

    @property
    def babel_id(self) -> str | tuple[str, str]:
        return (self.msgid, self.plural) if self.plural else self.msgid


# --- What the product says ----------------------------------------------------------------------------------


def texts_of_product() -> dict[tuple[str, str], Text]:
    """Ours, but for those Django says in all our languages itself."""
    sources = [
        path for room in ROOMS for path in (HOUSE / room).rglob("*.py") if "migrations" not in path.parts
    ]
    templates = [*(HOUSE / "templates").rglob("*.html"), *(HOUSE / "templates").rglob("*.txt")]
    return united([*texts_in_python(sources), *texts_in_templates(templates)])


def texts_of_unfold() -> dict[tuple[str, str], Text]:
    """What the theme says; it has no translations of its own."""
    theme = package_folder("unfold")
    files = [path for path in theme.rglob("*.*") if not OF_UNUSED_PARTS & {*path.relative_to(theme).parts}]
    found = [
        *texts_in_python(path for path in files if path.suffix == ".py"),
        *texts_in_templates(path for path in files if path.suffix == ".html"),
    ]
    return united(Text(text.msgid, text.plural, text.context, of_unfold=True) for text in found)


def united(texts: Iterable[Text]) -> dict[tuple[str, str], Text]:
    by_key: dict[tuple[str, str], Text] = {}
    for text in texts:
        if text.msgid and not said_by_django(text) and (text.plural or text.key not in by_key):
            by_key[text.key] = text
    return by_key


def texts_in_python(paths: Iterable[Path]) -> Iterator[Text]:
    for path in paths:
        yield from texts_in(path.read_bytes())


def texts_in_templates(paths: Iterable[Path]) -> Iterator[Text]:
    for path in paths:
        code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        yield from texts_in("\n".join(line.strip() for line in code.splitlines()).encode())


def texts_in(code: bytes) -> Iterator[Text]:
    for _line, function, messages, _comments in extract_python(io.BytesIO(code), KEYWORDS, [], {}):
        parts = [
            part
            for part in (messages if isinstance(messages, tuple) else (messages,))
            if isinstance(part, str)
        ]
        has_context, has_plural = "pgettext" in function, function.startswith(("ng", "np"))
        if len(parts) >= 1 + has_context + has_plural:
            context = parts.pop(0) if has_context else ""
            yield Text(parts[0], parts[1] if has_plural else "", context)


def said_by_django(text: Text) -> bool:
    key = f"{text.context}\4{text.msgid}" if text.context else text.msgid
    return all((key, 0) in catalog or key in catalog for catalog in django_catalogs())


@cache
def django_catalogs() -> list[dict[object, str]]:
    return [{key: said for key, said in django_catalog(language).items() if said} for language in PLURALS]


def django_catalog(language: str) -> dict[object, str]:
    said: dict[object, str] = {}
    for package in DJANGO_CATALOGS:
        path = package_folder(package) / "locale" / language / "LC_MESSAGES" / "django.mo"
        if path.exists():
            with path.open("rb") as file:
                said |= gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]  it has no other listing
    return said


def package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed.")
    return Path(spec.origin).parent


# --- The catalogs -------------------------------------------------------------------------------------------


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read_catalog(language: str) -> Catalog:
    if not po_path(language).exists():
        return Catalog(locale=language)
    with po_path(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def plural_count(language: str) -> int:
    return int(PLURALS[language][len("nplurals=")])


def write_catalog(language: str, texts: Iterable[Text], said: dict[tuple[str, str], tuple[str, ...]]) -> None:
    """Sorted and without dates or line numbers, so that two people's changes merge."""
    catalog = Catalog(locale=language, fuzzy=False)
    catalog.mime_headers = [("Plural-Forms", PLURALS[language])]
    for text in texts:
        forms = said.get(text.key, ())
        string = padded(forms, plural_count(language)) if text.plural else "".join(forms[:1])
        catalog.add(
            text.babel_id,
            string,
            auto_comments=[OF_UNFOLD] if text.of_unfold else [],
            context=text.context or None,
        )
    body = io.BytesIO()
    write_po(
        body, catalog, omit_header=True, sort_output=True, no_location=True, ignore_obsolete=True, width=100
    )
    header = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {PLURALS[language]}\\n"\n\n'
    )
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    po_path(language).write_bytes(header.encode() + body.getvalue().lstrip())


def padded(forms: tuple[str, ...], count: int) -> tuple[str, ...]:
    return (*forms, *[""] * count)[:count]


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def said_in(catalog: Catalog) -> dict[tuple[str, str], tuple[str, ...]]:
    return {
        (message.context or "", id_of(message)): forms_of(message)
        for message in catalog
        if message.id and not message.fuzzy
    }


def id_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


# --- The commands -------------------------------------------------------------------------------------------


def update() -> None:
    texts = texts_of_unfold() | texts_of_product()
    for language in PLURALS:
        write_catalog(language, texts.values(), said_in(read_catalog(language)))
        print(f"{language}: {len(texts)} texts, {len(untranslated(language))} without translation")


def untranslated(language: str) -> list[Message]:
    return [message for message in read_catalog(language) if message.id and not all(forms_of(message))]


def missing(language: str) -> None:
    rows = [
        {
            "context": message.context or "",
            "msgid": id_of(message),
            "plural": message.id[1] if isinstance(message.id, tuple | list) else "",
            "said": [""] * (plural_count(language) if isinstance(message.id, tuple | list) else 1),
        }
        for message in untranslated(language)
    ]
    print(json.dumps(rows, ensure_ascii=False, indent=1))


def fill(language: str, file: str) -> None:
    catalog = read_catalog(language)
    rows = json.loads(Path(file).read_text(encoding="utf-8"))
    said = said_in(catalog) | {(row.get("context", ""), row["msgid"]): tuple(row["said"]) for row in rows}
    texts = [
        Text(
            id_of(message),
            message.id[1] if isinstance(message.id, tuple | list) else "",
            message.context or "",
            of_unfold=OF_UNFOLD in message.auto_comments,
        )
        for message in catalog
        if message.id
    ]
    write_catalog(language, texts, said)
    print(f"{language}: {len(untranslated(language))} without translation")


def compile_catalogs() -> None:
    for language in PLURALS:
        with po_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, read_catalog(language))


def check() -> None:
    problems = [problem for language in PLURALS for problem in problems_of(language)]
    if problems:
        raise SystemExit("\n".join([*problems, "Run `make translations` and translate what is listed."]))


def problems_of(language: str) -> Iterator[str]:
    catalog, product = read_catalog(language), texts_of_product()
    messages = {(message.context or "", id_of(message)): message for message in catalog if message.id}
    for _context, msgid in product.keys() - messages.keys():
        yield f"{language}: not in the catalog: {msgid!r}"
    for key, message in messages.items():
        if key not in product and OF_UNFOLD not in message.auto_comments:
            yield f"{language}: no longer said: {key[1]!r}"
        elif message.fuzzy or not all(forms_of(message)):
            yield f"{language}: not translated: {key[1]!r}"
        elif has_other_placeholders(message):
            yield f"{language}: other placeholders: {key[1]!r}"
    if catalog.obsolete:
        yield f"{language}: {len(catalog.obsolete)} obsolete entries"


def has_other_placeholders(message: Message) -> bool:
    """Each form must name what the English names; one that counts may leave the number out, as English may."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    allowed = [sorted(PLACEHOLDER.findall(text)) for text in ids]
    return any(sorted(PLACEHOLDER.findall(form)) not in allowed for form in forms_of(message))


def main(arguments: list[str]) -> None:
    match arguments:
        case ["missing", language] if language in PLURALS:
            missing(language)
        case ["fill", language, file] if language in PLURALS:
            fill(language, file)
        case ["update" | "compile" | "check" as name]:
            {"update": update, "compile": compile_catalogs, "check": check}[name]()
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
