"""Finding a customer by the beginning of a name or of an identity; every comparison is answered by an index."""

from contextlib import suppress
from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from customers.identities import NotAnIdentity, normal_form
from customers.models import Customer, Identity

SHORTEST = 2  # characters from which identities are searched


class BeginsWith(Func):
    """Whether a column begins with a text; `lower` compares without case, as the indexes of names do."""

    output_field = BooleanField()

    def __init__(self, column: str, start: str, *, lower: bool = False) -> None:
        super().__init__(F(column), Value(start))
        self.start = start
        self.lower = lower

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite's LIKE cannot use these indexes; a range can."""
        column, params = compiler.compile(self.source_expressions[0])
        name, mark = (f"lower({column})", "lower(%s)") if self.lower else (column, "%s")
        return (
            f"({name} >= {mark} AND {name} < {mark} || char(1114111))",
            [*params, self.start, *params, self.start],
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        name, mark = (f"lower({column})", "lower(%s)") if self.lower else (column, "%s")
        pattern = self.start.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        return f"{name} LIKE {mark}", [*params, pattern]


def search_customers(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Those of `customers` whose names or identities begin with `text`: “ana”, “Ana Ho”, an address, a number."""
    words = text.replace("\x00", "").split()[:3]
    if not words:
        return customers
    found = named(words)
    if len(words) == 1 and len(words[0]) >= SHORTEST:
        found |= Q(pk__in=known_by(words[0]).values("customer"))
    elif is_phone_like(text):
        found |= Q(pk__in=known_by(text).values("customer"))
    return customers.filter(found)


def named(words: list[str]) -> Q:
    """Either name begins with the word, and the other one with the next."""
    first, rest = words[0], " ".join(words[1:])
    if not rest:
        return begins("first_name", first) | begins("last_name", first)
    both = " ".join(words)
    return (
        (begins("first_name", first) & begins("last_name", rest))
        | (begins("last_name", first) & begins("first_name", rest))
        | begins("first_name", both)
        | begins("last_name", both)
    )


def begins(column: str, start: str) -> Q:
    """SQLite knows upper and lower case of Latin letters only, so names are tried as they are usually written, too."""
    found = Q()
    for variant in sorted({start, start.lower(), start.title()}):
        found |= Q(BeginsWith(column, variant, lower=True))
    return found


def known_by(text: str) -> QuerySet[Identity]:
    """Identities that begin with `text`, whatever its kind; a phone in the way people here write it is found too."""
    found = Q()
    for kind in Identity.Kind.values:
        start = text.lower() if kind == Identity.Kind.EMAIL else text
        found |= Q(BeginsWith("value", start), kind=kind, source="")
    if is_phone_like(text):
        with suppress(NotAnIdentity):
            number = normal_form(kind=Identity.Kind.PHONE, value=text, country="")
            found |= Q(kind=Identity.Kind.PHONE, source="", value=number)
    return Identity.objects.filter(found)


def is_phone_like(text: str) -> bool:
    return not text.strip("+0123456789 ()-/.") and any(letter.isdigit() for letter in text)
