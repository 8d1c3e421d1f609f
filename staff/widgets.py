"""What the rooms' own form widgets have in common."""

from typing import Any

from django.forms import Widget
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString


class FromOurTemplates(Widget):
    """Drawn from the project's own templates; forms' default renderer does not look there."""

    def _render(self, template_name: str, context: dict[str, Any], renderer: object = None) -> SafeString:
        html: SafeString = super()._render(template_name, context, TemplatesSetting())  # type: ignore[misc]  # the stubs lack it
        return html
