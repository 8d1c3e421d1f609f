"""Moments as other tools write them. What can be read in two ways is read as somebody chose, and never line by line."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from dateutil.parser import ParserError, parse
from django.utils.translation import gettext as _

from events.boundary import EARLIEST_YEAR, LATEST_YEAR

LONGEST = 60  # characters
SECONDS = re.compile(r"\d{10}(\d{3})?")  # since 1970, or thousandths of them
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)(.*)")
YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?!\d)(.*)")
ZONE_AND_HOURS = re.compile(r"\b(?:GMT|UTC)\s*(?=[+-]\d)")
CENTURY = 2000
MONTHS = 12
# The names that tools write behind a time; what other names mean depends on the country.
HOURS = {
    "UTC": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8,
    "PDT": -7, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3,
}  # fmt: skip
# dateutil fills what is missing from a default: what differs between two of them was missing.
DEFAULTS = (datetime(2000, 1, 1, tzinfo=None), datetime(2001, 2, 2, tzinfo=None))  # noqa: DTZ001  zones come from the text


# dateutil fails in many ways on what is no date.
FAILURES = (ParserError, ValueError, TypeError, ArithmeticError, IndexError, AttributeError)


class NotAMoment(ValueError):
    """A text that tells no day; its words say why."""


class UnknownZone(ValueError):
    """A name behind the time that is none of HOURS."""


def moment_of(text: str, *, days_first: bool, zone: tzinfo) -> datetime:
    """The moment a text tells; without a zone it is one in `zone`. Raises NotAMoment."""
    if not text.strip():
        raise NotAMoment(_("The date is missing."))
    try:
        moment = read(in_latin_digits(text.strip()), days_first=days_first)
    except UnknownZone as error:
        raise NotAMoment(
            _("“%(text)s”: it is not clear which time zone “%(zone)s” is.")
            % {"text": text[:LONGEST], "zone": str(error)[:10]}
        ) from error
    except FAILURES as error:
        raise NotAMoment(
            _("“%(text)s” is no date in the order of day and month that was chosen.")
            % {"text": text[:LONGEST]}
            if YEAR_LAST.fullmatch(text.strip())
            else _("“%(text)s” is no date.") % {"text": text[:LONGEST]}
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def read(text: str, *, days_first: bool) -> datetime:
    """Raises UnknownZone or one of FAILURES."""
    if len(text) > LONGEST:
        raise ValueError
    if SECONDS.fullmatch(text):
        moment = datetime.fromtimestamp(int(text[:10]), UTC)
    else:
        text = in_iso(ZONE_AND_HOURS.sub("", text), days_first=days_first)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = parsed(text)
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise ValueError
    return moment


def in_iso(text: str, *, days_first: bool) -> str:
    """The same with its day in front as 2026-05-31, where it is written in numbers."""
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day, rest = found.groups()
    elif found := YEAR_LAST.fullmatch(text):
        first, second, year, rest = found.groups()
        day, month = (first, second) if days_first else (second, first)
    else:
        return text
    return f"{int(year) + (CENTURY if len(year) == 2 else 0):04}-{int(month):02}-{int(day):02}{rest}"  # noqa: PLR2004  a year of two digits


def parsed(text: str) -> datetime:
    """Days with the names of months, and times in all their spellings; a day that is not told whole is none."""
    first, second = (parse(text, default=default, tzinfos=zone_named) for default in DEFAULTS)
    if first.date() != second.date():
        raise ValueError
    return first


def zone_named(name: str | None, offset: int | None) -> tzinfo | None:
    """What dateutil asks about each name of a zone, or about seconds from UTC."""
    if offset is not None:
        return timezone(timedelta(seconds=offset))
    if not name:
        return None
    if name.upper() not in HOURS:
        raise UnknownZone(name)
    return timezone(timedelta(hours=HOURS[name.upper()]))


def in_latin_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def order_in(texts: Iterable[str]) -> bool | None:
    """Whether days stand before months in a column; None when it could be either."""
    for text in texts:
        found = YEAR_LAST.fullmatch(in_latin_digits(text.strip()))
        if found and int(found[1]) > MONTHS:
            return True
        if found and int(found[2]) > MONTHS:
            return False
    return None
