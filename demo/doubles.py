"""A few customers who exist twice, as they do everywhere, and two addresses told together that belong to two people."""

from collections.abc import Sequence
from datetime import datetime

from customers.lookup import Known
from customers.merging.duplicates import find_duplicates
from customers.profiles import update_customer
from customers.resolving import resolve
from demo.people import Person

CALLED_PRIVATELY = 6


def let_some_exist_twice(crowd: Sequence[Person], *, at: datetime) -> None:
    """Six people once called under a private address; nobody noticed that they were customers already."""
    for person in crowd[:CALLED_PRIVATELY]:
        birthday = f"19{60 + person.number:02}-05-1{person.number % 10}"
        known = resolve(identities=[Known("email", person.email)], source="import", at=at).customer
        if known:
            update_customer(customer=known, attributes={"birthday": birthday}, at=at)
        resolve(
            identities=[Known("email", person.email.replace("@customers.", "@private."))],
            source="call",
            at=at,
            first_name=person.first_name,
            last_name=person.last_name,
            language=person.language,
            country=person.country,
            time_zone=person.time_zone,
            attributes={"birthday": birthday},
        )
    one, other = crowd[CALLED_PRIVATELY : CALLED_PRIVATELY + 2]
    resolve(identities=[Known("email", one.email), Known("phone", other.phone)], source="shop", at=at)
    find_duplicates(at=at)
