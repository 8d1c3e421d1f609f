"""Which address leads to which room."""

from django.contrib import admin
from django.contrib.admin.views.decorators import staff_member_required
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from cxplatform.api import urls as api_urls
from events.health import is_live, is_ready
from insights.views import CoachingView, LoopView
from staff.admin.downloads import download_list

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path(
        "admin/download/<str:app>/<str:model>/<str:form>/",
        admin.site.admin_view(download_list),
        name="admin-download",
    ),
    path("admin/closing-the-loop/", admin.site.admin_view(LoopView.as_view()), name="insights-loop"),
    path("admin/coaching/", admin.site.admin_view(CoachingView.as_view()), name="insights-coaching"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("surveys.urls")),
    path("", include("customers.urls")),
    path("", include("followups.urls")),
    path("", include("mail.urls")),
    path("api/v1/", include((api_urls, "api"))),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path(
        "api/docs/",
        staff_member_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema")),
        name="api-docs",
    ),
    path("healthz/live", is_live, name="is-live"),
    path("healthz/ready", is_ready, name="is-ready"),
]
handler400 = "staff.api.outside.answer_bad_request"
handler403 = "staff.api.outside.answer_forbidden"
handler404 = "staff.api.outside.answer_not_found"
handler500 = "staff.api.outside.answer_defect"
