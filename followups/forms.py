"""What people type while they work on a follow-up; each form makes the one call it is for."""

from datetime import datetime, time
from functools import partial
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from followups.bulk import Done, work_on
from followups.cause_field import CauseField
from followups.models import FollowUp, Priority
from followups.working import (
    add_note,
    go_on,
    hand_over,
    record_contact,
    reopen,
    resolve,
    set_priority,
    take,
    wait_for_customer,
)
from staff.models import User

LONGEST_TEXT = 5000
INPUT = {"class": "cx-input"}
LONGEST_NUMBER = 19  # digits that every database takes for a key


def text_field(label: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )


def people_in_teams() -> QuerySet[User]:
    """Who can be given a follow-up."""
    in_a_team = Q(teams__isnull=False) | Q(led_teams__isnull=False)
    return User.objects.filter(in_a_team, is_active=True).order_by("first_name", "last_name").distinct()


class WorkForm(forms.Form):
    """Carries the version its page showed, so that nobody overwrites what they did not see."""

    done: ClassVar[Any]
    version = forms.IntegerField(widget=forms.HiddenInput)

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        raise NotImplementedError

    def values(self) -> dict[str, Any]:
        """The clean values under the names the actions give them."""
        values = self.cleaned_data.copy()
        return values | {"seen_version": values.pop("version")}


class TakeForm(WorkForm):
    done = _("It is yours now.")

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        take(follow_up=follow_up, by=by, at=at, **self.values())


class ContactForm(WorkForm):
    done = _("Contact recorded: the clock now runs to the resolution.")
    text = text_field(_("What was said"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        record_contact(follow_up=follow_up, by=by, at=at, **self.values())


class WaitForm(WorkForm):
    done = _("The clock stands still until the customer has answered.")
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text=_("On this day it comes back by itself."),
    )
    text = text_field(_("What they have to do"))

    def clean_until(self) -> datetime | None:
        day = self.cleaned_data["until"]
        return timezone.make_aware(datetime.combine(day, time())) if day else None

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        wait_for_customer(follow_up=follow_up, by=by, at=at, **self.values())


class GoOnForm(WorkForm):
    done = _("The clock runs again.")
    text = text_field(_("What the customer said"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        go_on(follow_up=follow_up, by=by, at=at, **self.values())


class PriorityForm(WorkForm):
    done = _("Priority changed, and with it the clock.")
    priority = forms.TypedChoiceField(label=_("Priority"), choices=Priority.choices, coerce=int)

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        set_priority(follow_up=follow_up, by=by, at=at, **self.values())


class NoteForm(WorkForm):
    done = _("Note added.")
    text = text_field(_("Note"), required=True)

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        add_note(follow_up=follow_up, by=by, at=at, **self.values())


class ResolveForm(WorkForm):
    done = _("Resolved.")
    root_cause = CauseField(label=_("Root cause"))
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "---------"), *FollowUp.Outcome.choices])
    text = text_field(_("What was done"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        resolve(follow_up=follow_up, by=by, at=at, **self.values())


class HandOverForm(WorkForm):
    done = _("Handed over.")
    to = forms.ModelChoiceField(people_in_teams(), label=_("To"))
    text = text_field(_("What they should know"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        hand_over(follow_up=follow_up, by=by, at=at, **self.values())


class ReopenForm(WorkForm):
    done = _("Open again.")
    text = text_field(_("Why"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        reopen(follow_up=follow_up, by=by, at=at, **self.values())


FORMS: dict[str, type[WorkForm]] = {
    "take": TakeForm,
    "contact": ContactForm,
    "wait": WaitForm,
    "go_on": GoOnForm,
    "priority": PriorityForm,
    "note": NoteForm,
    "resolve": ResolveForm,
    "hand_over": HandOverForm,
    "reopen": ReopenForm,
}


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
