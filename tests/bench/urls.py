"""The product's addresses and one page that only answers: the floor of any POST."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
@login_not_required
def take_nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": f"/{len(request.POST)}/"})


urlpatterns = [path("empty/", take_nothing), path("", include("cxplatform.urls"))]
