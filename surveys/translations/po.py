"""Gettext PO: the format of Weblate, Poedit and most translators' tools. The id of a text is its msgctxt."""

from collections.abc import Iterable
from tempfile import NamedTemporaryFile

import polib
from django.utils.translation import gettext as _

from surveys.translations.files import Format, Translated, UnreadableFile, our_language
from surveys.translations.texts import Entry, portable


def write_po(entries: Iterable[Entry], *, source: str, target: str, name: str = "") -> bytes:
    """A file for the language `target`, of the survey called `name`."""
    file = polib.POFile(wrapwidth=0)
    file.metadata = {
        "Project-Id-Version": " ".join(portable(name).split()),
        "Language": target,
        "X-Source-Language": source,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for entry in entries:
        file.append(
            polib.POEntry(msgctxt=entry.id, msgid=entry.source, msgstr=entry.target, comment=entry.note)
        )
    return str(file).encode()


def read_po(content: bytes) -> Translated:
    """What is translated in a file; what is marked fuzzy counts as not translated yet. Raises UnreadableFile."""
    try:
        file = parsed(content)
    except (OSError, ValueError, LookupError, AttributeError, IndexError) as error:
        raise UnreadableFile(_("This is no PO file we can read.")) from error
    entries = [
        Entry(
            entry.msgctxt or "",
            portable(entry.msgid),
            "" if entry.fuzzy else portable(entry.msgstr),
            entry.comment,
        )
        for entry in file
        if not entry.obsolete and entry.msgctxt
    ]
    return Translated(entries, our_language(file.metadata.get("Language", "")))


def parsed(content: bytes) -> polib.POFile:
    """By way of a file: a string polib would split at characters that end no line, or take for a path."""
    text = content.decode("utf-8-sig")
    with NamedTemporaryFile("w", suffix=".po", encoding="utf-8", newline="") as kept:
        kept.write(text)
        kept.flush()
        return polib.pofile(kept.name, encoding="utf-8")


PO = Format("po", "text/x-gettext-translation; charset=utf-8", write_po, read_po)
