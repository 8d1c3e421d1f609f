"""The doors that change a draft: each makes one call, and answers with what the page brings up to date."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from events.boundary import id_from
from staff.views import member
from surveys.admin.builder.desk import Desk, desk_of
from surveys.admin.builder.forms import PARTS, QuestionForm, TextsForm
from surveys.models import Question
from surveys.questions.kinds import first_settings
from surveys.questions.settings import SettingsRefused
from surveys.writing.drafting import (
    KindIsFixed,
    add_question,
    change_question,
    change_texts,
    duplicate_question,
    place_question,
    remove_question,
    was_published,
)
from surveys.writing.publishing import NotPublishable, publish_survey

MAY_CHANGE = "surveys.change_survey"
REFUSED = 422
Door = Callable[..., HttpResponse]


def changes(door: Door) -> Door:
    """A door that changes the draft: by POST, and only for those who may."""

    @require_POST
    @wraps(door)
    def guarded(request: HttpRequest, pk: int, **names: Any) -> HttpResponse:
        if not member(request).has_perm(MAY_CHANGE):
            raise PermissionDenied
        return door(request, desk_of(pk), **names)

    return guarded


def changed(
    request: HttpRequest, desk: Desk, *, said: str | Promise, status: int = 200, **shown: Any
) -> HttpResponse:
    """What the page brings up to date after a change. `form` and `place` name the editor that sent it."""
    now = desk_of(desk.survey.pk)
    reply = render(
        request,
        "surveys/builder_changed.html",
        {**now.context, "may_change": True, "said": said, "is_refused": status == REFUSED, **shown},
        status=status,
    )
    reply["HX-Trigger-After-Settle"] = json.dumps({"builder": {**now.news, "saved": status != REFUSED}})
    return reply


def refused(request: HttpRequest, desk: Desk, form: Form, place: str) -> HttpResponse:
    return changed(
        request,
        desk,
        said=_("Not saved. What you typed is still here: correct it or try again."),
        status=REFUSED,
        form=form,
        place=place,
    )


@changes
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """A new question behind the one named `after`, or at the end."""
    kind = request.POST.get("kind", "")
    if kind not in Question.Kind.values:
        raise Http404
    after = request.POST.get("after", "")
    behind = next((each for each in desk.draft.questions if str(each.pk) == after), None)
    question = add_question(survey=desk.survey, kind=kind, after=behind, settings=first_settings(kind))
    return changed(request, desk, said=_("Question added"), new=question.pk)


@changes
def change(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    chosen = desk.question(question)
    kind = chosen.kind
    form, place = QuestionForm(chosen, request.POST, kind_is_fixed=was_published(chosen)), f"q{chosen.pk}"
    if not form.is_valid():
        return refused(request, desk, form, place)
    try:
        change_question(question=chosen, **form.contents())
    except SettingsRefused as refusal:
        form.add_error(None, str(refusal.sentence))
        return refused(request, desk, form, place)
    except KindIsFixed:
        form.add_error("kind", _("Customers were asked this question: its kind stays."))
        return refused(request, desk, form, place)
    shown: dict[str, Any] = {"form": form, "place": place}
    if kind != chosen.kind:  # other fields: the editor is shown anew
        now = desk_of(desk.survey.pk)
        shown["editor"] = now.editor(now.question(chosen.pk), QuestionForm(chosen))
    return changed(request, desk, said=_("Saved"), **shown)


@changes
def move(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    """To a place counted from 0 (`position`), or one up or down (`by`)."""
    chosen = desk.question(question)
    here, by, wanted = (
        desk.draft.questions.index(chosen),
        request.POST.get("by"),
        request.POST.get("position", ""),
    )
    position = id_from(wanted) if wanted.isdecimal() else here + {"up": -1, "down": 1}.get(by or "", 0)
    position = min(max(position, 0), len(desk.draft.questions) - 1)
    place_question(question=chosen, position=position)
    return changed(
        request,
        desk,
        said=_("Question moved to place %(place)d of %(all)d")
        % {"place": position + 1, "all": len(desk.draft.questions)},
    )


@changes
def duplicate(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    copy = duplicate_question(question=desk.question(question))
    return changed(request, desk, said=_("Question duplicated"), new=copy.pk)


@changes
def remove(request: HttpRequest, desk: Desk, question: int) -> HttpResponse:
    remove_question(question=desk.question(question), at=timezone.now())
    return changed(request, desk, said=_("Question removed"))


@changes
def write(request: HttpRequest, desk: Desk, part: str) -> HttpResponse:
    """The survey's own texts, before the questions or after them."""
    if part not in PARTS:
        raise Http404
    form: TextsForm = PARTS[part](desk.survey, request.POST)
    if not form.is_valid():
        return refused(request, desk, form, part)
    change_texts(survey=desk.survey, **form.texts())
    return changed(request, desk, said=_("Saved"), form=form, place=part)


@changes
def publish(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make the draft what customers see, or say at which questions it cannot be."""
    try:
        version = publish_survey(survey=desk.survey, by=member(request), at=timezone.now())
    except NotPublishable:
        return changed(
            request,
            desk,
            said=_("It cannot be published yet. Above the questions stands what is missing."),
            status=REFUSED,
        )
    said = _("Version %(number)d is what customers see now.") % {"number": version.number}
    return changed(request, desk, said=said)
