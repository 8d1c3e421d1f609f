"""What staff does at the loyalty desk; each form makes the one call it is for."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.boundary import id_from, validate_text
from loyalty.ledger import MOST_POINTS, adjust_points, redeem_reward, reverse_entry
from loyalty.models import Account, Entry, Reward
from loyalty.words import desk_source
from staff.models import User

LONGEST_NOTE = 300


class DeskForm(forms.Form):
    """`token` makes a form sent twice one entry."""

    permission: ClassVar[str]
    done: ClassVar[str | Promise]
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def work(self, *, by: User, at: datetime) -> Entry:
        raise NotImplementedError

    @property
    def about(self) -> Reward | Entry | None:
        """The reward or entry an opened form is about."""
        return None

    def source(self, by: User) -> str:
        return desk_source(user=by.pk, token=str(self.cleaned_data["token"]))


def reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_NOTE,
        validators=[validate_text],
        widget=forms.Textarea({"rows": 2, "dir": "auto", "maxlength": LONGEST_NOTE}),
    )


class RedeemForm(DeskForm):
    permission = "loyalty.add_entry"
    done = _("The reward was redeemed.")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        self.rewards = Reward.objects.filter(program=account.program_id, is_active=True)
        self.fields["reward"] = forms.ModelChoiceField(self.rewards, widget=forms.HiddenInput)

    @property
    def about(self) -> Reward | None:
        return self.rewards.filter(pk=id_from(str(self["reward"].value()))).first()

    def work(self, *, by: User, at: datetime) -> Entry:
        return redeem_reward(
            account=self.account, reward=self.cleaned_data["reward"], source=self.source(by), at=at
        )


class AdjustForm(DeskForm):
    permission = "loyalty.adjust_entry"
    done = _("The balance was adjusted.")
    points = forms.IntegerField(
        label=_("Points"),
        min_value=-MOST_POINTS,
        max_value=MOST_POINTS,
        help_text=_("Below zero to take points away."),
    )
    note = reason_field()

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if not points:
            raise forms.ValidationError(_("Enter more or less than zero."))
        return points

    def work(self, *, by: User, at: datetime) -> Entry:
        return adjust_points(
            account=self.account,
            points=self.cleaned_data["points"],
            note=self.cleaned_data["note"],
            source=self.source(by),
            at=at,
        )


class ReverseForm(DeskForm):
    permission = "loyalty.reverse_entry"
    done = _("The entry was reversed.")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, account=account, **kwargs)
        self.entries = account.entries.exclude(kind=Entry.Kind.REVERSED)
        self.fields["entry"] = forms.ModelChoiceField(self.entries, widget=forms.HiddenInput)
        self.fields["note"] = reason_field()

    @property
    def about(self) -> Entry | None:
        return self.entries.filter(pk=id_from(str(self["entry"].value()))).first()

    def work(self, *, by: User, at: datetime) -> Entry:
        return reverse_entry(
            entry=self.cleaned_data["entry"],
            source=self.source(by),
            note=self.cleaned_data["note"],
            at=at,
        )


FORMS: dict[str, type[DeskForm]] = {"redeem": RedeemForm, "adjust": AdjustForm, "reverse": ReverseForm}
