"""The logos of themes: whoever sees a survey sees them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.models import Theme
from surveys.public.pages import public_page

HEADERS = {
    "Cache-Control": "public, max-age=86400",  # its address changes with the theme
    "Content-Security-Policy": "default-src 'none'",
}


@public_page
@require_safe
def show_logo(request: HttpRequest, theme: int) -> HttpResponse:
    """A theme's logo, as it was drawn anew when it was uploaded."""
    kept = Theme.objects.exclude(logo_type="").filter(pk=theme).values_list("logo", "logo_type").first()
    content, media_type = kept or (None, "")
    if content is None:
        raise Http404
    return HttpResponse(bytes(content), content_type=media_type, headers=HEADERS)
