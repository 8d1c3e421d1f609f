"""The staff page where a survey of another tool becomes a draft."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import FormView
from unfold.views import UnfoldModelAdminViewMixin

from staff.views import member
from surveys.switching.taken import NotReadable
from surveys.switching.taking_over import LARGEST, read_definition, take_over

REFUSED = 422


class DefinitionForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File of the survey"),
        max_length=255,
        widget=forms.FileInput(attrs={"accept": ".qsf,.lss"}),
    )


class TakeOverView(UnfoldModelAdminViewMixin, FormView):
    """A file of Qualtrics or LimeSurvey becomes a draft; what could not be taken over stands beside it."""

    title = gettext_lazy("Take over a survey")
    permission_required = "surveys.add_survey"
    template_name = "surveys/take_over.html"
    form_class = DefinitionForm

    def form_valid(self, form: DefinitionForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            taken = read_definition(file.read(LARGEST + 1), name=file.name)
        except NotReadable as problem:
            form.add_error("file", str(problem))
            return self.form_invalid(form)
        survey = take_over(taken=taken, file_name=file.name, by=member(self.request), at=timezone.now())
        count = survey.origin.questions_taken
        words = ngettext(
            "The draft has %(count)d question. Look it over, then publish.",
            "The draft has %(count)d questions. Look them over, then publish.",
            count,
        )
        messages.success(self.request, words % {"count": count})
        return redirect("admin:surveys_survey_build", survey.pk)

    def form_invalid(self, form: DefinitionForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=REFUSED)
