"""Filters every list shares. A parameter nobody knows is refused: a typing error must not mean “everything”."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters

from events.boundary import LARGEST, validate_moment
from staff.api.pages import NewestFirst

PAGING = {NewestFirst.cursor_query_param, NewestFirst.page_size_query_param}


class IdFilter(filters.NumberFilter):
    """Rows of this id; an id nobody has finds nothing."""

    field_class: Any = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=LARGEST, **kwargs)

    def get_max_validator(self) -> None:
        return None


class MomentFilter(filters.IsoDateTimeFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[validate_moment], **kwargs)


class KnownOnly(forms.Form):
    def clean(self) -> dict[str, Any]:
        for name in sorted(set(self.data) - set(self.fields) - PAGING):
            self.errors[name] = self.error_class([str(_("There is no such filter."))])
        return self.cleaned_data


class Filters(filters.FilterSet):
    class Meta:
        form = KnownOnly
