"""Each member of staff chooses how mails about follow-ups come."""

from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin

from staff.models import User
from staff.people import choose_mails
from staff.views import member

HOURS = range(24)


class MailsForm(forms.Form):
    mails = forms.ChoiceField(
        label=_("Mails about follow-ups"), choices=User.Mails.choices, widget=forms.RadioSelect
    )
    hour = forms.TypedChoiceField(
        label=_("The one mail a day comes at"),
        coerce=int,
        help_text=_("Nothing comes on a day on which nothing happened."),
    )
    escalations_at_once = forms.BooleanField(
        label=_("Mail me at once what becomes overdue in my teams"),
        required=False,
        help_text=_(
            "Of the teams you lead or manage, and of those that have no lead, whatever is chosen above."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hour = self.fields["hour"]
        if isinstance(hour, forms.TypedChoiceField):
            hour.choices = [(each, time_format(time(each), "TIME_FORMAT")) for each in HOURS]


class MailsView(UnfoldModelAdminViewMixin, FormView):
    """How I am told."""

    title = _("How I am told")
    permission_required = ()
    template_name = "staff/mail_choice.html"
    form_class = MailsForm
    success_url = reverse_lazy("admin:staff_mail_choice")

    def get_initial(self) -> dict[str, Any]:
        user = member(self.request)
        return {
            "mails": user.mails,
            "hour": user.mails_hour,
            "escalations_at_once": user.escalations_at_once,
        }

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(time_zone=settings.TIME_ZONE, **kwargs)

    def form_valid(self, form: MailsForm) -> HttpResponse:
        choose_mails(user=member(self.request), **form.cleaned_data)
        messages.success(self.request, _("Saved. It holds for what happens from now on."))
        return super().form_valid(form)
