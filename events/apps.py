from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from events.whole_numbers import register


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self) -> None:
        register()
