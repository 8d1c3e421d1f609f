"""What is done to all rows of the inbox that were chosen."""

from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from followups.models import FollowUp, Priority
from followups.pages.forms import INPUT, LONGEST_NUMBER
from followups.working.bulk import Done, work_on
from followups.working.steps import hand_over, set_priority, take
from staff.models import User
from staff.people import people_in_teams


class ChosenField(forms.MultipleChoiceField):
    """Rows of the inbox: the follow-up and the version its row showed, as in “17:3”."""

    def valid_value(self, value: Any) -> bool:
        return all(
            number.isdecimal() and len(number) < LONGEST_NUMBER for number in str(value).partition(":")[::2]
        )


class BulkForm(forms.Form):
    """One step for all rows that were chosen."""

    class What(models.TextChoices):
        TAKE = "take", _("Take them")
        HAND_OVER = "hand_over", _("Hand them over to")
        PRIORITY = "priority", _("Set their priority to")

    chosen = ChosenField(
        label=_("Follow-ups"), error_messages={"required": _("Choose at least one follow-up first.")}
    )
    what = forms.ChoiceField(label=_("What to do"), choices=What, widget=forms.Select(INPUT))
    to = forms.ModelChoiceField(
        people_in_teams(), label=_("To whom"), required=False, widget=forms.Select(INPUT)
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        choices=[("", "---------"), *Priority.choices],
        coerce=int,
        required=False,
        widget=forms.Select(INPUT),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("what") == self.What.HAND_OVER and not values.get("to"):
            self.add_error("to", _("Choose to whom."))
        if values.get("what") == self.What.PRIORITY and not values.get("priority"):
            self.add_error("priority", _("Choose a priority."))
        return values

    def work(self, *, by: User, at: datetime) -> Done:
        values = self.cleaned_data
        chosen = [
            (int(pk), int(version))
            for pk, _colon, version in (row.partition(":") for row in values["chosen"])
        ]
        match values["what"]:
            case self.What.HAND_OVER:
                return work_on(chosen, partial(hand_over_one, to=values["to"], by=by, at=at), by=by)
            case self.What.PRIORITY:
                return work_on(
                    chosen, partial(prioritise_one, priority=values["priority"], by=by, at=at), by=by
                )
            case _:
                return work_on(chosen, partial(take_one, by=by, at=at), by=by)


def take_one(follow_up: FollowUp, version: int, *, by: User, at: datetime) -> None:
    take(follow_up=follow_up, by=by, at=at, seen_version=version)


def hand_over_one(follow_up: FollowUp, version: int, *, to: User, by: User, at: datetime) -> None:
    hand_over(follow_up=follow_up, to=to, by=by, at=at, seen_version=version)


def prioritise_one(follow_up: FollowUp, version: int, *, priority: int, by: User, at: datetime) -> None:
    set_priority(follow_up=follow_up, by=by, priority=priority, at=at, seen_version=version)
