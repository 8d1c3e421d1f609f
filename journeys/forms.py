"""What staff types about journeys."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from customers.models import Customer
from events.boundary import validate_text
from journeys.interactions import record_interaction
from journeys.maps import arrange_stage
from journeys.models import Interaction, Stage, Touchpoint
from staff.models import User

LONGEST_NOTE = 300
BY_HAND = (
    Interaction.Kind.NOTE,
    Interaction.Kind.CALL,
    Interaction.Kind.VISIT,
    Interaction.Kind.MESSAGE,
)
LAST_POSITION = 32_767


class InteractionForm(forms.Form):
    """A note or a contact for a customer's timeline; `token` makes a form sent twice one row."""

    kind = forms.ChoiceField(
        label=_("What it was"),
        choices=[(kind.value, kind.label) for kind in BY_HAND],
        initial=Interaction.Kind.NOTE,
    )
    text = forms.CharField(
        label=_("In a few words"),
        max_length=LONGEST_NOTE,
        validators=[validate_text],
        widget=forms.Textarea({"rows": 2, "dir": "auto", "maxlength": LONGEST_NOTE, "autofocus": True}),
    )
    touchpoint = forms.ModelChoiceField(
        Touchpoint.objects.all(),
        label=_("Touchpoint"),
        required=False,
        empty_label=_("none"),
    )
    happened_at = forms.DateTimeField(
        label=_("When, if not just now"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
    )
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at

    def clean_happened_at(self) -> datetime | None:
        happened_at: datetime | None = self.cleaned_data["happened_at"]
        if happened_at and happened_at > self.at:
            raise forms.ValidationError(_("This is still to come. Write down what has happened."))
        return happened_at

    def work(self, *, customer: Customer, by: User) -> Interaction:
        return record_interaction(
            customer=customer,
            kind=self.cleaned_data["kind"],
            source="staff",
            external_id=f"{by.pk}:{self.cleaned_data['token']}",
            at=self.cleaned_data["happened_at"] or self.at,
            touchpoint=self.cleaned_data["touchpoint"],
            summary=self.cleaned_data["text"],
            detail={"by": str(by)},
        )


class StageForm(forms.ModelForm):
    """A stage with its touchpoints in one field."""

    touchpoints = forms.ModelMultipleChoiceField(
        Touchpoint.objects.all(),
        label=_("touchpoints"),
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
    )

    class Meta:
        model = Stage
        fields = ("position", "name", "goal")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        if self.instance.pk:
            self.initial["touchpoints"] = [place.touchpoint_id for place in self.instance.placements.all()]

    def clean_position(self) -> int:
        """Rows are moved by hand; a new one that was not moved comes last."""
        position: int | None = self.cleaned_data["position"]
        return LAST_POSITION if position is None else position

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's hook, which the stubs leave out
        if "touchpoints" in self.cleaned_data:
            arrange_stage(stage=self.instance, touchpoints=self.cleaned_data["touchpoints"])
