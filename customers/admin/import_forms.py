"""Choosing a file, and saying which column is what."""

import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.imports.columns import (
    ATTRIBUTE,
    TARGETS,
    MappingError,
    check_mapping,
    guess_mapping,
    last_of_source,
)
from customers.imports.files import ENCODINGS
from customers.models import CustomerImport
from events.boundary import validate_text

MOST_BYTES = 2_000_000_000
NOT_IN_A_NAME = re.compile(r"[^\w .-]+|__+")


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,text/csv"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        required=False,
        max_length=40,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"list": "cu-sources", "class": "cx-input", "dir": "auto"}),
    )
    encoding = forms.ChoiceField(
        label=gettext_lazy("Encoding of a CSV file"), choices=ENCODINGS.items(), required=False
    )
    sheet = forms.CharField(label=gettext_lazy("Sheet of a workbook"), required=False, max_length=31)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 2 GB. Split it, or import it on the server.")
            )
        return file


class ColumnsForm(forms.Form):
    """One choice a column, and what holds where the file says nothing."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=[(code, code) for code in sorted(phonenumbers.SUPPORTED_REGIONS)],
    )

    def __init__(self, customer_import: CustomerImport, data: Any = None) -> None:
        self.earlier = last_of_source(customer_import.source)
        usual = {"language": settings.LANGUAGE_CODE, "country": settings.COUNTRY}
        super().__init__(data, initial=usual | (self.earlier.defaults if self.earlier else {}))
        self.customer_import = customer_import
        guessed = guess_mapping(customer_import.header, source=customer_import.source)
        for index, name in self.named_columns():
            guess = guessed.get(name, "")
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=name, required=False, initial=guess, choices=choices_for(name, guess)
            )

    def named_columns(self) -> Iterator[tuple[int, str]]:
        return ((index, name) for index, name in enumerate(self.customer_import.header) if name)

    def column_fields(self, cells: list[list[str]]) -> list[dict[str, Any]]:
        return [
            {"name": name, "cells": cells[index], "field": self[f"column_{index}"]}
            for index, name in self.named_columns()
        ]

    @property
    def defaults(self) -> dict[str, str]:
        """What holds for new customers where the file does not say."""
        return {name: self.cleaned_data[name] for name in ("language", "country")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = {name: cleaned.get(f"column_{index}") for index, name in self.named_columns()}
        cleaned["mapping"] = {name: target for name, target in chosen.items() if target}
        try:
            check_mapping(cleaned["mapping"], header=self.customer_import.header)
        except MappingError as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned


def choices_for(name: str, guess: str) -> list[tuple[str, Any]]:
    attribute = guess if guess.startswith(ATTRIBUTE) else attribute_for(name)
    choices: list[tuple[str, Any]] = [("", gettext_lazy("Do not import")), *TARGETS.items()]
    if attribute:
        label = _("Attribute “%(name)s”") % {"name": attribute.removeprefix(ATTRIBUTE)}
        choices.append((attribute, label))
    return choices


def attribute_for(name: str) -> str:
    """The attribute a column of this name becomes; empty when no name can be made of it."""
    cleaned = NOT_IN_A_NAME.sub(" ", name).strip(" .-")[:60].strip()
    return ATTRIBUTE + cleaned if cleaned else ""
