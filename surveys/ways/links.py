"""Ways to ask that are open to all: their codes and addresses, and a code for each of many places at once."""

import secrets
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from staff.models import Unit
from surveys.models import Survey, SurveyLink

SIGNS = (
    "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when somebody types what is printed
)
CODE_LENGTH = 8


def new_code() -> str:
    """A code nobody guesses and everybody can type: one of 31^8. That no two are equal the database sees to."""
    return "".join(secrets.choice(SIGNS) for _sign in range(CODE_LENGTH))


def address_of(link: SurveyLink) -> str:
    """Where customers find it: what a QR code says, and what is printed below it."""
    return settings.PUBLIC_BASE_URL + reverse("survey-open", args=[link.code])


def script_address_of(link: SurveyLink) -> str:
    """Where the script of an embedded link is."""
    return settings.PUBLIC_BASE_URL + reverse("survey-embed", args=[link.code])


@transaction.atomic
def put_up_codes(*, survey: Survey, units: Iterable[Unit]) -> list[SurveyLink]:
    """A QR code of `survey` for each of `units` that has none yet, named after it. Returns those of all `units`."""
    wanted = list(units)
    codes = SurveyLink.objects.filter(survey=survey, kind=SurveyLink.Kind.QR, unit__in=wanted)
    having = set(codes.values_list("unit", flat=True))
    SurveyLink.objects.bulk_create(
        SurveyLink(
            survey=survey,
            name=unit.name,
            code=new_code(),
            kind=SurveyLink.Kind.QR,
            unit=unit,
            touchpoint=survey.touchpoint,
        )
        for unit in wanted
        if unit.pk not in having
    )
    return list(codes.select_related("unit").order_by("unit__path", "pk"))
