"""The page on which a customer asks to be called, behind the personal link they answered by."""

from django import forms
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from events.boundary import validate_text
from surveys.answering.calling import ask_for_call
from surveys.answering.sitting import invited
from surveys.public.pages import REFUSED, public_page, show
from surveys.public.personal_links import invitation_for
from surveys.public.survey import calls_are_taken, language_for


class CallForm(forms.Form):
    phone = forms.CharField(
        label=_("Phone number"),
        required=False,
        max_length=40,
        validators=[validate_text],
        help_text=_("Empty: the number we know."),
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel", "dir": "ltr", "class": "line"}),
    )
    text = forms.CharField(
        label=_("What is it about, and when do you like to be called?"),
        required=False,
        max_length=1000,
        validators=[validate_text],
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def ask_to_be_called(request: HttpRequest, token: str) -> HttpResponseBase:
    """A form; only its POST asks. Where nobody would call there is no page."""
    invitation = invitation_for(token)
    if not calls_are_taken():
        raise Http404
    language = language_for(request, invited(invitation).questionnaire, invitation.language)
    with translation.override(language):
        form = CallForm(request.POST or None, label_suffix="")
        survey = invitation.wave.campaign.survey
        if request.method == "POST" and form.is_valid():
            if not invitation.is_test:
                ask_for_call(invitation=invitation, at=timezone.now(), **form.cleaned_data)
            return show("public/call_noted.html", survey=survey, language=language)
        status = REFUSED if request.method == "POST" else 200
        return show("public/call.html", form=form, status=status, survey=survey, language=language)
