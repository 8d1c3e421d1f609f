"""The staff site: that of django-unfold, which lists all models for every page although only few pages show them."""

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class StaffSite(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The apps with their models, put together when somebody looks at them."""
        return SimpleLazyObject(lambda: super(StaffSite, self).get_app_list(request, app_label))


class StaffSiteConfig(AdminConfig):
    default_site = "staff.site.StaffSite"
