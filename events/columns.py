"""Columns of the staff site's lists that need more than a field's own way of showing itself."""

import re
from collections.abc import Callable
from typing import Any, cast

from django.db.models import Field, Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from events.dates import say_moment

SAID = re.compile(r'\A<time datetime="([^"]+)">')


def moment_column(model: type[Model], name: str) -> Callable[[Any, Any], str | None]:
    """A column for the moment in field `name`, said by the reader's own calendar; headed and sorted as the field is."""
    field = cast("Field[Any, Any]", model._meta.get_field(name))

    @display(description=field.verbose_name, ordering=name)
    def column(model_admin: Any, row: Any) -> str | None:
        moment = getattr(row, name)
        if moment is None:
            return None
        written = timezone.localtime(moment).isoformat(sep=" ", timespec="seconds")
        return format_html('<time datetime="{}">{}</time>', written, say_moment(moment))

    return column


def moment_in(cell: Any) -> str:
    """The moment that such a column shows, as ISO writes it; "" in any other, whatever somebody typed there."""
    said = SAID.match(cell) if isinstance(cell, SafeString) else None
    return said[1] if said else ""
