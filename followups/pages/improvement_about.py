"""What people type about what an improvement is, who raised it, and which of them they look for."""

from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from followups.improvements.board import open_for
from followups.improvements.proposing import Raised, link_raised, propose_because
from followups.models import Improvement, RootCause
from followups.pages.forms import INPUT, LONGEST_NUMBER
from staff.access import limit_of, visible
from staff.models import Unit, User
from staff.people import people_in_teams
from surveys.metrics import HEADLINES
from surveys.models import Topic

CHOSEN_AT_MOST = 300  # rows in an address
DAY = {"type": "date"}
YEARS = (1900, 9000)
METRICS = [(kind, _(metric.name)) for kind, metric in HEADLINES.items()]


class DayField(forms.DateField):
    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(DAY, format="%Y-%m-%d"), **options)

    def clean(self, value: Any) -> date | None:
        """A day from which others can be counted, in either direction and in every time zone."""
        day: date | None = super().clean(value)
        if day and not YEARS[0] <= day.year <= YEARS[1]:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return day


class NumbersField(forms.CharField):
    """The rows somebody chose, as an address names them: “17,23”."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> list[int]:
        numbers = [each for each in super().clean(value).split(",") if each.strip()]
        if len(numbers) > CHOSEN_AT_MOST or not all(
            each.isdecimal() and len(each) < LONGEST_NUMBER for each in numbers
        ):
            raise ValidationError(
                _("Choose them again, at most %(n)s at once."), params={"n": CHOSEN_AT_MOST}
            )
        return [int(each) for each in numbers]


class Numbered(forms.BaseForm):
    """Several forms stand on one page: the fields of each have ids of their own."""

    name: ClassVar[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{self.name}_%s", label_suffix="", **kwargs)  # type: ignore[misc]  # never positional


class RaisedForm(Numbered, forms.Form):
    """Which follow-ups and answers are linked."""

    name = "raised"
    follow_ups = NumbersField()
    answers = NumbersField()
    cause = forms.ModelChoiceField(RootCause.objects.all(), label=_("Root cause"), required=False)
    topic = forms.ModelChoiceField(Topic.objects.all(), label=_("Topic of a comment"), required=False)
    since = DayField(label=_("From"), required=False)
    until = DayField(label=_("To"), required=False)
    with_happy = forms.BooleanField(
        label=_("Those who gave a good score, too"), required=False, widget=forms.CheckboxInput
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            self.add_error("since", _("The first day comes after the last."))
        return values

    def raised(self) -> Raised:
        """Nothing when it cannot be understood."""
        return Raised(**self.cleaned_data) if self.is_valid() else Raised()


class ImprovementForm(Numbered, forms.ModelForm):
    """What an improvement is about."""

    name = "about"
    metric = forms.ChoiceField(label=_("Effect measured by"), choices=METRICS)
    due_date = DayField(label=_("Done by"), required=False)

    class Meta:
        model = Improvement
        fields: tuple[str, ...] = (
            "title",
            "plan",
            "root_cause",
            "unit",
            "owner",
            "due_date",
            "cost",
            "touchpoint",
            "survey",
            "metric",
            "measured_days",
        )
        widgets = {
            "plan": forms.Textarea({"rows": 4, "dir": "auto"}),
            "title": forms.TextInput({"dir": "auto"}),
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.fields["owner"].queryset = people_in_teams()  # type: ignore[attr-defined]  # a choice of rows
        self.fields["unit"].queryset = visible(Unit.objects.all(), user)  # type: ignore[attr-defined]  # a choice of rows
        self.fields["unit"].required = limit_of(user) is not None


class ProposeForm(ImprovementForm):
    """A new one, and who raised it."""

    name = "propose"
    due_date = None  # type: ignore[assignment]  # it gets its date when it is planned

    class Meta(ImprovementForm.Meta):
        fields: tuple[str, ...] = ("title", "plan", "root_cause", "touchpoint", "unit", "owner", "metric")

    def work(self, *, raised: Raised, by: User, at: datetime) -> tuple[Improvement, str]:
        """The new improvement, and what to do next."""
        improvement = propose_because(raised=raised, by=by, at=at, **self.cleaned_data)
        return improvement, str(_("Proposed. Next: who does it, how, and by when."))


class ChooseForm(Numbered, forms.Form):
    """An improvement that is there already."""

    name = "choose"
    improvement = forms.ModelChoiceField(Improvement.objects.none(), label=_("Improvement"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["improvement"].queryset = open_for(user)  # type: ignore[attr-defined]  # a choice of rows

    def work(self, *, raised: Raised, by: User, at: datetime) -> tuple[Improvement, str]:
        """The chosen improvement, and how many are new there."""
        chosen: Improvement = self.cleaned_data["improvement"]
        return chosen, linked_words(link_raised(improvement=chosen, raised=raised, by=by, at=at))


def linked_words(n: int) -> str:
    if not n:
        return str(_("Nothing new to link: everything that fits is linked already."))
    return ngettext("%(n)s linked.", "%(n)s linked.", n) % {"n": n}


class BoardForm(forms.Form):
    """Which cards the board shows; what cannot be understood is ignored."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Unit"), required=False, empty_label=_("All"), widget=forms.Select(INPUT)
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Owner"),
        required=False,
        empty_label=_("All"),
        widget=forms.Select(INPUT),
    )
    root_cause = forms.ModelChoiceField(
        RootCause.objects.all(),
        label=_("Root cause"),
        required=False,
        empty_label=_("All"),
        widget=forms.Select(INPUT),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["unit"].queryset = visible(Unit.objects.all(), user)  # type: ignore[attr-defined]  # a choice of rows
        self.fields["owner"].queryset = User.objects.filter(improvements__isnull=False).distinct()  # type: ignore[attr-defined]  # a choice of rows

    def chosen(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data
