"""How often, and when, customers may be written to."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.views import UnfoldModelAdminViewMixin

from staff.views import member
from surveys.contact.examples import examples_of
from surveys.contact.policy import drop_cap, keep_cap, rules_now, set_rules
from surveys.models import ContactCap, ContactRules

MAY_CHANGE = "surveys.change_contactrules"


class RulesForm(forms.ModelForm):
    class Meta:
        model = ContactRules
        fields = ("quiet_from", "quiet_until", "calendar", "approval_from")
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("quiet_from", "quiet_until")
        }
        help_texts = {
            "quiet_until": gettext_lazy("Leave both empty to write at any hour."),
            "approval_from": gettext_lazy("Empty: nobody has to agree."),
        }


class ContactPolicyView(UnfoldModelAdminViewMixin, TemplateView):
    """The whole policy on one page: hours, holidays, the second person, caps, and what they do."""

    title = gettext_lazy("Contact policy")
    permission_required = "surveys.view_contactrules"
    template_name = "surveys/contact_policy.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        caps, rules = list(ContactCap.objects.all()), rules_now()
        may_change = self.request.user.has_perm(MAY_CHANGE)
        form = kwargs.pop("form", None) or RulesForm(instance=rules)
        if not may_change:
            for field in form.fields.values():
                field.disabled = True
        working = [cap for cap in caps if cap.is_active]
        return super().get_context_data(
            form=form,
            caps=caps,
            examples=list(examples_of(rules, working, at=timezone.now())),
            may_change=may_change,
            may_add_caps=self.request.user.has_perm("surveys.add_contactcap"),
            may_change_caps=self.request.user.has_perm("surveys.change_contactcap"),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        form = RulesForm(request.POST, instance=rules_now())
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        set_rules(by=member(request), at=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("admin:surveys_contact_policy")


@admin.register(ContactCap)
class ContactCapAdmin(ModelAdmin):
    """The caps; they are found on the page of the contact policy."""

    list_display = ["__str__", "most", "days", "survey_kind", "channel", "is_active"]
    fields = [("most", "days"), ("survey_kind", "channel"), "is_active"]
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(ContactPolicyView.as_view(model_admin=self))
        return [path("policy/", view, name="surveys_contact_policy"), *super().get_urls()]

    def save_model(self, request: HttpRequest, obj: ContactCap, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        keep_cap(cap=obj, by=member(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: ContactCap) -> None:
        drop_cap(cap=obj, by=member(request), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ContactCap]) -> None:
        for cap in queryset:
            drop_cap(cap=cap, by=member(request), at=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: ContactCap, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self.back(request, super().response_add(request, obj, post_url_continue))

    def response_change(self, request: HttpRequest, obj: ContactCap) -> HttpResponse:
        return self.back(request, super().response_change(request, obj))

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> HttpResponse:
        return self.back(request, super().response_delete(request, obj_display, obj_id))

    def back(self, request: HttpRequest, reply: HttpResponse) -> HttpResponse:
        """To the page of the policy, unless more is to be edited here."""
        if {"_continue", "_addanother", "_popup"} & request.POST.keys():
            return reply
        return redirect("admin:surveys_contact_policy")
