"""A text in all languages, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from events.boundary import validate_text
from staff.widgets import FromOurTemplates
from surveys.questions.wording import LANGUAGES, missing_languages, own_name

LONGEST = 500  # characters a text


class TextsWidget(FromOurTemplates, forms.MultiWidget):
    template_name = "surveys/widgets/texts.html"

    class Media:
        css = {"all": ("cx/texts.css",)}
        js = ("cx/texts.js",)

    def __init__(
        self, standard: Mapping[str, str] | None = None, *, longest: int = LONGEST, rows: int = 2
    ) -> None:
        self.standard = standard or {}
        self.longest = longest
        super().__init__({code: UnfoldAdminTextareaWidget(attrs={"rows": rows}) for code in LANGUAGES})

    def decompress(self, value: Mapping[str, str] | str | None) -> list[str]:
        """A text that an address fills in belongs to no language."""
        texts = value if isinstance(value, Mapping) else {}
        return [texts.get(code, "") for code in LANGUAGES]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        subwidgets = context["widget"]["subwidgets"]
        missing = missing_languages(
            {code: subwidget["value"] or "" for code, subwidget in zip(LANGUAGES, subwidgets, strict=True)}
        )
        for code, subwidget in zip(LANGUAGES, subwidgets, strict=True):
            bidi = "rtl" if get_language_info(code)["bidi"] else "ltr"
            subwidget["attrs"] |= {
                "lang": code,
                "dir": bidi,
                "placeholder": self.standard.get(code, ""),
                "maxlength": self.longest,
            }
            subwidget["language"] = own_name(code)
            subwidget["is_missing"] = code in missing
        return context


def shown_texts(texts: Mapping[str, str]) -> str:
    """A text in all languages it is written in, to be read; “–” when in none."""
    said = [
        (own_name(code), code, "rtl" if get_language_info(code)["bidi"] else "ltr", texts[code])
        for code in LANGUAGES
        if texts.get(code)
    ]
    lines = format_html_join(
        "", '<dt lang="{1}">{0}</dt><dd class="cx-said" lang="{1}" dir="{2}">{3}</dd>', said
    )
    return format_html('<dl class="cx-facts">{}</dl>', lines) if said else "–"


class TextsField(forms.MultiValueField):
    """{language: text} without the empty ones; nothing written at all means the standard wording."""

    def __init__(
        self,
        *,
        standard: Mapping[str, str] | None = None,
        longest: int = LONGEST,
        rows: int = 2,
        **options: Any,
    ) -> None:
        options.setdefault(
            "help_text", _("Left empty everywhere, the standard wording shown in grey is used.")
        )
        super().__init__(
            [
                forms.CharField(required=False, max_length=longest, validators=[validate_text])
                for _code in LANGUAGES
            ],
            widget=TextsWidget(standard, longest=longest, rows=rows),
            required=False,
            require_all_fields=False,
            **options,
        )

    def compress(self, texts: Sequence[str]) -> dict[str, str]:
        return {code: text for code, text in zip(LANGUAGES, texts, strict=False) if text}
