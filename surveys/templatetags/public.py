from django import template
from django.conf import settings
from django.utils.translation import get_language

from surveys.questions.wording import in_digits, own_name

register = template.Library()
register.filter("own_name", own_name)


@register.filter
def digits(number: int) -> str:
    """A number in the digits of the page's language."""
    return in_digits(number, get_language() or "")


@register.simple_tag
def organisation_name() -> str:
    name: str = settings.ORGANISATION_NAME
    return name
