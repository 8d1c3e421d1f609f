"""What a load balancer asks: does this process answer, and should it get customers now."""

from datetime import timedelta

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from events.models import Event

OLDEST_EVENT = timedelta(minutes=5)  # the sweep runs every ten seconds; older means that no worker is alive


@login_not_required
@require_safe
@never_cache
def is_live(request: HttpRequest) -> JsonResponse:
    """This process answers."""
    return JsonResponse({"live": True})


@login_not_required
@require_safe
@never_cache
def is_ready(request: HttpRequest) -> JsonResponse:
    """The database answers and workers keep up: no event waits longer than five minutes."""
    try:
        oldest = Event.objects.waiting().order_by("pk").values_list("at", flat=True).first()
    except DatabaseError:
        return JsonResponse({"ready": False, "database": False}, status=503)
    waited = max(timezone.now() - oldest, timedelta()) if oldest else timedelta()
    is_behind = waited > OLDEST_EVENT
    return JsonResponse(
        {"ready": not is_behind, "database": True, "oldest_event_seconds": int(waited.total_seconds())},
        status=503 if is_behind else 200,
    )
