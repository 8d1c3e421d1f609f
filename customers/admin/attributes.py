"""Attributes as people write them: one a line, “plan: Gold”."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.imports.columns import ATTRIBUTE, is_attribute
from customers.imports.rows import LONGEST_ATTRIBUTE, attribute_value
from events.boundary import validate_text

MOST_ATTRIBUTES = 200


class AttributesField(forms.CharField):
    """{name: value}; numbers become numbers, so that segments can compare them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            label=gettext_lazy("Attributes"),
            help_text=gettext_lazy("One a line: plan: Gold. Segments can use them."),
            widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "dir": "auto"}),
            validators=[validate_text],
        )

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(
            f"{name}: {part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)}"
            for name, part in value.items()
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(super().has_changed(self.prepare_value(initial), (data or "").replace("\r\n", "\n")))

    def clean(self, value: str) -> dict[str, Any]:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_ATTRIBUTES:
            raise ValidationError(_("At most %(most)s attributes.") % {"most": MOST_ATTRIBUTES})
        return dict(read_attribute(line) for line in lines)


def read_attribute(line: str) -> tuple[str, Any]:
    name, colon, text = (part.strip() for part in line.partition(":"))
    if not colon or not is_attribute(ATTRIBUTE + name):
        raise ValidationError(
            _("“%(line)s” is not of the form “name: value”.") % {"line": line[:80]}, code="form"
        )
    if len(text) > LONGEST_ATTRIBUTE:
        raise ValidationError(_("“%(name)s” is too long.") % {"name": name})
    if text[:1] in {"[", "{"} or text in {"true", "false", "null"}:
        try:
            return name, json.loads(text)
        except ValueError:
            return name, text
    return name, attribute_value(text)
