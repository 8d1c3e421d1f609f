"""The steps people take with an improvement; each form makes the one call it is for."""

from datetime import date, datetime, time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from followups.improvements import telling, working
from followups.improvements.proposing import link_raised
from followups.improvements.raising import unlink
from followups.models import Improvement
from followups.pages.forms import LONGEST_NUMBER, text_field
from followups.pages.improvement_about import DayField, ImprovementForm, Numbered, RaisedForm, linked_words
from staff.models import User
from staff.people import people_in_teams
from surveys.admin.texts import TextsField


class StepForm(Numbered, forms.Form):
    """Carries the version its page showed, so that nobody overwrites what they did not see."""

    done: ClassVar[Any]
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, improvement: Improvement, user: User, **kwargs: Any) -> None:
        self.improvement, self.user = improvement, user
        kwargs.setdefault("initial", {"version": improvement.version} | self.known(improvement))
        super().__init__(*args, **kwargs)

    def known(self, improvement: Improvement) -> dict[str, Any]:
        """What its fields show at first."""
        return {}

    def values(self) -> dict[str, Any]:
        values = self.cleaned_data.copy()
        return values | {"seen_version": values.pop("version")}

    def work(self, *, by: User, at: datetime) -> Any:
        raise NotImplementedError


class PlanForm(StepForm):
    name = "plan"
    done = _("Planned.")
    owner = forms.ModelChoiceField(people_in_teams(), label=_("Who does it"))
    due_date = DayField(label=_("Done by"))
    how = text_field(_("How"), required=True)

    def known(self, improvement: Improvement) -> dict[str, Any]:
        return {
            "owner": improvement.owner_id or self.user.pk,
            "due_date": improvement.due_date,
            "how": improvement.plan,
        }

    def work(self, *, by: User, at: datetime) -> None:
        working.plan(improvement=self.improvement, by=by, at=at, **self.values())


class StartForm(StepForm):
    name = "start"
    done = _("Begun.")
    text = text_field(_("What is done first"))

    def work(self, *, by: User, at: datetime) -> None:
        working.start(improvement=self.improvement, by=by, at=at, **self.values())


class FinishForm(StepForm):
    name = "finish"
    done = _("Done. Tell those who raised it.")
    done_date = DayField(
        label=_("Done on"),
        help_text=_("From this day on its effect is counted: when customers felt it first."),
    )
    text = text_field(_("What was done"))

    def known(self, improvement: Improvement) -> dict[str, Any]:
        return {"done_date": timezone.localdate()}

    def clean_done_date(self) -> date:
        day: date = self.cleaned_data["done_date"]
        if day > timezone.localdate():
            raise ValidationError(_("Choose a day that is not still to come."))
        return day

    def work(self, *, by: User, at: datetime) -> None:
        values = self.values()
        day = datetime.combine(values.pop("done_date"), time.min, tzinfo=timezone.get_default_timezone())
        working.finish(improvement=self.improvement, by=by, at=at, done_at=min(day, at), **values)


class MeasureForm(StepForm):
    name = "measure"
    done = _("Measured: the loop is closed.")
    text = text_field(_("What we learned"), required=True)

    def work(self, *, by: User, at: datetime) -> None:
        working.measure(improvement=self.improvement, by=by, at=at, **self.values())


class DeclineForm(StepForm):
    name = "decline"
    done = _("Declined.")
    text = text_field(_("Why"), required=True)

    def work(self, *, by: User, at: datetime) -> None:
        working.decline(improvement=self.improvement, by=by, at=at, **self.values())


class TakeUpAgainForm(StepForm):
    name = "take_up_again"
    done = _("It is an idea again.")
    text = text_field(_("Why"))

    def work(self, *, by: User, at: datetime) -> None:
        working.take_up_again(improvement=self.improvement, by=by, at=at, **self.values())


class NoteForm(StepForm):
    name = "note"
    done = _("Note added.")
    text = text_field(_("Note"), required=True)

    def work(self, *, by: User, at: datetime) -> None:
        working.add_note(improvement=self.improvement, by=by, at=at, **self.values())


