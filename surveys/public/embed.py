"""The script that brings a survey to the company's own site: one tag there, with the rules kept here."""

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.answering.sitting import Sitting
from surveys.models import SurveyLink, Theme
from surveys.public.open_links import link_for
from surveys.public.pages import public_page
from surveys.questions.questionnaires import asked_by
from surveys.questions.wording import languages_of
from surveys.themes.contrast import readable_on
from surveys.ways.link_rules import rules_for_visitors

SCRIPT_KEPT = 5 * 60  # seconds in a browser: so late may a changed rule reach a visitor
ACCENT = "#0a6c74"  # as in public.css
SILENCE = "// This survey takes no answers.\n"


@public_page
@require_safe
def embed_survey(request: HttpRequest, code: str) -> HttpResponse:
    """The script of one embedded link; one that does nothing when the survey takes no answers."""
    link = link_for(code)
    script = HttpResponse(script_of(link), content_type="text/javascript; charset=utf-8")
    script.headers["Cache-Control"] = f"public, max-age={SCRIPT_KEPT}"
    script.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    script.headers["Vary"] = "Origin"
    if (origin := request.headers.get("Origin")) in link.sites:
        script.headers["Access-Control-Allow-Origin"] = str(origin)
    return script


def script_of(link: SurveyLink) -> str:
    is_open = link.kind == SurveyLink.Kind.EMBED and link.survey.version_id is not None
    if not is_open:
        return SILENCE
    questionnaire = asked_by(link.survey)
    sitting = Sitting(survey=link.survey, questionnaire=questionnaire, link=link)
    if sitting.closing(timezone.now()):
        return SILENCE
    told = {
        "code": link.code,
        "origin": settings.PUBLIC_BASE_URL,
        "sites": link.sites,
        "rules": rules_for_visitors(link),
        "language": questionnaire.survey.language,
        "words": {language: words_in(language, link) for language in languages_of(questionnaire)},
        "colours": colours_of(link.survey.theme),
    }
    return f"({source()})({json.dumps(told)});\n"


def words_in(language: str, link: SurveyLink) -> dict[str, Any]:
    with translation.override(language):
        label = link.rules.get("label", {}).get(language)
        return {"open": label or _("Feedback"), "close": _("Close"), "title": _("Your opinion")}


def colours_of(theme: Theme | None) -> dict[str, str]:
    """Of the button, and of what stands on it."""
    accent = theme.accent if theme else ACCENT
    return {"accent": accent, "ink": readable_on(accent)}


@cache
def source() -> str:
    return (settings.BASE_DIR / "static/public/embed.js").read_text(encoding="utf-8").strip()
