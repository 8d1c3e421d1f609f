"""Pages of figures beside the dashboard."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from insights.days import day_of
from insights.forms import CoachingForm, LoopForm
from insights.loop.coaching import coached_by, coaching_for
from insights.loop.figures import figures_for
from staff.views import member


class LoopView(PermissionRequiredMixin, TemplateView):
    """How well the loop closes."""

    permission_required = "followups.view_followup"
    template_name = "insights/loop.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        may_use_segments = user.has_perm("customers.view_segment")
        form = LoopForm(self.request.GET, today=day_of(at), may_use_segments=may_use_segments)
        page = admin.site.each_context(self.request) | figures_for(user, form, at=at)
        return super().get_context_data(**page, title=_("Closing the loop"), form=form, **kwargs)


class CoachingView(PermissionRequiredMixin, TemplateView):
    """How the calls of one person went."""

    permission_required = "followups.view_followup"
    template_name = "insights/coaching.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        others = coached_by(user).exclude(pk=user.pk)
        form = CoachingForm(self.request.GET, today=day_of(at), people=others)
        page = admin.site.each_context(self.request) | coaching_for(user, form, at=at)
        return super().get_context_data(**page, title=_("Coaching"), form=form, **kwargs)
