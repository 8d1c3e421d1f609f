"""The first rows of a file, for people to see what its columns hold."""

from itertools import islice

from customers.imports.reading import Lines, read_records
from customers.models import CustomerImport

ROWS = 5
LONGEST_CELL = 80


def first_cells(customer_import: CustomerImport) -> list[list[str]]:
    """For each column, its cells in the first rows that can be read."""
    with customer_import.file.open("rb") as file:
        lines = Lines(file, position=customer_import.position, line=customer_import.line)
        records = (
            record
            for record in read_records(lines, delimiter=customer_import.delimiter)
            if not record.problem and len(record.cells) == len(customer_import.header)
        )
        rows = [record.cells for record in islice(records, ROWS)]
    return [
        [cell.strip()[:LONGEST_CELL] for row in rows if (cell := row[index])]
        for index in range(len(customer_import.header))
    ]
