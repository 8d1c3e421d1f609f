"""The page on which everybody reads what was done because of what customers said. Nobody signs in, nothing is kept."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from followups.improvements.publishing import public_brands, public_improvements, theme_of
from staff.models import Unit
from surveys.public.pages import browser_languages, first_offered, public_page, show
from surveys.public.survey import LANGUAGE
from surveys.questions.wording import LANGUAGES

LISTED = "index, follow"  # it is for everybody


@public_page
@require_safe
def show_better(request: HttpRequest) -> HttpResponse:
    """Of all brands."""
    return show_improvements(request, None)


@public_page
@require_safe
def show_better_brand(request: HttpRequest, brand: int) -> HttpResponse:
    """Of one, in its look."""
    found = Unit.objects.filter(pk=brand, kind=Unit.Kind.BRAND).first() if brand < 2**63 else None
    if found is None:
        raise Http404
    return show_improvements(request, found)


def show_improvements(request: HttpRequest, brand: Unit | None) -> HttpResponse:
    wanted = (request.GET.get(LANGUAGE), *browser_languages(request))
    language = first_offered(wanted, offered=LANGUAGES, otherwise=LANGUAGES[0])
    with translation.override(language):
        return show(
            "public/better.html",
            language=language,
            languages=LANGUAGES,
            robots=LISTED,
            brand=brand.name if brand else "",
            brands=[] if brand else public_brands(),
            theme=theme_of(brand),
            told=public_improvements(brand, language=language),
        )
