from django import template
from django.conf import settings

from surveys.wording import own_name

register = template.Library()
register.filter("own_name", own_name)


@register.simple_tag
def organisation_name() -> str:
    name: str = settings.ORGANISATION_NAME
    return name
