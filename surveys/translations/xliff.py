"""XLIFF 1.2 (OASIS, 2008): the format of Trados, memoQ and most agencies. The id of a text is its trans-unit's."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

from surveys.translations.files import Format, Translated, UnreadableFile, our_language
from surveys.translations.texts import Entry, portable

NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
UNFINISHED = ("needs-", "new")  # the states of a target nobody has approved yet
SIDES = ("source", "target")


def write_xliff(entries: Iterable[Entry], *, source: str, target: str, name: str = "") -> bytes:
    """A file for the language `target`, of the survey called `name`."""
    root = Element("xliff", {"version": "1.2", "xmlns": NAMESPACE})
    file = SubElement(
        root,
        "file",
        {
            "original": " ".join(portable(name).split()) or "survey",
            "datatype": "plaintext",
            "source-language": source,
            "target-language": target,
        },
    )
    body = SubElement(file, "body")
    for entry in entries:
        unit = SubElement(body, "trans-unit", {"id": entry.id, SPACE: "preserve"})
        SubElement(unit, "source").text = entry.source
        if entry.target:
            SubElement(unit, "target").text = entry.target
        SubElement(unit, "note").text = entry.note
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def read_xliff(content: bytes) -> Translated:
    """What is translated in a file; what its state calls unfinished is not translated yet. Raises UnreadableFile."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableFile(_("This is no XLIFF file we can read.")) from error
    if local(root) != "xliff" or not root.get("version", "").startswith("1."):
        raise UnreadableFile(_("This is no XLIFF file of version 1.2."))
    languages = {file.get("target-language", "") for file in root.iter() if local(file) == "file"}
    entries = [entry_of(unit) for unit in root.iter() if local(unit) == "trans-unit" and unit.get("id")]
    return Translated(entries, our_language(languages.pop()) if len(languages) == 1 else "")


def entry_of(unit: Element) -> Entry:
    sides = {local(part): part for part in reversed(unit) if local(part) in SIDES}
    words = {name: portable("".join(part.itertext())) for name, part in sides.items()}
    is_unfinished = "target" in sides and sides["target"].get("state", "").startswith(UNFINISHED)
    return Entry(
        unit.get("id", ""), words.get("source", ""), "" if is_unfinished else words.get("target", "")
    )


def local(element: Element) -> str:
    """The name of an element, whatever its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


XLIFF = Format("xlf", "application/xliff+xml", write_xliff, read_xliff)
