"""What people type while they work on a follow-up; each form makes the one call it is for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from followups.models import FollowUp, Priority
from followups.pages.cause_field import CauseField
from followups.working.goodwill import AboveAllowance, NobodyToGive, grant_goodwill
from followups.working.merging import merge, mergeable_with
from followups.working.promises import PromiseInThePast, finish_task, promise
from followups.working.steps import (
    InThePast,
    OutOfSight,
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
from staff.access import visible
from staff.models import User
from staff.people import people_in_teams

LONGEST_TEXT = 5000
OUT_OF_SIGHT = _("They may not see this customer: choose somebody who may.")
LONGEST_TASK = 300
LONGEST_NUMBER = 19  # digits that every database takes for a key
INPUT = {"class": "cx-input"}


def text_field(label: Any, *, required: bool = False) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )


class Refused(Exception):
    """What was typed cannot be done: the field it is about, and what to do instead."""

    def __init__(self, field: str | None, words: str | Promise) -> None:
        super().__init__(str(words))
        self.field, self.words = field, words


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
        try:
            wait_for_customer(follow_up=follow_up, by=by, at=at, **self.values())
        except InThePast as error:
            raise Refused("until", _("Choose a day that is still to come.")) from error


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
    outcome = forms.ChoiceField(label=_("Outcome"), choices=[("", "---------"), *FollowUp.OUTCOMES])
    text = text_field(_("What was done"))
    promised = forms.CharField(
        label=_("What was promised"),
        required=False,
        max_length=LONGEST_TASK,
        widget=forms.TextInput({"dir": "auto"}),
    )
    promised_for = forms.DateField(
        label=_("By when"),
        required=False,
        widget=forms.DateInput({"type": "date"}),
        help_text=_("The owner is reminded on this day."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("promised") and not values.get("promised_for") and "promised_for" not in self.errors:
            self.add_error("promised_for", _("Say by when it was promised."))
        if values.get("promised_for") and not values.get("promised"):
            self.add_error("promised", _("Say what was promised."))
        return values

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        values = self.values()
        promised, day = values.pop("promised"), values.pop("promised_for")
        with transaction.atomic(), in_time("promised_for"):
            resolve(follow_up=follow_up, by=by, at=at, **values)
            if promised:
                promise(
                    follow_up=follow_up,
                    by=by,
                    text=promised,
                    due_date=day,
                    at=at,
                    today=timezone.localdate(at),
                )


class HandOverForm(WorkForm):
    done = _("Handed over.")
    to = forms.ModelChoiceField(people_in_teams(), label=_("To"))
    text = text_field(_("What they should know"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        try:
            hand_over(follow_up=follow_up, by=by, at=at, **self.values())
        except OutOfSight as error:
            raise Refused("to", OUT_OF_SIGHT) from error


class ReopenForm(WorkForm):
    done = _("Open again.")
    text = text_field(_("Why"))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        reopen(follow_up=follow_up, by=by, at=at, **self.values())


class UnversionedForm(WorkForm):
    """What adds to a follow-up and overwrites nothing needs no version."""

    version = None  # type: ignore[assignment]  # takes the field away

    def values(self) -> dict[str, Any]:
        return self.cleaned_data


class PromiseForm(UnversionedForm):
    done = _("Noted: its owner is reminded on that day.")
    text = forms.CharField(
        label=_("What was promised"), max_length=LONGEST_TASK, widget=forms.TextInput({"dir": "auto"})
    )
    due_date = forms.DateField(label=_("By when"), widget=forms.DateInput({"type": "date"}))

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        with in_time("due_date"):
            promise(follow_up=follow_up, by=by, at=at, today=timezone.localdate(at), **self.values())


class DoneForm(UnversionedForm):
    done = _("Done.")
    task = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        task = follow_up.tasks.filter(pk=self.cleaned_data["task"]).first()
        if task is None or not finish_task(task=task, by=by, at=at):
            raise Refused(None, _("Somebody ticked it off before you."))


class GoodwillForm(UnversionedForm):
    done = _("Granted.")
    points = forms.IntegerField(label=_("Points"), required=False, min_value=0, max_value=1_000_000_000)
    voucher = forms.CharField(
        label=_("Voucher"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"dir": "auto"}),
        help_text=_("In words, such as its code or “the next repair is free”."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["points"] = values.get("points") or 0
        if not self.errors and not values["points"] and not values.get("voucher"):
            raise forms.ValidationError(_("Say how many points, or which voucher."))
        return values

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        try:
            grant_goodwill(follow_up=follow_up, by=by, at=at, **self.values())
        except AboveAllowance as error:
            words = _("You may grant %(most)s points now. Ask your lead for more.") % {"most": error.most}
            raise Refused("points", words) from error
        except NobodyToGive as error:
            raise Refused(None, _("Nobody knows whom to give it to.")) from error


class MergeForm(WorkForm):
    done = _("Merged: everything stands in this one now.")
    into = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        values = self.values()
        others = visible(mergeable_with(follow_up), by)
        into = others.filter(pk=values.pop("into")).first()
        if into is None:
            raise Refused(None, _("That follow-up is not open any more."))
        merge(follow_up=follow_up, into=into, by=by, at=at, **values)


@contextmanager
def in_time(field: str) -> Iterator[None]:
    try:
        yield
    except PromiseInThePast as error:
        raise Refused(field, _("Choose today or a day that is still to come.")) from error


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
    "promise": PromiseForm,
    "done": DoneForm,
    "goodwill": GoodwillForm,
    "merge": MergeForm,
}
