from django.urls import path

from surveys.public import answer_survey, thank_for_answer

urlpatterns = [
    path("s/<str:token>/", answer_survey, name="survey-answer"),
    path("s/<str:token>/thanks/", thank_for_answer, name="survey-thanks"),
]
