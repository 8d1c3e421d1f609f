"""Which address leads to which room."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from cxplatform.api import router

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="home"),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include((router.urls, "api"))),
]
