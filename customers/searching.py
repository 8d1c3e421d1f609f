"""Finding a customer by the beginning of a name or of an identity; every comparison is answered by an index."""

from contextlib import suppress
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from customers.identities import NotAnIdentity, normal_form
from customers.models import Customer, Identity
from events.lookups import Among

SHORTEST = 2  # characters from which identities are searched
MOST_WORDS = 5
FEW = 1_000  # customers


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
    """Those of `customers` whose names or identities begin with `text`: “ana”, “Ana Ho”, an address, a number.

    Few are looked up first, by the indexes; when many begin so, reading from the newest on finds a page sooner.
    """
    words = text.replace("\x00", "").split()[:MOST_WORDS]
    if not words:
        return customers
    names, identities = named(words), known_by(" ".join(words), is_one_word=len(words) == 1)
    few = {
        *Customer.objects.filter(names).order_by().values_list("pk", flat=True)[: FEW + 1],
        *identities.order_by().values_list("customer", flat=True)[: FEW + 1],
    }
    if len(few) <= FEW:
        return customers.filter(Among("pk", few))
    return customers.filter(names | Q(Exists(identities.filter(customer=OuterRef("pk")))))


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


def known_by(text: str, *, is_one_word: bool) -> QuerySet[Identity]:
    """Identities that begin with `text`, whatever its kind; a phone in the way people here write it is found too."""
    found = Q(pk__in=[])
    if is_one_word and len(text) >= SHORTEST:
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
