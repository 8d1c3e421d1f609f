"""What every member of staff has: notifications, and a language."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from django.views.i18n import set_language
from unfold.views import UnfoldModelAdminViewMixin

from staff.models import Notification, NotificationQuerySet, User
from staff.notifications import mark_read
from staff.people import choose_language

PAGE = 30
BELL_SHOWS_AT_MOST = 99


class NotificationsView(UnfoldModelAdminViewMixin, TemplateView):
    """The newest first, a page at a time: `?before=` is the last one seen."""

    title = _("Notifications")
    permission_required = ()
    template_name = "staff/notifications.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        notifications = Notification.objects.filter(user=member(self.request))
        rows = list(page_of(notifications, before=self.request.GET.get("before", ""))[: PAGE + 1])
        return super().get_context_data(
            notifications=rows[:PAGE], older=rows[PAGE - 1].pk if len(rows) > PAGE else None, **kwargs
        )


def page_of(notifications: NotificationQuerySet, *, before: str) -> NotificationQuerySet:
    last = notifications.filter(pk=before).first() if before.isdecimal() else None
    return notifications.before(last) if last else notifications


def member(request: HttpRequest) -> User:
    """Who asks; the doors below stand behind the staff site's login."""
    if not isinstance(request.user, User):
        raise TypeError("This view must stand behind the staff site's login.")
    return request.user


def show_bell_view(request: HttpRequest) -> HttpResponse:
    """The bell with the number of unread notifications; pages load it after themselves."""
    unread = Notification.objects.filter(user=member(request)).unread()
    n = unread[: BELL_SHOWS_AT_MOST + 1].count()
    return render(
        request,
        "staff/bell_count.html",
        {"unread": min(n, BELL_SHOWS_AT_MOST), "more": n > BELL_SHOWS_AT_MOST},
    )


def open_notification_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Opening one reads it, and leads to what it is about."""
    mine = Notification.objects.filter(user=member(request))
    notification = get_object_or_404(mine, pk=pk)
    mark_read(notifications=mine.filter(pk=pk), at=timezone.now())
    is_ours = url_has_allowed_host_and_scheme(notification.url, allowed_hosts=None)
    return redirect(notification.url if is_ours else reverse("admin:staff_notifications"))


@require_POST
def mark_all_read_view(request: HttpRequest) -> HttpResponse:
    mark_read(notifications=Notification.objects.filter(user=member(request)), at=timezone.now())
    return redirect("admin:staff_notifications")


@require_POST
def choose_language_view(request: HttpRequest) -> HttpResponse:
    """What the language switch of the staff site does: remembered for the user, on every device."""
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        choose_language(user=member(request), language=language)
    return set_language(request)
