from django.utils.translation import gettext_lazy as _

from customers.merging.moves import rows_of_customer
from journeys.models import Interaction

INTERACTIONS = rows_of_customer(Interaction, name="interactions", title=_("Interactions"))
