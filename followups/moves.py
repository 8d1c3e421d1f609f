from django.utils.translation import gettext_lazy as _

from customers.merging.moves import rows_of_customer
from followups.models import FollowUp, NotCalled

FOLLOW_UPS = rows_of_customer(FollowUp, name="follow_ups", title=_("Follow-ups"))
NOT_CALLED = rows_of_customer(NotCalled, name="not_called", title=_("Not called"))
