"""In templates a list is called what the sidebar calls it."""

from typing import Any

from django.template import Library

from cxplatform.navigation import title_of

register = Library()


@register.filter
def called(address: Any, otherwise: Any) -> Any:
    """`/admin/auth/group/|called:"groups"`: the sidebar's name of the page, else the other one."""
    return title_of(str(address or "")) or otherwise
