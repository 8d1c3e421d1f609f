"""Staff pages about what is written to customers: templates in every language, and the list of all messages."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from events.columns import moment_column
from followups.conversations.wording import NAMES, unknown_names
from followups.models import Message, ReplyTemplate
from followups.models.messages import LONGEST_SUBJECT, LONGEST_TEXT
from staff.limited import LimitedAdmin
from surveys.admin.texts import TextsField
from surveys.questions.wording import LANGUAGES, own_name

HELP = gettext_lazy(
    "{first_name} is the customer’s first name, {agent} who writes, {organisation} yours. "
    "A language left empty is said in English."
)


class ReplyTemplateForm(forms.ModelForm):
    subject = TextsField(
        label=gettext_lazy("Subject"),
        longest=LONGEST_SUBJECT,
        rows=1,
        help_text=gettext_lazy("Of the first mail; an answer goes on with the subject of the conversation."),
    )
    body = TextsField(label=gettext_lazy("Text"), longest=LONGEST_TEXT // 2, rows=6, help_text=HELP)

    class Meta:
        model = ReplyTemplate
        fields = ("name", "use", "is_active", "subject", "body")

    def clean_subject(self) -> dict[str, str]:
        return with_known_names(self.cleaned_data["subject"])

    def clean_body(self) -> dict[str, str]:
        texts = with_known_names(self.cleaned_data["body"])
        if not texts:
            raise ValidationError(_("Write the text in at least one language."))
        return texts

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        is_another = values.get("use") == ReplyTemplate.Use.ACKNOWLEDGEMENT and values.get("is_active")
        other = ReplyTemplate.objects.acknowledgement().exclude(pk=self.instance.pk).first()
        if is_another and other:
            words = _("“%(name)s” is already sent by itself: take it out of use first.") % {"name": other}
            raise ValidationError({"use": words})
        return values


def with_known_names(texts: dict[str, str]) -> dict[str, str]:
    if unknown := unknown_names(texts):
        words = _("{%(unknown)s} is not filled in. These are: %(known)s.")
        raise ValidationError(
            words % {"unknown": unknown[0][:40], "known": ", ".join(f"{{{name}}}" for name in NAMES)}
        )
    return texts


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(ModelAdmin):
    form = ReplyTemplateForm
    list_display = ["name", "use", "shown_languages", "is_active"]
    list_filter = ["use", "is_active"]
    search_fields = ["name"]
    fields = [("name", "use"), "is_active", "subject", "body"]
    show_full_result_count = False

    @display(description=gettext_lazy("languages"))
    def shown_languages(self, template: ReplyTemplate) -> str:
        return " · ".join(own_name(code) for code in LANGUAGES if template.body.get(code))


@admin.register(Message)
class MessageAdmin(LimitedAdmin):
    """The list of all, to look things up; a message is read in its conversation."""

    shown_at = moment_column(Message, "at")
    list_display = [
        "shown_at",
        "follow_up",
        "direction",
        "channel",
        "kind",
        "address",
        "shown_state",
        "author",
    ]
    list_filter = ["direction", "state", "kind", "channel", "at"]
    list_filter_submit = True
    list_select_related = ["follow_up", "author"]
    search_fields = ["address", "subject"]
    ordering = ["-pk"]
    sortable_by = ()
    paginator = InfinitePaginator
    show_full_result_count = False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self.keep_strangers_unknown(request, object_id)
        message = self.get_object(request, object_id)
        if message is None:
            return super().change_view(request, object_id, *args, **kwargs)
        page = redirect("admin:followups_follow_up", pk=message.follow_up_id)
        page["Location"] += f"#message-{message.pk}"
        return page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    @display(
        description=gettext_lazy("state"),
        label={
            Message.State.WAITING: "info",
            Message.State.SENDING: "info",
            Message.State.SENT: "success",
            Message.State.UNKNOWN: "warning",
            Message.State.FAILED: "danger",
            Message.State.RETURNED: "danger",
            Message.State.RECEIVED: "info",
        },
    )
    def shown_state(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()
