"""What the pages of figures are asked for; their state lives in the address."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.models import Segment
from followups.models import RootCause
from insights.periods import Period
from insights.scores import Slice
from journeys.models import Touchpoint
from staff.models import User
from surveys.models import Campaign, Survey

DEFAULT_DAYS = 90
LONGEST = timedelta(days=1_100)
CUSTOM = "custom"
PERIODS = [
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("365", _("Last 365 days")),
    (CUSTOM, _("From … to …")),
]


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Everything may be left out; what cannot be understood is told and ignored."""

    title = _("Period")
    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    start = forms.DateField(label=_("From"), required=False, widget=DayInput, input_formats=["%Y-%m-%d"])
    end = forms.DateField(label=_("To"), required=False, widget=DayInput, input_formats=["%Y-%m-%d"])

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__({"period": str(DEFAULT_DAYS)} | data.dict(), label_suffix="")
        self.today = today

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("period") == CUSTOM and not self.errors:
            start, end = values.get("start"), values.get("end")
            if start is None or end is None:
                self.add_error("start", _("Say from which day to which."))
            elif start > end:
                self.add_error("start", _("The first day comes after the last."))
            elif end - start > LONGEST:
                self.add_error("start", _("Three years at most."))
        return values

    def chosen_period(self) -> Period:
        if self.is_valid() and self.cleaned_data["period"] == CUSTOM:
            return Period(self.cleaned_data["start"], self.cleaned_data["end"])
        chosen = self.cleaned_data.get("period", "")
        return Period.last(int(chosen) if chosen.isdecimal() else DEFAULT_DAYS, today=self.today)


class LoopForm(PeriodForm):
    """Which follow-ups the page about the loop counts, and into which branch of the causes it looks."""

    title = _("Which follow-ups")
    segment = forms.ModelChoiceField(
        label=_("Segment"), queryset=Segment.objects.all(), required=False, empty_label=_("Everybody")
    )
    cause = forms.ModelChoiceField(queryset=RootCause.objects.all(), required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, today: date, may_use_segments: bool = True) -> None:
        super().__init__(data, today=today)
        if not may_use_segments:
            del self.fields["segment"]

    def chosen_segment(self) -> Segment | None:
        return self.cleaned_data.get("segment") if self.errors is not None else None

    def chosen_cause(self) -> RootCause | None:
        return self.cleaned_data.get("cause") if self.errors is not None else None


class CoachingForm(PeriodForm):
    """Whose calls, and when."""

    title = _("Whose calls")
    person = forms.ModelChoiceField(label=_("Person"), queryset=User.objects.none(), required=False)

    def __init__(self, data: Any, *, today: date, people: QuerySet[User]) -> None:
        super().__init__(data, today=today)
        person = self.fields["person"]
        if not people.exists():
            del self.fields["person"]
        elif isinstance(person, forms.ModelChoiceField):
            person.queryset, person.empty_label = people, _("Me")

    def chosen_person(self) -> User | None:
        return self.cleaned_data.get("person") if self.errors is not None else None


class DashboardForm(PeriodForm):
    """Which answers the dashboard counts."""

    title = _("Which answers")
    segment = forms.ModelChoiceField(
        label=_("Segment"), queryset=Segment.objects.all(), required=False, empty_label=_("Everybody")
    )
    touchpoint = forms.ModelChoiceField(
        label=_("Touchpoint"), queryset=Touchpoint.objects.all(), required=False, empty_label=_("All")
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=[("", _("All")), *settings.LANGUAGES], required=False
    )
    survey = forms.ModelChoiceField(
        label=_("Survey"), queryset=Survey.objects.all(), required=False, empty_label=_("All")
    )
    campaign = forms.ModelChoiceField(
        queryset=Campaign.objects.all(), required=False, widget=forms.HiddenInput
    )

    def __init__(self, data: Any, *, today: date, may_use_segments: bool) -> None:
        super().__init__(data, today=today)
        if not may_use_segments:
            del self.fields["segment"]

    def chosen_slice(self) -> Slice:
        chosen = self.cleaned_data if self.errors is not None else {}
        pks = {
            name: chosen[name].pk if chosen.get(name) else None
            for name in ("touchpoint", "survey", "campaign")
        }
        return Slice(segment=chosen.get("segment"), language=chosen.get("language", ""), **pks)
