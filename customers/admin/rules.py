"""A segment's rule as rows of field, operator and value; in the form it travels as JSON."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.segments import RuleError
from customers.segments.activities import OPERATORS
from customers.segments.attributes import ATTRIBUTE_OPERATORS
from customers.segments.rules import compile_rule, fields
from events.boundary import Unstorable, clean_json
from staff.widgets import FromOurTemplates

LONGEST_RULE = 50_000
CUSTOMERS_LOOKED_AT = 500
MOST_ATTRIBUTES = 200


class RuleWidget(FromOurTemplates, forms.Textarea):
    template_name = "customers/widgets/rule.html"

    class Media:
        js = ("cx/segments.js",)
        css = {"all": ("cx/segments.css",)}

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        return context | {"builder": describe_builder()}


class RuleField(forms.CharField):
    """What was typed stays as it was when it is refused."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False,
            max_length=LONGEST_RULE,
            widget=RuleWidget,
            label=gettext_lazy("Who is in it"),
            help_text=gettext_lazy(
                "Without conditions everybody is in it. It is worked out anew whenever it is used."
            ),
        )

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != (data or "{}"))

    def clean(self, value: str) -> Any:
        return read_rule(super().clean(value))


def read_rule(text: str) -> Any:
    """The rule in `text`, checked. Raises ValidationError with a sentence."""
    try:
        rule = clean_json(json.loads(text or "{}"))
        compile_rule(rule, at=timezone.now())
    except (RuleError, Unstorable) as error:
        raise ValidationError(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise ValidationError(_("The rule cannot be read.")) from error
    return rule


def describe_builder() -> dict[str, Any]:
    """Everything the builder offers, in the reader's language."""
    return {
        "fields": [
            {
                "name": field.name,
                "label": str(field.label),
                "group": group_of(field.name),
                "operators": list(field.operators),
                "kind": field.value_kind,
                "choices": field.choices() if field.choices else [],
                "narrowings": list(field.narrowings),
                "words": {op: field.operator_words(op) for op in field.operators},
            }
            for field in fields().values()
        ],
        "touchpoints": list_choices("met_at"),
        "attributes": known_attributes(),
        "operators": {name: str(label) for name, label in OPERATORS.items()},
        "attributeOperators": list(ATTRIBUTE_OPERATORS),
        "words": words(),
    }


def list_choices(name: str) -> list[tuple[str, str]]:
    choices = fields()[name].choices
    return choices() if choices else []


def group_of(name: str) -> str:
    if name in {"email", "phone", "card"} or name.startswith("consent."):
        return str(_("Contact and consent"))
    is_done = "." in name or fields()[name].narrowings
    return str(_("What they did")) if is_done else str(_("Profile"))


def known_attributes() -> list[str]:
    """The names of attributes the newest customers have."""
    newest = Customer.objects.order_by("-pk").values_list("attributes", flat=True)[:CUSTOMERS_LOOKED_AT]
    return sorted({name for attributes in newest for name in attributes})[:MOST_ATTRIBUTES]


def words() -> dict[str, str]:
    return {
        "all": _("All of these hold"),
        "any": _("At least one of these holds"),
        "none": _("None of these holds"),
        "addCondition": _("Add a condition"),
        "addGroup": _("Add a group"),
        "removeCondition": _("Remove this condition"),
        "removeGroup": _("Remove this group"),
        "group": _("Group of conditions"),
        "match": _("How the conditions combine"),
        "field": _("Field"),
        "operator": _("Comparison"),
        "value": _("Value"),
        "days": _("days"),
        "touchpoint": _("Touchpoint"),
        "anywhere": _("at any touchpoint"),
        "inTheLast": _("in the last"),
        "attributes": _("Attributes"),
        "otherAttribute": _("Another attribute…"),
        "attributeName": _("Name of the attribute"),
        "choose": _("Choose…"),
        "everybody": _("No conditions yet: everybody is in it."),
        "unreadable": _("This rule cannot be shown as rows. Edit it as text, or empty it to begin anew."),
    }