class TextsForm(StepForm):
    """What customers read, in every language they read."""

    name = "texts"
    done = _("Saved.")
    you_said = TextsField(
        label=_("You said"),
        help_text=_(
            "What customers told us, in your own words: no names, and nothing anybody wrote word for word."
        ),
    )
    what_we_did = TextsField(
        label=_("We did"),
        rows=3,
        help_text=_("What is different now. Who reads a language you left empty gets the English text."),
    )
    is_public = forms.BooleanField(
        label=_("Show it on the public page once it is done"), required=False, widget=forms.CheckboxInput
    )

    def known(self, improvement: Improvement) -> dict[str, Any]:
        return {name: getattr(improvement, name) for name in ("you_said", "what_we_did", "is_public")}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("is_public") and not values.get("what_we_did"):
            self.add_error("what_we_did", _("Write what was done before you show it to everybody."))
        return values

    def work(self, *, by: User, at: datetime) -> None:
        values = self.values()
        seen = values.pop("seen_version")
        changes = {name: value for name, value in values.items() if getattr(self.improvement, name) != value}
        working.revise(improvement=self.improvement, by=by, changes=changes, at=at, seen_version=seen)


class TellForm(StepForm):
    name = "tell"
    done = ""

    def work(self, *, by: User, at: datetime) -> str:
        n = telling.tell(improvement=self.improvement, by=by, at=at, **self.values())
        return ngettext(
            "%(n)s person stands in the ledger now.", "%(n)s people stand in the ledger now.", n
        ) % {"n": n}


class LinkForm(RaisedForm):
    """Everybody who suffered from a cause, or wrote of a topic, raised this improvement."""

    name = "link"

    def __init__(self, *args: Any, improvement: Improvement, user: User, **kwargs: Any) -> None:
        self.improvement, self.user = improvement, user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not any(values.get(name) for name in ("cause", "topic", "follow_ups", "answers")):
            self.add_error("cause", _("Choose a root cause or a topic."))
        return values

    def work(self, *, by: User, at: datetime) -> str:
        return linked_words(link_raised(improvement=self.improvement, raised=self.raised(), by=by, at=at))


class UnlinkForm(Numbered, forms.Form):
    name = "unlink"
    voices = forms.TypedMultipleChoiceField(
        coerce=int, error_messages={"required": _("Choose at least one first.")}
    )

    def __init__(self, *args: Any, improvement: Improvement, user: User, **kwargs: Any) -> None:
        self.improvement = improvement
        super().__init__(*args, **kwargs)
        given = self.data.getlist("voices") if isinstance(self.data, QueryDict) else []
        self.fields["voices"].choices = [  # type: ignore[attr-defined]  # it has choices
            (each, each) for each in given if each.isdecimal() and len(each) < LONGEST_NUMBER
        ]

    def work(self, *, by: User, at: datetime) -> str:
        n = unlink(improvement=self.improvement, voices=self.cleaned_data["voices"], by=by, at=at)
        return ngettext("%(n)s taken away.", "%(n)s taken away.", n) % {"n": n}


class ReviseForm(ImprovementForm):
    """The same again, by somebody who saw a version of it."""

    done = _("Saved.")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, improvement: Improvement, user: User, **kwargs: Any) -> None:
        self.improvement = improvement
        super().__init__(
            *args,
            user=user,
            instance=Improvement.objects.get(pk=improvement.pk) if args and args[0] else improvement,
            initial={"version": improvement.version},
            **kwargs,
        )

    def work(self, *, by: User, at: datetime) -> None:
        changes = {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}
        seen = self.cleaned_data["version"]
        working.revise(improvement=self.improvement, by=by, changes=changes, at=at, seen_version=seen)


FORMS: dict[str, Any] = {
    form.name: form
    for form in (
        PlanForm,
        StartForm,
        FinishForm,
        MeasureForm,
        DeclineForm,
        TakeUpAgainForm,
        NoteForm,
        TextsForm,
        TellForm,
        LinkForm,
        UnlinkForm,
        ReviseForm,
    )
}
