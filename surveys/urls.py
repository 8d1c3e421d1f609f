from django.urls import path

from surveys.public.calls import ask_to_be_called
from surveys.public.embed import embed_survey
from surveys.public.kiosk import kiosk_worker, show_kiosk, take_kiosk_answer
from surveys.public.open_links import answer_open_survey, open_survey, thank_for_open_answer
from surveys.public.personal_links import answer_survey, thank_for_answer
from surveys.public.preferences import set_preferences
from surveys.public.themes import show_logo
from surveys.public.unsubscribe import leave_surveys

urlpatterns = [
    path("s/<str:token>/", answer_survey, name="survey-answer"),
    path("s/<str:token>/thanks/", thank_for_answer, name="survey-thanks"),
    path("s/<str:token>/call/", ask_to_be_called, name="survey-call"),
    path("a/<str:code>/", open_survey, name="survey-open"),
    path("a/<str:code>/<str:key>/", answer_open_survey, name="survey-open-answer"),
    path("a/<str:code>/<str:key>/thanks/", thank_for_open_answer, name="survey-open-thanks"),
    path("t/<int:theme>/logo", show_logo, name="theme-logo"),
    path("embed/<str:code>.js", embed_survey, name="survey-embed"),
    path("k/<str:code>/", show_kiosk, name="survey-kiosk"),
    path("k/<str:code>/worker.js", kiosk_worker, name="survey-kiosk-worker"),
    path("k/<str:code>/<str:key>/", take_kiosk_answer, name="survey-kiosk-answer"),
    path("u/<str:token>/", leave_surveys, name="unsubscribe"),
    path("u/<str:token>/preferences/", set_preferences, name="preferences"),
]
