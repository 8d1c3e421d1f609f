"""Who messages come from."""

import re

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from staff.limited import LimitedAdmin
from surveys.models import Sender

SMS_SENDER = re.compile(r"\+?[0-9]{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")  # what networks carry


class SenderForm(forms.ModelForm):
    def clean_sms_name(self) -> str:
        name: str = self.cleaned_data["sms_name"]
        if name and not SMS_SENDER.fullmatch(name):
            raise ValidationError(
                _(
                    "Write a number such as +38761000000, or up to eleven letters and digits without accents,"
                    " at least one of them a letter."
                )
            )
        return name


@admin.register(Sender)
class SenderAdmin(LimitedAdmin):
    form = SenderForm
    list_display = ["name", "address", "reply_to", "sms_name", "unit"]
    list_select_related = ["unit"]
    fields = [("name", "address"), ("reply_to", "sms_name"), "unit"]
    search_fields = ["name", "address"]
    show_full_result_count = False
