"""Who left Meridian Mobile, as the billing system tells it every month: in a file."""

import csv
import io
import random
from datetime import date, datetime, timedelta

from customers.imports.files import receive_file
from customers.imports.running import claim_import, run_import, start_import
from customers.models import Customer, Identity
from demo.year import DAYS

COLUMNS = {"external_id": "external_id", "left on": "left_date"}
LEFT_LATELY = 600  # of those who ever left: the others did before the year began to be lived


def let_some_leave(*, at: datetime) -> None:
    """Import on which day the customers with a terminated contract left; each after their last answer."""
    dice = random.Random("leaving")
    leavers = Customer.objects.filter(attributes__churned="yes").order_by("pk")[:LEFT_LATELY]
    rows = []
    for leaver in leavers.prefetch_related("identities", "responses"):
        last = max((response.submitted_at for response in leaver.responses.all()), default=None)
        since = (last or at - timedelta(days=DAYS)) + timedelta(days=dice.randint(5, 80))
        number = next(
            (each.value for each in leaver.identities.all() if each.kind == Identity.Kind.EXTERNAL), ""
        )
        if number and since < at:
            rows.append((number, since.date()))
    import_leavers(rows, at=at)


def import_leavers(rows: list[tuple[str, date]], *, at: datetime) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerows([tuple(COLUMNS), *rows])
    file = receive_file(blocks=iter([lines.getvalue().encode()]), file_name="left.csv", at=at)
    start_import(customer_import=file, mapping=COLUMNS, defaults={})
    claimed = claim_import(file)
    if claimed is None:
        raise RuntimeError("A worker is importing the demo's leavers; stop it first.")
    for _progress in run_import(claimed, at=at):
        pass
