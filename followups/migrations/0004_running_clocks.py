from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import F

from staff.business_time import Week
from staff.calendars import due_after

URGENT, HIGH, NORMAL, LOW = 1, 2, 3, 4
USUAL = {URGENT: (2, 8, 1, 2), HIGH: (4, 16, 1, 4), NORMAL: (8, 40, 2, 8), LOW: (24, 80, 4, 16)}
LEAD_TOLD = 2


def set_levels(apps, schema_editor):
    apps.get_model("followups", "ServiceLevel").objects.bulk_create(
        apps.get_model("followups", "ServiceLevel")(
            priority=priority, contact_hours=contact, resolve_hours=resolve, warn_hours=warn, manager_hours=manager
        )
        for priority, (contact, resolve, warn, manager) in USUAL.items()
    )


def start_clocks(apps, schema_editor):
    """The clock of what was contacted stood still until now: it has the whole time for its resolution from here on."""
    follow_ups = apps.get_model("followups", "FollowUp").objects
    follow_ups.update(leg_opened_at=F("opened_at"), contact_due_at=F("due_at"))
    follow_ups.exclude(escalated_at=None).update(rung=LEAD_TOLD)
    now = datetime.now(UTC)
    contacted = follow_ups.filter(state="contacted")
    for team in apps.get_model("staff", "Team").objects.filter(pk__in=contacted.values("team")):
        due = due_after(week_of(team, apps), start=now, duration=timedelta(hours=USUAL[NORMAL][1]))
        contacted.filter(team=team).update(due_at=due, resolve_due_at=due, rung=0)


def week_of(team, apps):
    hours = {}
    for row in apps.get_model("staff", "BusinessHours").objects.filter(calendar=team.calendar_id):
        hours.setdefault(row.weekday, []).append((row.opens, row.closes))
    holidays = apps.get_model("staff", "Holiday").objects.filter(calendar=team.calendar_id)
    return Week(
        hours=hours,
        zone=ZoneInfo(team.calendar.time_zone),
        holidays=frozenset(holidays.values_list("date", flat=True)),
    )


class Migration(migrations.Migration):
    dependencies = [("followups", "0003_clocks")]

    operations = [
        migrations.RunPython(set_levels, migrations.RunPython.noop),
        migrations.RunPython(start_clocks, migrations.RunPython.noop),
    ]
