"""Meridian Mobile from nothing to now: its customers, its year, and a campaign about to start."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from tqdm import tqdm

from customers.imports.files import receive_file
from customers.imports.running import claim_import, run_import, start_import
from customers.models import Customer, Segment
from demo.campaigns import Marketing, launch_now, plan_what_comes
from demo.care import erase_one, forget_what_is_old, invite_guests
from demo.contact import agree_on_contact, name_senders
from demo.conversations import talk, write_templates
from demo.doubles import let_some_exist_twice
from demo.helping import ask_whether_solved, hear_more_than_surveys, help_some
from demo.improving import BETTER, ask_whether_it_is_better, have_ideas, plan_call_back
from demo.leaving import let_some_leave
from demo.people import Person, people
from demo.personas import imagine_personas
from demo.places import assign_customers, open_shops
from demo.setting_up import (
    ASKINGS,
    DOMAIN,
    draw_journey,
    draw_segments,
    found_program,
    hire,
    name_causes,
    name_first_rule,
    name_topics,
    write_survey,
)
from demo.shop_visits import ask_in_shops
from demo.year import DAYS, Year, customers_of, parts_of
from events.delivery import deliver_events
from journeys.models import JourneyMap
from staff.mails import send_staff_mails
from staff.models import Notification, StaffMail, User

COLUMNS = {
    "external_id": "external_id",
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "phone": "phone",
    "language": "language",
    "country": "country",
    "time_zone": "time_zone",
    "customer_since": "customer_since",
    "preferred_channel": "preferred_channel",
    **{
        name: f"attribute:{name}"
        for name in (
            "contract",
            "monthly_charges",
            "tenure_months",
            "internet",
            "payment_method",
            "churned",
        )
    },
}


def is_built() -> bool:
    """Whether somebody has set up an organisation here."""
    return User.objects.exists()


def build_organisation(*, at: datetime) -> None:
    """Build everything up to `at`; a campaign starts a minute after the last step. Shows its progress."""
    crowd = {person.external_id: person for person in people()}
    began = at - timedelta(days=DAYS + 7)
    hire(at=at)
    touchpoints = draw_journey()
    name_causes()
    name_topics(by=User.objects.get(username="maja"), at=began)
    name_first_rule()
    write_templates()
    found_program()
    surveys = {asking.key: write_survey(asking, touchpoints=touchpoints, at=began) for asking in ASKINGS}
    surveys[BETTER] = ask_whether_it_is_better(at=began)
    segments = draw_segments()
    imagine_customers(segments, at=began)
    import_people(list(crowd.values()), at=began)
    let_some_exist_twice(list(crowd.values()), at=began)
    shops = open_shops()
    assign_customers(shops)
    agree_on_contact(by=User.objects.get(username="petra"), at=began)
    marketing = Marketing(surveys=surveys, segments=segments, senders=name_senders(domain=DOMAIN))
    year = Year(end=at, people=customers_of(crowd), marketing=marketing)
    plan_call_back(year)
    with tqdm(total=DAYS, desc="A year of asking and answering", unit="day") as bar:
        for days in parts_of(DAYS):
            year.live(days)
            bar.update(len(days))
    ask_in_shops(shops, at=at)
    let_some_leave(at=at)
    deliver_events(at=at)
    have_ideas(at=at)
    talk(at=at)
    settle_the_past(at=at)
    hear_more_than_surveys(segments)
    ask_whether_solved(marketing, at=at)
    help_some(touchpoints=touchpoints, at=at)
    invite_guests(segments, at=at)
    erase_one(at=at)
    forget_what_is_old(at=at)
    plan_what_comes(marketing, at=at)
    launch_now(marketing, at=timezone.now())


def imagine_customers(segments: dict[str, Segment], *, at: datetime) -> None:
    """Personas, and whose journey the map shows."""
    personas = imagine_personas(segments=segments, by=User.objects.get(username="maja"), at=at)
    JourneyMap.objects.update(persona=personas["Flexible Faruk"])


def import_people(crowd: list[Person], *, at: datetime) -> None:
    """The 7,043 customers, through the same import that a page or the command line uses."""
    customer_import = receive_file(blocks=file_of(crowd, at=at), file_name="customers.csv", at=at)
    start_import(customer_import=customer_import, mapping=COLUMNS, defaults={})
    claimed = claim_import(customer_import)
    if claimed is None:
        raise RuntimeError("A worker is importing the demo's customers; stop it first.")
    with tqdm(total=len(crowd), desc="Importing customers", unit="customer") as bar:
        for progress in run_import(claimed, at=at):
            progress.refresh_from_db()
            bar.update(progress.rows_read - bar.n)
    if Customer.objects.count() != len(crowd):
        raise RuntimeError("Not every customer of the demo was imported.")


def file_of(crowd: list[Person], *, at: datetime) -> Iterator[bytes]:
    """A CSV file, a few hundred lines at a time."""
    for start in range(0, len(crowd), 500):
        lines = io.StringIO()
        writer = csv.DictWriter(lines, fieldnames=list(COLUMNS))
        if start == 0:
            writer.writeheader()
        writer.writerows(person.as_columns(at.date()) for person in crowd[start : start + 500])
        yield lines.getvalue().encode()


def settle_the_past(*, at: datetime) -> None:
    """Alerts of the past year were read and their mails delivered; only the last days' are still new."""
    lately = at - timedelta(days=3)
    Notification.objects.filter(at__lt=lately, read_at=None).update(read_at=at)
    StaffMail.objects.filter(due_at__lt=lately).update(state=StaffMail.State.SENT, sent_at=F("due_at"))
    send_staff_mails(at=at)
