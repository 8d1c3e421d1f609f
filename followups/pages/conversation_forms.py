"""What people type to a customer, and about a call; each form makes the one call it is for."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.models import Channel
from events.boundary import id_from
from followups.conversations.letters import usual_subject
from followups.conversations.reaching import Way, ways_to
from followups.conversations.replying import reply_to_customer, sent_subject
from followups.conversations.wording import said_to
from followups.models import FollowUp, ReplyTemplate
from followups.models.messages import LONGEST_SUBJECT, LONGEST_TEXT
from followups.pages.forms import INPUT, WorkForm, text_field
from followups.working.calling import CallOutcome, log_call
from mail.sms.segments import segments_of
from staff.models import User


class ReplyForm(WorkForm):
    """A message to the customer of `follow_up`; only open addresses can be chosen."""

    done = gettext_lazy("Handed in: it leaves in a moment. You contacted the customer.")
    to = forms.ChoiceField(
        label=gettext_lazy("To"),
        widget=forms.Select(INPUT),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the customer’s addresses.")},
    )
    template = forms.ModelChoiceField(
        ReplyTemplate.objects.offered(),
        label=gettext_lazy("Template"),
        required=False,
        empty_label=gettext_lazy("Your own words"),
        widget=forms.Select(INPUT),
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        required=False,
        max_length=LONGEST_SUBJECT,
        widget=forms.TextInput(INPUT | {"dir": "auto"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 7, "dir": "auto", "data-fu-reply": True}),
        error_messages={"required": gettext_lazy("Write what you want to say to the customer.")},
    )

    def __init__(self, *args: Any, follow_up: FollowUp, ways: list[Way] | None = None, **kwargs: Any) -> None:
        self.follow_up = follow_up
        self.ways = list(ways_to(follow_up)) if ways is None else ways
        self.open_ways = in_wish_order(self.ways, follow_up)
        subject = sent_subject(follow_up, otherwise=usual_subject(follow_up))
        kwargs["initial"] = {
            "version": follow_up.version,
            "subject": subject,
            **(kwargs.get("initial") or {}),
        }
        super().__init__(*args, **{"auto_id": "reply_%s", **kwargs})
        choices = [(way.name, f"{way.channel.label} · {way.address}") for way in self.open_ways]
        self.fields["to"].choices = choices  # type: ignore[attr-defined]  # a choice field

    @property
    def way(self) -> Way | None:
        """The way that is chosen now, the first open one before anything was chosen."""
        first = self.open_ways[0] if self.open_ways else None
        return next((way for way in self.open_ways if way.name == self["to"].value()), first)

    @property
    def has_begun(self) -> bool:
        """Whether a mail was exchanged before, so that this one goes on with its subject."""
        return self.follow_up.messages.filter(channel=Channel.EMAIL).exclude(subject="").exists()

    @property
    def is_sms(self) -> bool:
        return self.way is not None and self.way.channel == Channel.SMS

    @property
    def counted(self) -> str:
        """How long an SMS is."""
        return length_words(str(self["text"].value() or "")) if self.is_sms else ""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        text, most = values.get("text"), settings.SMS_PARTS_AT_MOST
        if text and self.is_sms and (parts := segments_of(text).parts) > most:
            words = _(
                "An SMS may have %(most)s parts and this one has %(parts)s: shorten it, or write an e-mail."
            )
            raise ValidationError({"text": words % {"most": most, "parts": parts}})
        return values

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        values = self.values()
        channel, _colon, address = values.pop("to").partition(":")
        del values["template"]
        reply_to_customer(follow_up=follow_up, by=by, channel=channel, address=address, at=at, **values)

    def filled(self, *, by: User) -> "ReplyForm":
        """The form with the chosen template in it; what was typed and stands in no template stays below."""
        typed = {name: self.data.get(name, "") for name in ("version", "to", "template", "subject", "text")}
        template = self.fields["template"].queryset.filter(pk=id_from(typed["template"])).first()  # type: ignore[attr-defined]  # a model's choice
        if template:
            words = said_to(self.follow_up, template, by=by)
            own = typed["text"].strip()
            is_own = own and not is_said_by_a_template(own, self.follow_up, by=by)
            typed["text"] = f"{words.text}\n\n{own}" if is_own else words.text
            if not self.has_begun:
                typed["subject"] = words.subject or typed["subject"]
        return ReplyForm(initial=typed, follow_up=self.follow_up, ways=self.ways)


def in_wish_order(ways: Sequence[Way], follow_up: FollowUp) -> list[Way]:
    """The open ways: first the address they write from or were written to last, then the channel they prefer."""
    last = follow_up.messages.of_people().last()
    talking = last.address.lower() if last else ""
    wish = follow_up.customer.preferred_channel if follow_up.customer else ""
    return sorted(
        (way for way in ways if not way.why_not),
        key=lambda way: (way.address.lower() != talking, way.channel != wish),
    )


def is_said_by_a_template(text: str, follow_up: FollowUp, *, by: User) -> bool:
    said = (said_to(follow_up, each, by=by).text for each in ReplyTemplate.objects.offered())
    return any(" ".join(text.split()) == " ".join(words.split()) for words in said)


def length_words(text: str) -> str:
    segments = segments_of(text)
    return ngettext(
        "%(units)s characters, %(parts)s SMS", "%(units)s characters, sent as %(parts)s SMS", segments.parts
    ) % {"units": segments.units, "parts": segments.parts}


class CallForm(WorkForm):
    """How a call ended."""

    done = gettext_lazy("The call stands in the history.")
    outcome = forms.ChoiceField(
        label=gettext_lazy("How it ended"),
        choices=[("", "---------"), *CallOutcome.choices],
        widget=forms.Select(INPUT),
        error_messages={"required": gettext_lazy("Choose how the call ended.")},
    )
    text = text_field(gettext_lazy("What was said"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "call_%s", **kwargs})

    def work(self, *, follow_up: FollowUp, by: User, at: datetime) -> None:
        log_call(follow_up=follow_up, by=by, at=at, **self.values())
