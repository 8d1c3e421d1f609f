"""What an invitation asks, kept by each process until somebody changes it: every visit of a customer needs it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connection

from customers.models import Customer
from customers.resolving import present_customer
from journeys.models import Touchpoint
from surveys.models import Invitation, Wave
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.walking import NO_FACTS, Facts

# Django would spend more time on writing this statement, with all columns of four tables, than the database on it.
INVITATION = """
    SELECT {columns}, survey.changed_at, survey.is_open, survey.taken >= survey.quota, theme.changed_at,
        campaign.state, campaign.ends_at, customer.merged_into_id
    FROM surveys_invitation invitation
    JOIN surveys_wave wave ON wave.id = invitation.wave_id
    JOIN surveys_campaign campaign ON campaign.id = wave.campaign_id
    JOIN surveys_survey survey ON survey.id = campaign.survey_id
    LEFT JOIN surveys_theme theme ON theme.id = survey.theme_id
    JOIN customers_customer customer ON customer.id = invitation.customer_id AND customer.erased_at IS NULL
    WHERE invitation.id = %s
"""

Row = Sequence[Any]

_known: dict[int, tuple[tuple[Any, ...], Wave]] = {}  # by wave, with what it was read for


def find_invitation(pk: int) -> Invitation | None:
    """An invitation with its wave, campaign and survey, mostly in one query.

    Its customer is the one who is present: the link of somebody who was merged answers for the kept person.
    Wave and all behind it are shared with the next visitor of this process: do not change them.
    """
    invitation, seen, merged_into = read_invitation(pk)
    if invitation is None:
        return None
    known_as, wave = _known.get(invitation.wave_id, (None, None))
    if wave is None or known_as != seen:
        waves = Wave.objects.select_related("campaign__survey__theme")
        wave = waves.defer("campaign__survey__theme__logo").get(pk=invitation.wave_id)
        _known[wave.pk] = seen, wave
    invitation.wave = wave
    if merged_into:
        invitation.customer_id = present_customer(merged_into)
    return invitation


def read_invitation(pk: int) -> tuple[Invitation | None, tuple[Any, ...], int | None]:
    """An invitation, what its campaign and survey look like now, and who its customer was merged into."""
    statement, names, understand = reading()
    with connection.cursor() as cursor:
        cursor.execute(statement, [pk])
        row = cursor.fetchone()
    if row is None:
        return None, (), None
    values = understand(row[: len(names)])
    return Invitation.from_db(connection.alias, names, values), row[len(names) : -1], row[-1]


@cache
def reading() -> tuple[str, list[str], Callable[[Row], Row]]:
    """The statement, the fields of an invitation in its order, and what makes dates and such of SQLite's texts."""
    fields, table = Invitation._meta.concrete_fields, Invitation._meta.db_table
    compiler = Invitation.objects.all().query.get_compiler(connection=connection)
    converters = compiler.get_converters([field.get_col(table) for field in fields])
    columns = ", ".join(f"invitation.{field.column}" for field in fields)
    return (
        INVITATION.format(columns=columns),
        [field.attname for field in fields],
        lambda row: next(iter(compiler.apply_converters([row], converters))) if converters else row,
    )


class Way(NamedTuple):
    """By which way somebody came to a survey; `campaign` is a name, `touchpoint` a number."""

    channel: str
    campaign: str = ""
    touchpoint: int | None = None


def facts_for(
    questionnaire: Questionnaire, *, customer_id: int | None, context: Mapping[str, Any], way: Way
) -> Facts:
    """What conditions and texts may say of a customer and the occasion; queries only where they say anything."""
    came_by = way_told(questionnaire, way, context)
    if customer_id is None or not questionnaire.knows_customer:
        return Facts(context=context, way=came_by) if context or came_by else NO_FACTS
    customer = Customer.everybody.filter(pk=customer_id).first()
    if customer is None:
        return Facts(context=context, way=came_by)
    own = {"first_name": customer.first_name, "language": customer.language, "country": customer.country}
    return Facts(attributes={**customer.attributes, **own}, context=context, way=came_by)


def way_told(questionnaire: Questionnaire, way: Way, context: Mapping[str, Any]) -> dict[str, str]:
    """The way in the words of conditions; where the occasion says its touchpoint, that is where it happened."""
    asked = questionnaire.facts_named("context")
    if asked.isdisjoint(Way._fields):
        return {}
    touchpoint = str(context.get("touchpoint", ""))
    if "touchpoint" in asked and not touchpoint and way.touchpoint:
        slugs = Touchpoint.objects.filter(pk=way.touchpoint).values_list("slug", flat=True)
        touchpoint = slugs.first() or ""
    return {"channel": way.channel, "campaign": way.campaign, "touchpoint": touchpoint}


def way_of(invitation: Invitation, *, channel: str | None = None) -> Way:
    """That of a personal link, unless the answer is given by another `channel`."""
    campaign = invitation.wave.campaign
    return Way(channel or invitation.channel, campaign.name, campaign.survey.touchpoint_id)
