"""Showing less of the inbox: by team, owner, priority, touchpoint or cause; and coming back to it under a name."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from followups.models import Priority, SavedView, Signal
from followups.pages.forms import INPUT
from journeys.models import Touchpoint
from staff.models import Team, User
from staff.people import people_in_teams

MOST_VIEWS = 30  # of one person
ANY = [("", _("any"))]


class TooManyViews(Exception):
    """Nobody finds anything among more than thirty."""


class NarrowForm(forms.Form):
    """What is chosen stands in the address, so that a list can be sent to a colleague."""

    source = forms.ChoiceField(label=_("Because of"), required=False, choices=[*ANY, *Signal.choices])
    priority = forms.TypedChoiceField(
        label=_("Priority"), required=False, choices=[*ANY, *Priority.choices], coerce=int, empty_value=None
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), label=_("Team"), required=False, empty_label=_("any")
    )
    owner = forms.ModelChoiceField(people_in_teams(), label=_("Owner"), required=False, empty_label=_("any"))
    touchpoint = forms.ModelChoiceField(
        Touchpoint.objects.order_by("name"), label=_("Touchpoint"), required=False, empty_label=_("any")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= INPUT

    @property
    def chosen(self) -> dict[str, Any]:
        """What narrows the list; what nobody knows any more narrows nothing."""
        asked = {name: self.data.get(name) for name in self.fields if self.data.get(name)}
        if not asked:
            return {}
        self.full_clean()
        return {name: value for name in asked if (value := self.cleaned_data.get(name))}

    @property
    def condition(self) -> Q:
        chosen = self.chosen
        touchpoint = chosen.pop("touchpoint", None)
        narrowed = Q(**chosen)
        if touchpoint:
            narrowed &= Q(survey_response__touchpoint=touchpoint) | Q(interaction__touchpoint=touchpoint)
        return narrowed

    @property
    def query(self) -> str:
        """The same as part of an address: "" where nothing is chosen, otherwise it begins with “&”."""
        chosen = {name: getattr(value, "pk", value) for name, value in self.chosen.items()}
        return f"&{urlencode(chosen)}" if chosen else ""


@transaction.atomic
def save_view(*, user: User, name: str, query: str) -> SavedView:
    """Keep a list under `name`; the name again means another list now. Raises TooManyViews."""
    mine = SavedView.objects.filter(user=user)
    if not mine.filter(name=name).exists() and mine.count() >= MOST_VIEWS:
        raise TooManyViews
    view, _is_new = SavedView.objects.update_or_create(user=user, name=name, defaults={"query": query})
    return view


def drop_view(*, user: User, pk: int) -> None:
    SavedView.objects.filter(user=user, pk=pk).delete()


class SaveViewForm(forms.Form):
    name = forms.CharField(
        label=_("Name of this view"),
        max_length=60,
        widget=forms.TextInput({**INPUT, "dir": "auto", "autocomplete": "off"}),
    )
