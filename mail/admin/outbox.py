from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from events.columns import moment_column
from mail.admin.channels import ChannelsView
from mail.models import KeptMail
from mail.reading import Channel
from mail.sms.segments import segments_of

SANDBOX = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}


def letter_of(mail: KeptMail) -> EmailMessage:
    return message_from_bytes(bytes(mail.message), policy=default)


def part_of(mail: KeptMail, subtype: str) -> str:
    """The text or the HTML of a mail; empty when it has none. Other messages are text alone."""
    if mail.channel != Channel.EMAIL:
        return bytes(mail.message).decode() if subtype == "plain" else ""
    part = letter_of(mail).get_body((subtype,))
    return str(part.get_content()) if part else ""


class MailView(UnfoldModelAdminViewMixin, TemplateView):
    """One kept message, as its reader would have seen it."""

    title = _("Message")
    permission_required = "mail.view_keptmail"
    template_name = "mail/kept_mail.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mail = KeptMail.objects.filter(pk=self.kwargs["pk"]).first()
        if mail is None:
            raise Http404
        text = part_of(mail, "plain")
        is_mail = mail.channel == Channel.EMAIL
        return super().get_context_data(
            mail=mail,
            sender=letter_of(mail)["From"] if is_mail else "",
            text=text,
            segments=segments_of(text) if mail.channel == Channel.SMS else None,
            has_html=bool(part_of(mail, "html")),
            newer=KeptMail.objects.filter(pk__gt=mail.pk).order_by("pk").first(),
            older=KeptMail.objects.filter(pk__lt=mail.pk).order_by("-pk").first(),
            **kwargs,
        )


@admin.register(KeptMail)
class KeptMailAdmin(ModelAdmin):
    """The outbox page: where messages stay while their channel has no way out."""

    shown_kept_at = moment_column(KeptMail, "kept_at")
    list_display = ["shown_subject", "channel", "recipient", "shown_kept_at"]
    list_filter = ["channel"]
    list_display_links = None
    search_fields = ["recipient", "subject"]
    ordering = ["-pk"]
    show_full_result_count = False
    list_before_template = "mail/outbox_note.html"

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("channels/", door(ChannelsView.as_view(model_admin=self)), name="mail_channels"),
            path("<int:pk>/read/", door(MailView.as_view(model_admin=self)), name="mail_read"),
            path("<int:pk>/html/", door(self.html), name="mail_html"),
            *super().get_urls(),
        ]

    def html(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The mail's own HTML, boxed in: it can run nothing, and its links open in a new window."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = KeptMail.objects.filter(pk=pk).first()
        if mail is None:
            raise Http404
        opens_outside = part_of(mail, "html").replace("<head>", '<head><base target="_blank">', 1)
        return HttpResponse(opens_outside, headers=SANDBOX)

    @display(description=_("subject"))
    def shown_subject(self, mail: KeptMail) -> str:
        address = reverse("admin:mail_read", args=[mail.pk])
        return format_html('<a class="cx-link" dir="auto" href="{}">{}</a>', address, mail.subject or "–")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: KeptMail | None = None) -> bool:
        return False
