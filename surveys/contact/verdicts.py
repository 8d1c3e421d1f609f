"""What becomes of every customer of a campaign, and why: one statement, for one customer and for a million alike.

The statement is built in layers, each a query over the one before:

    person    the customers looked at, with the address, its digest and what stands against it, for each channel
    reached   the channel of each: the one they prefer, else the campaign's first that nothing stands against; of who
              can be reached by none, the first for which there is an address
    ranked    who of those with one address came first, and a number drawn for each from campaign and customer
    judged    the first reason that holds
    verdict   whether somebody has to wait, and until when
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Min, TextField, Value
from django.db.models.functions import MD5, Cast, Concat, Substr

from customers.consent import KIND_OF_CHANNEL
from customers.models import Channel, Customer, Identity, Suppression
from customers.segments import members
from events.lookups import Among, among
from staff.models import Holiday
from surveys.contact.caps import MOMENT, Statement, waits
from surveys.contact.clock import Hours, next_turn
from surveys.models import Campaign, ContactCap, ContactRules, Invitation

Reason = Invitation.Reason
EIGHT, HEX = 8, 16**8  # characters of a drawn number, and how many values they have
SHARED = {Identity.Kind.EMAIL, Identity.Kind.PHONE}  # identities that people may have in common
DAY = 25  # where those begin that say on which day of a period somebody is asked

REASON_OF_SUPPRESSION: Mapping[str, str] = {
    Suppression.Reason.UNSUBSCRIBED: Reason.UNSUBSCRIBED,
    Suppression.Reason.BOUNCED: Reason.BOUNCED,
    Suppression.Reason.COMPLAINED: Reason.COMPLAINED,
    Suppression.Reason.BY_STAFF: Reason.SUPPRESSED,
}

PERSON = """
    SELECT customer.id AS customer, customer.language, customer.time_zone, customer.preferred_channel AS prefers,
        {columns}
    FROM customers_customer customer {joins}
    WHERE {key} IN ({members})
"""
COLUMNS_OF_CHANNEL = """
    COALESCE({c}.value, '') AS {c}_address, COALESCE({c}.digest, '') AS {c}_digest,
    CASE WHEN {c}.value IS NULL THEN 'no_address'
         WHEN {c}_stop.id IS NOT NULL THEN CASE {c}_stop.reason {reasons} ELSE 'suppressed' END
         WHEN {c}_no.id IS NOT NULL THEN 'no_consent'
         ELSE '' END AS {c}_why
"""
JOINS_OF_CHANNEL = """
    LEFT JOIN customers_identity {c} ON {c}.customer_id = customer.id AND {c}.kind = '{kind}' AND {which}
    LEFT JOIN customers_consent {c}_no ON {c}_no.customer_id = customer.id AND {c}_no.purpose = 'survey'
        AND {c}_no.channel = '{c}' AND {c}_no.state = 'withdrawn'
    LEFT JOIN customers_suppression {c}_stop ON {c}_stop.channel = '{c}' AND {c}_stop.digest = {c}.digest
"""
NO_EARLIER_ONE = """
    NOT EXISTS (
        SELECT 1 FROM customers_identity earlier
        WHERE earlier.customer_id = {c}.customer_id AND earlier.kind = {c}.kind AND earlier.id < {c}.id
    )
"""
REACHED = """
    SELECT customer, language, time_zone, CASE {choices} ELSE '{first}' END AS channel, {told} FROM person
"""
RANKED = """
    SELECT customer, language, time_zone, channel, address, digest, why,
        ROW_NUMBER() OVER (PARTITION BY channel, digest, why ORDER BY customer) AS nth, {draw} AS draw
    FROM (
        SELECT customer, language, time_zone, channel, CASE channel {address} END AS address,
            CASE channel {digest} END AS digest, CASE channel {why} END AS why
        FROM reached
    ) AS chosen
"""
JUDGED = """
    SELECT customer, language, time_zone, channel, address, digest, {variant} AS variant, CASE
        WHEN why <> '' THEN why
        WHEN {shared} THEN 'duplicate_address'
        WHEN {sampled_out} THEN 'sampled_out'
        WHEN {controlled} THEN 'control_group'
        ELSE '' END AS reason
    FROM {drawn}
"""
VERDICT = """
    SELECT customer, language, channel, address, digest, variant,
        CASE WHEN reason <> '' THEN 'excluded' WHEN until IS NOT NULL THEN 'deferred' ELSE 'planned' END AS state,
        CASE WHEN reason <> '' OR until IS NULL THEN reason WHEN cap IS NULL THEN 'snoozed' ELSE 'cap' END AS reason,
        CASE WHEN reason = '' THEN cap END AS cap,
        CASE WHEN reason = '' AND until IS NOT NULL THEN until {rest} ELSE opens END AS due_at,
        time_zone
    FROM (
        SELECT judged.*, waiting.cap, waiting.until, COALESCE(zone.opens, ours.opens) AS opens,
            COALESCE(zone.later, ours.later) AS later, ROW_NUMBER() OVER (
                PARTITION BY judged.customer ORDER BY waiting.until DESC, waiting.cap IS NULL, waiting.cap
            ) AS longest
        FROM judged
        LEFT JOIN zone ON zone.name = judged.time_zone
        CROSS JOIN (SELECT opens, later FROM zone WHERE name = '') AS ours
        LEFT JOIN waiting ON waiting.customer = judged.customer AND waiting.channel IN ('', judged.channel) {beyond}
    ) AS weighed WHERE longest = 1
