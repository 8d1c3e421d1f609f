from django import template
from django.utils.html import format_html

from surveys.models import Theme
from surveys.themes.theming import logo_address, theme_css

register = template.Library()


@register.simple_tag
def theme_style(theme: Theme | None, nonce: str) -> str:
    """The style of a page in its theme: `{% theme_style survey.theme nonce %}` after public.css."""
    return format_html('<style nonce="{}">{}</style>', nonce, theme_css(theme)) if theme else ""


@register.simple_tag
def theme_logo(theme: Theme | None) -> str:
    """The logo before the organisation's name, which says in words what it shows."""
    address = logo_address(theme) if theme else ""
    return format_html('<img class="logo" src="{}" alt="">', address) if address else ""
