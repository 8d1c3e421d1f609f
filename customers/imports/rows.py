"""From cells to a customer: every cell checked and brought into its normal form, or the row refused with a reason."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.identities import NotAnIdentity, normal_form
from customers.imports.columns import ATTRIBUTE
from customers.imports.reading import Record
from customers.models import Channel, Identity

LONGEST_NAME = 100
LONGEST_ATTRIBUTE = 1000
NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?", re.ASCII)
ISO_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})([T ].*)?", re.ASCII)
DOTTED_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\.?", re.ASCII)
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
YES = {"yes", "y", "true", "1", "on", "да", "da", "بله", "是"}
NO = {"no", "n", "false", "0", "off", "нет", "ne", "خیر", "否"}


class RefusedCell(ValueError):
    """A cell that cannot be stored; its words say why."""


@dataclass(slots=True)
class Row:
    """What one row says about one customer; what it does not say is left out."""

    line: int
    cells: list[str]
    columns: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    identities: list[tuple[str, str]] = field(default_factory=list)
    has_consent: bool | None = None
    problem: str = ""


Convert = Callable[[str], Any]


class RowReader:
    """Turns the records of one file into rows, by its mapping of columns."""

    def __init__(
        self,
        *,
        header: Sequence[str],
        mapping: Mapping[str, str],
        defaults: Mapping[str, str],
        units: Mapping[str, int | None] | None = None,
    ) -> None:
        """`units` are the keys of those the importer may name, by name in lower case; None where several share it."""
        self.width = len(header)
        self.units = units or {}
        self.country = defaults.get("country") or settings.COUNTRY
        self.plain: list[tuple[int, str, Convert]] = []
        self.attributes: list[tuple[int, str]] = []
        self.identities: list[tuple[int, str, str]] = []
        self.consent: int | None = None
        for index, name in enumerate(header):
            self.add_column(index, mapping.get(name, ""))

    def add_column(self, index: int, target: str) -> None:
        if target in CONVERTERS:
            self.plain.append((index, target, CONVERTERS[target]))
        elif target in KINDS:
            self.identities.append((index, target, KINDS[target]))
        elif target == "consent":
            self.consent = index
        elif target == "unit":
            self.plain.append((index, "unit_id", self.unit_of))
        elif target:
            self.attributes.append((index, target.removeprefix(ATTRIBUTE)))

    def unit_of(self, cell: str) -> int:
        name = cell.casefold()
        if name not in self.units:
            raise RefusedCell(
                _("There is no unit “%(name)s”. Add it under Units first.") % {"name": cell[:80]}
            )
        unit = self.units[name]
        if unit is None:
            raise RefusedCell(
                _("Several units are called “%(name)s”. Rename them so that each can be told apart.")
                % {"name": cell[:80]}
            )
        return unit

    def read(self, record: Record) -> Row:
        """The row of `record`; its `problem` says why it is refused."""
        row = Row(record.line, record.cells, problem=record.problem)
        if not row.problem:
            try:
                self.fill(row)
            except (RefusedCell, NotAnIdentity) as error:
                row.problem = str(error)
        return row

    def fill(self, row: Row) -> None:
        cells = row.cells
        self.check_shape(cells)
        for index, target, convert in self.plain:
            if cell := unescaped(cells[index]):
                row.columns[target] = convert(cell)
        for index, name in self.attributes:
            if cell := unescaped(cells[index]):
                row.attributes[name] = attribute_value(cell)
        country = row.columns.get("country") or self.country
        for index, _target, kind in self.identities:
            if cell := unescaped(cells[index]):
                row.identities.append((kind, normal_form(kind=kind, value=cell, country=country)))
        if not row.identities:
            raise RefusedCell(
                _(
                    "The row has no e-mail address, phone number or other identity, so nobody can be recognised."
                )
            )
        if self.consent is not None and (cell := unescaped(cells[self.consent])):
            row.has_consent = yes_or_no(cell)

    def check_shape(self, cells: list[str]) -> None:
        if len(cells) != self.width:
            raise RefusedCell(
                _("The row has %(n)s cells; the first line has %(width)s.")
                % {"n": len(cells), "width": self.width}
            )
        if "\x00" in "".join(cells):
            raise RefusedCell(_("The row holds a NUL character, which is not text."))


def unescaped(cell: str) -> str:
    """`cell` without the quote our own exports put before what a spreadsheet would calculate."""
    cell = cell.strip()
    if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@", "|", "%"}:
        return cell[1:].replace("\\|", "|")
    return cell


def text_of(longest: int, label: Any) -> Convert:

    def convert(cell: str) -> str:
        if len(cell) > longest:
            raise RefusedCell(
                _("%(label)s: longer than %(longest)s characters.") % {"label": label, "longest": longest}
            )
        return cell

    return convert


@lru_cache(maxsize=1000)
def language_of(cell: str) -> str:
    """A language of the platform from its code (fa, fa-IR, zh_CN) or its name."""
    code = cell.lower().replace("_", "-")
    for known, name in settings.LANGUAGES:
        if code in {known, str(name).lower(), *OWN_NAMES.get(known, ())}:
            return known
    for known, _name in settings.LANGUAGES:
        if code.partition("-")[0] == known.partition("-")[0] and len(code) <= LONGEST_CODE:
            return known
    raise RefusedCell(
        _("Language: “%(cell)s” is none of %(codes)s.")
        % {"cell": cell[:80], "codes": ", ".join(code for code, _name in settings.LANGUAGES)}
    )


LONGEST_CODE = len("zh-hans-cn")
OWN_NAMES = {
    "en": ("english",),
    "ru": ("russian", "русский"),
    "bs": ("bosnian", "bosanski"),
    "fa": ("persian", "farsi", "فارسی"),
    "zh-hans": ("chinese", "simplified chinese", "中文", "简体中文"),
}


@lru_cache(maxsize=1000)
def country_of(cell: str) -> str:
    code = cell.upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise RefusedCell(
            _("Country: “%(cell)s” is not a country code of two letters, such as BA.") % {"cell": cell[:80]}
        )
    return code


@lru_cache(maxsize=1000)
def time_zone_of(cell: str) -> str:
    if cell not in available_timezones():
        raise RefusedCell(
            _("Time zone: “%(cell)s” is not a time zone, such as Europe/Sarajevo.") % {"cell": cell[:80]}
        )
    return cell


@lru_cache(maxsize=1000)
def channel_of(cell: str) -> str:
    """A channel by its code, or by what people call it."""
    word = cell.casefold()
    for channel, names in CHANNEL_NAMES.items():
        if word == channel or word in names:
            return channel
    raise RefusedCell(
        _("Preferred channel: “%(cell)s” is none of %(channels)s.")
        % {"cell": cell[:80], "channels": ", ".join(CHANNEL_NAMES)}
    )


CHANNEL_NAMES: dict[str, tuple[str, ...]] = {
    Channel.EMAIL.value: ("e-mail", "mail", "почта", "эл. почта", "e-pošta", "ایمیل", "邮件", "电子邮件"),
    Channel.SMS.value: ("text", "text message", "смс", "پیامک", "短信"),
    Channel.APP.value: ("your own app", "push", "приложение", "aplikacija", "اپلیکیشن", "برنامه", "应用"),
}


def date_of(label: Any) -> Convert:
    """2026-03-04, also with a time after it, or 4.3.2026; 03/04/2026 could be two days and is refused."""

    def convert(cell: str) -> date:
        day = parsed_date(cell)
        if day is None or not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise RefusedCell(
                _("%(label)s: “%(cell)s” is not a date such as 2026-03-04.")
                % {"label": label, "cell": cell[:80]}
            )
        return day

    return convert


@lru_cache(maxsize=10_000)
def parsed_date(cell: str) -> date | None:
    try:
        if match := ISO_DATE.fullmatch(cell):
            return date.fromisoformat(match[1])
        if match := DOTTED_DATE.fullmatch(cell):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return None


def yes_or_no(cell: str) -> bool:
    word = cell.casefold()
    if word not in YES | NO:
        raise RefusedCell(_("Agreed to surveys: “%(cell)s” is neither yes nor no.") % {"cell": cell[:80]})
    return word in YES


def attribute_value(cell: str) -> str | int | float:
    """A number where the cell is one, so that segments can compare it; else the text. 007 stays text."""
    if len(cell) > LONGEST_ATTRIBUTE:
        raise RefusedCell(_("A cell is longer than %(longest)s characters.") % {"longest": LONGEST_ATTRIBUTE})
    if match := NUMBER.fullmatch(cell):
        return float(cell) if match[2] else int(cell)
    return cell


KINDS = {
    "external_id": Identity.Kind.EXTERNAL.value,
    "email": Identity.Kind.EMAIL.value,
    "phone": Identity.Kind.PHONE.value,
    "card": Identity.Kind.CARD.value,
    "handle": Identity.Kind.HANDLE.value,
    "device": Identity.Kind.DEVICE.value,
}
CONVERTERS: dict[str, Convert] = {
    "first_name": text_of(LONGEST_NAME, gettext_lazy("First name")),
    "last_name": text_of(LONGEST_NAME, gettext_lazy("Last name")),
    "language": language_of,
    "country": country_of,
    "time_zone": time_zone_of,
    "customer_since": date_of(gettext_lazy("Customer since")),
    "left_date": date_of(gettext_lazy("Left on")),
    "preferred_channel": channel_of,
}