"""

# While subjects are compared the rest waits for the better one, whatever ends sooner.
REST = "WHEN variant = '' THEN later"
BEYOND = "AND (judged.variant <> '' OR waiting.until > COALESCE(zone.later, ours.later))"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The contact policy as it is now: read once, then used for any number of customers."""

    caps: Sequence[ContactCap] = ()
    hours: Hours = field(default_factory=Hours)
    approval_from: int | None = None


def policy_now(*, send_at: Any = None) -> Policy:
    """The policy in force, with a campaign's own time of day: three queries at most."""
    rules = ContactRules.objects.first() or ContactRules()
    holidays = (
        Holiday.objects.whole_days().filter(calendar=rules.calendar_id)
        if rules.calendar_id
        else Holiday.objects.none()
    )
    return Policy(
        caps=list(ContactCap.objects.working()),
        hours=Hours(
            quiet_from=rules.quiet_from,
            quiet_until=rules.quiet_until,
            holidays=frozenset(holidays.values_list("date", flat=True)),
            send_at=send_at,
        ),
        approval_from=rules.approval_from,
    )


def verdicts(
    campaign: Campaign, *, policy: Policy, at: datetime, customers: Collection[int] | None = None
) -> Statement:
    """A query and its params, on everybody in the campaign's segment or those of `customers` who are.

    Of (customer, language, channel, address, digest, variant, state, reason, cap, due_at, time_zone).
    """
    layers: list[tuple[str, Statement]] = [
        ("person", people_of(campaign, customers, at=at)),
        ("reached", (reached(campaign), [])),
        ("ranked", (ranked(campaign), [])),
        ("judged", judged(campaign, customers)),
        ("waiting", waits(policy.caps, kind=campaign.survey.kind, at=at, customers=customers)),
        ("zone(name, opens, later)", openings(campaign, policy.hours, at=at)),
    ]
    named = ", ".join(f"{name} AS ({sql})" for name, (sql, _params) in layers)
    params = [param for _name, (_sql, each) in layers for param in each]
    rest, beyond = (REST, BEYOND) if is_comparing(campaign) else ("", "")
    return f"WITH {named} {VERDICT.format(rest=rest, beyond=beyond)}", params


def people_of(campaign: Campaign, customers: Collection[int] | None, *, at: datetime) -> Statement:
    """Who is looked at. Of single customers those too who share an address with them: one of both is asked.

    Where an occasion makes somebody's turn it is not theirs too: who asks because of it sees to the address.
    """
    within = members(segment=campaign.segment, at=at).order_by().values("pk")
    if customers is not None:
        others = () if asks_by_occasion(campaign) else sharing_with(customers)
        within = within.filter(Among("pk", sorted({*customers, *others})))
    sql, params = within.query.sql_with_params()
    channels = channels_of(campaign)
    reasons = " ".join(f"WHEN '{stop}' THEN '{reason}'" for stop, reason in REASON_OF_SUPPRESSION.items())
    columns = ", ".join(COLUMNS_OF_CHANNEL.format(c=channel, reasons=reasons) for channel in channels)
    joins = " ".join(
        JOINS_OF_CHANNEL.format(c=channel, kind=KIND_OF_CHANNEL[channel], which=which_identity(channel))
        for channel in channels
    )
    is_large = customers is None and connection.vendor == "sqlite"
    key = (
        "+customer.id" if is_large else "customer.id"
    )  # SQLite would expect few, and look waits up one by one
    return PERSON.format(columns=columns, joins=joins, members=sql, key=key), list(params)


def which_identity(channel: Channel) -> str:
    """Of addresses and numbers the primary one; of ids of other programs the first."""
    if channel is not Channel.APP:
        return f"{channel}.is_primary"
    return NO_EARLIER_ONE.format(c=channel)


def sharing_with(customers: Iterable[int]) -> set[int]:
    """Whoever has a primary address or number of theirs. Asked for kinds, SQLite would read all addresses there are."""
    theirs = Identity.objects.filter(Among("customer", customers), is_primary=True)
    same = Identity.objects.filter(digest__in=theirs.values("digest"))
    return {customer for customer, kind in same.values_list("customer", "kind") if kind in SHARED}


def channels_of(campaign: Campaign) -> list[Channel]:
    return [Channel(name) for name in campaign.channels] or [Channel.EMAIL]


