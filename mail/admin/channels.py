"""How messages leave: one page that says it and checks it."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from mail.channels import check_channels, latest_outages, standings


class ChannelsView(UnfoldModelAdminViewMixin, TemplateView):
    """Where each channel's messages go; others are asked only when somebody presses the button."""

    title = _("Channels")
    permission_required = "mail.view_keptmail"
    template_name = "mail/channels.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        findings = check_channels() if "check" in self.request.GET else []
        return super().get_context_data(
            standings=standings(), outages=latest_outages(), findings=findings, **kwargs
        )
