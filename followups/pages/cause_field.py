"""Choosing a root cause: the tree, indented, of those in use."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator, ModelChoiceIteratorValue

from followups.causes import CauseTree
from followups.models import RootCause

INDENT = "\u2003"  # an em space: a list of choices knows no other indent


def indented(cause: RootCause, depth: int) -> str:
    return f"{INDENT * depth}{cause}"


class CauseChoices(ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for cause, depth in CauseTree.load().in_use():
            yield (ModelChoiceIteratorValue(cause.pk, cause), indented(cause, depth))


class CauseField(forms.ModelChoiceField):
    iterator = CauseChoices

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(RootCause.objects.in_use(), **kwargs)

    def clean(self, value: Any) -> Any:
        chosen = super().clean(value)
        if chosen and chosen not in [cause for cause, _depth in CauseTree.load().in_use()]:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return chosen
