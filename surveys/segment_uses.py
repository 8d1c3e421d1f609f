"""Campaigns that ask a segment."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.segments.uses import SegmentUse, Usage
from surveys.models import Campaign


def campaigns_asking(number: int) -> list[Usage]:
    return [
        Usage(each.name, reverse("admin:surveys_campaign_change", args=[each.pk]))
        for each in Campaign.objects.filter(segment=number).order_by("-pk")
    ]


CAMPAIGNS = SegmentUse(title=_("Campaign"), users=campaigns_asking)
