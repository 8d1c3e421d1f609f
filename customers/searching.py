"""Finding a customer by part of a name, by an identity or by the beginning of one.

Beginnings are looked up first, and by an index on both databases; the middle of a name only when nothing begins so,
which on PostgreSQL has an index of trigrams and elsewhere reads every name.
"""

from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from customers.identities import digests_of
from customers.models import Customer, Identity
from events.lookups import Among

SHORTEST = 2  # characters from which identities are searched
MOST_WORDS = 5
FEW = 1_000  # customers
SHORTEST_MIDDLE = 3  # characters: a trigram


class NameContains(Func):
    """Whether a text stands somewhere in “first last”, whatever its case (on SQLite, of Latin letters)."""

    output_field = BooleanField()

    def __init__(self, part: str) -> None:
        super().__init__(F("first_name"), F("last_name"))
        self.pattern = f"%{escaped(part)}%"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        name, params = self.whole_name(compiler)
        return f"({name}) LIKE %s ESCAPE '\\'", [*params, self.pattern]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        name, params = self.whole_name(compiler)
        return f"lower({name}) LIKE lower(%s)", [*params, self.pattern]

    def whole_name(self, compiler: Any) -> tuple[str, list[Any]]:
        (first, before), (last, after) = map(compiler.compile, self.source_expressions)
        return f"{first} || ' ' || {last}", [*before, *after]


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
        return f"{name} LIKE {mark}", [*params, f"{escaped(self.start)}%"]


def escaped(text: str) -> str:
    """`text` as LIKE takes it letter by letter."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def search_customers(customers: QuerySet[Customer], text: str) -> QuerySet[Customer]:
    """Those of `customers` whose names or identities begin with `text`: “ana”, “Ana Ho”, an address, a number.

    When nobody's do, those with `text` in the middle of the name. Few are looked up first, by the indexes; when many
    are found so, reading from the newest on finds a page sooner.
    """
    words = text.replace("\x00", "").split()[:MOST_WORDS]
    if not words:
        return customers
    names, identities = named(words), known_by(" ".join(words), is_one_word=len(words) == 1)
    few = {
        *Customer.objects.filter(names).order_by().values_list("pk", flat=True)[: FEW + 1],
        *identities.order_by().values_list("customer", flat=True)[: FEW + 1],
    }
    if not few and len(part := " ".join(words)) >= SHORTEST_MIDDLE:
        inside = Q(NameContains(part)) | Q(NameContains(part.lower()))
        few = set(Customer.objects.filter(inside).order_by().values_list("pk", flat=True)[: FEW + 1])
        if len(few) > FEW:
            return customers.filter(inside)
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
    """Identities that are `text`, of any kind and source, or begin with it; phones in the way people here write them."""
    found = Q(digest__in=list(digests_of(text)))
    if is_one_word and len(text) >= SHORTEST:
        for kind in Identity.Kind.values:
            start = text.lower() if kind == Identity.Kind.EMAIL else text
            found |= Q(BeginsWith("value", start), kind=kind, source="")
    return Identity.objects.filter(found)