def reached(campaign: Campaign) -> str:
    channels = channels_of(campaign)
    choices = [f"WHEN prefers = '{c}' AND {c}_why = '' THEN '{c}'" for c in channels]
    choices += [f"WHEN {c}_why = '' THEN '{c}'" for c in channels]
    choices += [f"WHEN {c}_why <> 'no_address' THEN '{c}'" for c in channels]
    told = ", ".join(f"{c}_{what}" for c in channels for what in ("address", "digest", "why"))
    return REACHED.format(choices=" ".join(choices), first=channels[0], told=told)


def ranked(campaign: Campaign) -> str:
    by_channel = {
        what: " ".join(f"WHEN '{c}' THEN {c}_{what}" for c in channels_of(campaign))
        for what in ("address", "digest", "why")
    }
    return RANKED.format(draw=f"MD5('{drawn_by(campaign)}' || CAST(customer AS text))", **by_channel)


def drawn_by(campaign: Campaign) -> str:
    """What a customer's number is drawn from, before their own key."""
    return f"{campaign.pk or 0}:"


def drawn_for_days(campaign: Campaign, *, since: float, until: float, at: datetime) -> list[int]:
    """The customers of the campaign's segment whose day lies in this span of a period from 0 to 1."""
    number = MD5(Concat(Value(drawn_by(campaign)), Cast("pk", TextField())))
    drawn = members(segment=campaign.segment, at=at).annotate(day=Substr(number, DAY, EIGHT))
    if until < 1:
        drawn = drawn.filter(day__lt=bound(until))
    return list(drawn.filter(day__gte=bound(since)).order_by().values_list("pk", flat=True))


def judged(campaign: Campaign, customers: Collection[int] | None) -> Statement:
    """Four numbers are drawn at once, each from eight characters of its own: sample, control group, subject, day."""
    sampled_out = [f"NOT ({drawn_below(1, campaign.sample_percent / 100)})"]
    table = "ranked"
    if campaign.sample_size is not None:
        sampled_out.append(f"chance > {int(campaign.sample_size)}")
        table = (
            "(SELECT ranked.*, ROW_NUMBER() OVER (PARTITION BY CASE WHEN why = '' AND nth = 1 THEN 1 ELSE 0 END"
            " ORDER BY draw) AS chance FROM ranked) AS ranked"
        )
    variant = "''"
    if is_comparing(campaign):
        share = campaign.compare_percent / 100
        variant = f"CASE WHEN {drawn_below(17, share)} THEN 'a' WHEN {drawn_below(17, 2 * share)} THEN 'b' ELSE '' END"
    is_theirs = customers is not None and asks_by_occasion(campaign)
    sql = JUDGED.format(
        variant=variant,
        shared="1 = 0" if is_theirs else "nth > 1",
        sampled_out=" OR ".join(sampled_out),
        controlled=drawn_below(9, campaign.control_percent / 100),
        drawn=table,
    )
    if customers is None:
        return sql, []
    condition, among_them = among(sorted(customers))
    return f"{sql} WHERE customer {condition}", [among_them]


def asks_by_occasion(campaign: Campaign) -> bool:
    return campaign.kind in {Campaign.Kind.TRIGGERED, Campaign.Kind.BY_API}


def is_comparing(campaign: Campaign) -> bool:
    """Whether two subjects are tried; once the better one is chosen everybody gets it, and nobody waits."""
    return bool(campaign.subject_b) and not campaign.better_subject


def compared_until(campaign: Campaign) -> datetime | None:
    """A campaign that asks once compares from its planning on, any other from its start."""
    began = campaign.starts_at
    if campaign.kind == Campaign.Kind.ONCE:
        began = campaign.waves.aggregate(first=Min("planned_at"))["first"]
    return began + timedelta(hours=campaign.compare_hours) if began else None


def drawn_below(place: int, share: float) -> str:
    """Whether the eight characters from `place` on lie in the first `share` of all."""
    if share >= 1:
        return "1 = 1"
    if share <= 0:
        return "1 = 0"
    return f"SUBSTR(draw, {place}, {EIGHT}) < '{bound(share)}'"


def bound(share: float) -> str:
    return f"{int(share * HEX):08x}"


def openings(campaign: Campaign, hours: Hours, *, at: datetime) -> Statement:
    """When it is their turn in each time zone in which we have customers, and when it is once subjects are compared.

    '' stands for our own zone, by which those are judged whose zone nobody had when these were looked up.
    """
    later = at + timedelta(hours=campaign.compare_hours)
    zones = sorted({"", *Customer.objects.order_by().values_list("time_zone", flat=True).distinct()})
    row = "(%s, CAST(%s AS {0}), CAST(%s AS {0}))".format(MOMENT[connection.vendor])
    rows = ", ".join([row] * len(zones))
    return f"VALUES {rows}", [
        param for zone in zones for param in (zone, *both(zone or settings.TIME_ZONE, hours, at, later))
    ]


def both(zone: str, hours: Hours, *moments: datetime) -> Iterator[Any]:
    for moment in moments:
        yield connection.ops.adapt_datetimefield_value(next_turn(moment, zone, hours))
