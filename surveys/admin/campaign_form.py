"""The form of a campaign: first when it asks, then only what that needs."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from customers.models import Channel
from staff.widgets import FromOurTemplates
from surveys.admin.moments import guard_moment
from surveys.admin.texts import TextsField
from surveys.models import Campaign
from surveys.models.campaigns import MOST_REMINDERS
from surveys.planning.rules import TRIGGERS, problems_of

Kind = Campaign.Kind
STANDARD_SUBJECT = {
    "en": "{first_name}, how are we doing?",
    "ru": "{first_name}, как у нас получается?",
    "bs": "{first_name}, kako nam ide?",
    "fa": "{first_name}، کار ما چطور است؟",
    "zh-hans": "{first_name}，我们做得怎么样？",
}
STANDARD_BODY = {
    "en": "Hello {first_name},\n\ntwo short questions, twenty seconds. People read your answer.",
    "ru": "Здравствуйте, {first_name}!\n\nДва коротких вопроса, двадцать секунд. Ваш ответ прочтут люди.",
    "bs": "Zdravo {first_name},\n\ndva kratka pitanja, dvadeset sekundi. Vaš odgovor čitaju ljudi.",
    "fa": "سلام {first_name}،\n\nدو پرسش کوتاه، بیست ثانیه. پاسخ شما را آدم‌ها می‌خوانند.",
    "zh-hans": "您好，{first_name}：\n\n两个小问题，二十秒。您的回答会有人认真阅读。",
}
KINDS = [
    (Kind.ONCE, gettext_lazy("Once: everybody at a time you choose")),
    (
        Kind.RECURRING,
        gettext_lazy("Again and again: each customer on a day of their own, so that answers come daily"),
    ),
    (Kind.TRIGGERED, gettext_lazy("When something happened: a purchase, a call, a visit")),
    (Kind.BY_API, gettext_lazy("By programs, one by one: your own systems say whom to ask")),
]
NEEDED_BY = {  # what only these kinds need; the others leave it as it was
    "every_weeks": {Kind.RECURRING},
    "trigger": {Kind.TRIGGERED},
    "trigger_touchpoint": {Kind.TRIGGERED},
    "trigger_detail": {Kind.TRIGGERED},
    "trigger_compare": {Kind.TRIGGERED},
    "trigger_value": {Kind.TRIGGERED},
    "delay_hours": {Kind.TRIGGERED},
    "cooldown_days": {Kind.TRIGGERED, Kind.BY_API},
}
ORDER = [gettext_lazy("First by"), gettext_lazy("If that is not possible, by"), gettext_lazy("Or else by")]


class ChannelsWidget(FromOurTemplates, forms.MultiWidget):
    """The channels in order: the next is tried where one cannot be used."""

    template_name = "surveys/widgets/channels.html"

    def __init__(self) -> None:
        nothing = [("", "–")]
        choices: list[Any] = [Channel.choices, *[nothing + list(Channel.choices)] * (len(Channel) - 1)]
        super().__init__({str(place): forms.Select(choices=each) for place, each in enumerate(choices)})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for subwidget, order in zip(context["widget"]["subwidgets"], ORDER, strict=True):
            subwidget["order"] = order
        return context

    def decompress(self, value: Sequence[str] | None) -> list[str]:
        channels = list(value or [Channel.EMAIL])
        return [*channels, *[""] * len(Channel)][: len(Channel)]


class ChannelsField(forms.MultiValueField):
    def __init__(self, **options: Any) -> None:
        fields = [
            forms.ChoiceField(choices=[("", "–"), *Channel.choices], required=False) for _each in Channel
        ]
        super().__init__(fields, widget=ChannelsWidget(), require_all_fields=False, required=False, **options)

    def compress(self, channels: Sequence[str]) -> list[str]:
        return [channel for channel in channels if channel]


class CampaignForm(forms.ModelForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("When it asks"),
        choices=KINDS,
        widget=UnfoldAdminRadioSelectWidget,
        initial=Kind.ONCE,
    )
    channels = ChannelsField(
        label=gettext_lazy("Channels, in order"),
        help_text=gettext_lazy(
            "The next is used for whoever cannot be reached by the one before. What a customer prefers comes first."
        ),
    )
    subject = TextsField(
        label=gettext_lazy("Subject"),
        standard=STANDARD_SUBJECT,
        help_text=gettext_lazy(
            "{first_name} becomes the customer's first name, {organisation} your name. Campaigns that ask when something"
            " happened, or by programs, can say {agent} and {order} too. An SMS is your name, this text, the personal link"
            " and the link to unsubscribe. Left empty, the grey text is used."
        ),
    )
    body = TextsField(
        label=gettext_lazy("Message"),
        standard=STANDARD_BODY,
        rows=5,
        help_text=gettext_lazy(
            "In mails and in your app; an SMS does not have it. The personal link, your postal address and the link to"
            " unsubscribe are added by themselves."
        ),
    )
    subject_b = TextsField(
        label=gettext_lazy("Second subject"),
        help_text=gettext_lazy("Leave it empty unless you want to compare two subjects."),
    )
    reminders = forms.TypedChoiceField(
        label=gettext_lazy("Reminders to who has not answered"),
        choices=[(n, n) for n in range(MOST_REMINDERS + 1)],
        coerce=int,
        initial=1,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Each counts as a message for the contact policy."),
    )

    class Meta:
        model = Campaign
        fields = (
            "kind", "name", "survey", "segment", "every_weeks", "trigger", "trigger_touchpoint",
            "trigger_detail", "trigger_compare", "trigger_value", "delay_hours", "cooldown_days", "channels", "sender", "subject", "body", "subject_b", "compare_percent", "compare_hours",
            "reminders", "remind_after_days", "ends_at", "send_at", "per_hour", "sample_percent", "control_percent",
            "sample_size",
        )  # fmt: skip
        help_texts = {
            "segment": gettext_lazy("Empty: all customers."),
            "every_weeks": gettext_lazy("12 asks each customer once a quarter, a few every day."),
            "trigger_touchpoint": gettext_lazy("Empty: anywhere."),
            "trigger_detail": gettext_lazy(
                "amount, or what your programs tell of it, such as ticket_type. Empty: always."
            ),
            "delay_hours": gettext_lazy("0 asks at once; 24 leaves a day for the parcel to be opened."),
            "cooldown_days": gettext_lazy(
                "Whoever was asked by this campaign within these days is left out."
            ),
            "sender": gettext_lazy("Empty: the address of this installation."),
            "compare_percent": gettext_lazy(
                "10 sends each subject to a tenth, and the better one to the rest."
            ),
            "send_at": gettext_lazy("Empty: at once. Quiet hours of the contact policy hold in any case."),
            "per_hour": gettext_lazy("Empty: as fast as possible. A call centre may want fewer."),
            "sample_percent": gettext_lazy(
                "100 asks everybody. The same customers are drawn whenever it is planned."
            ),
            "sample_size": gettext_lazy("Empty: everybody. Drawn from those who may be asked."),
            "control_percent": gettext_lazy(
                "This campaign never asks these, so that you can tell later what asking changed. Each campaign draws"
                " its own: others may ask them. 0: nobody."
            ),
            "remind_after_days": gettext_lazy("After the message before."),
            "ends_at": gettext_lazy("Then nothing goes out any more, and answers are no longer taken."),
        }

    class Media:
        js = ("cx/campaign.js",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "trigger" in self.fields:
            offered = [("", "–"), *((each.value, each.label) for each in TRIGGERS)]
            cast("forms.ChoiceField", self.fields["trigger"]).choices = offered
        guard_moment(self, "ends_at")
        for name in (*NEEDED_BY, "compare_percent", "compare_hours", "remind_after_days"):
            if name in self.fields:
                self.fields[name].required = False

    def clean_subject(self) -> dict[str, str]:
        return self.cleaned_data["subject"] or STANDARD_SUBJECT

    def clean_body(self) -> dict[str, str]:
        return self.cleaned_data["body"] or STANDARD_BODY

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        for name, kinds in NEEDED_BY.items():
            if given.get("kind") not in kinds:
                self.leave_as_it_was(name)
        if not any((given.get("subject_b") or {}).values()):
            self.leave_as_it_was("compare_percent", "compare_hours")
        if not given.get("reminders"):
            self.leave_as_it_was("remind_after_days")
        return given

    def leave_as_it_was(self, *names: str) -> None:
        """A field that is not needed is not complained about."""
        for name in names:
            if name in self.fields:
                self.errors.pop(name, None)
                self.cleaned_data[name] = getattr(self.instance, name)

    def _post_clean(self) -> None:
        """What the fields together mean is judged where the API and the launch are judged too."""
        super()._post_clean()  # type: ignore[misc]  # the stubs lack it
        problems = list(problems_of(self.instance))
        if problems:
            self.errors.pop(
                NON_FIELD_ERRORS, None
            )  # the database's own constraints, said again without a field
        for problem in problems:
            field = problem.field if problem.field in self.fields else None
            if field is None or field not in self.errors:
                self.add_error(field, ValidationError(problem.sentence))
