from django.urls import path

from surveys.public import answer_survey, thank_for_answer
from surveys.public_unsubscribe import leave_surveys

urlpatterns = [
    path("s/<str:token>/", answer_survey, name="survey-answer"),
    path("s/<str:token>/thanks/", thank_for_answer, name="survey-thanks"),
    path("u/<str:token>/", leave_surveys, name="unsubscribe"),
]
