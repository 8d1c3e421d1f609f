from django.urls import path

from mail.public import take_app_reports, take_mail_reports, take_sms_messages, take_sms_reports
from mail.public_letters import take_letters

urlpatterns = [
    path("hooks/sms/", take_sms_reports, name="mail-sms-reports"),
    path("hooks/sms/messages/", take_sms_messages, name="mail-sms-messages"),
    path("hooks/mail/<str:secret>/", take_mail_reports, name="mail-reports"),
    path("hooks/letters/<str:secret>/", take_letters, name="mail-letters"),
    path("hooks/app/", take_app_reports, name="mail-app-reports"),
]
