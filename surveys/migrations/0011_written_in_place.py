from django.db import migrations, models
from django.db.models import Q


def leave_room(apps, schema_editor):
    """Room on each page for the row's next version, so that PostgreSQL need not touch an index to write it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE surveys_invitation SET (fillfactor = 70)")


def fill_pages(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE surveys_invitation RESET (fillfactor)")


class Migration(migrations.Migration):
    """The new column rewrites the table, a few seconds for a million rows; nothing can be sent meanwhile."""

    dependencies = [("surveys", "0010_claims")]
    operations = [
        migrations.RunPython(leave_room, fill_pages),
        migrations.RemoveIndex(model_name="invitation", name="invitation_due"),
        migrations.RemoveIndex(model_name="invitation", name="invitation_leased"),
        migrations.RemoveIndex(model_name="invitation", name="invitation_wave_state"),
        migrations.RemoveField(model_name="invitation", name="lease_until"),
        migrations.AddField(
            model_name="invitation",
            name="is_waiting",
            field=models.GeneratedField(
                db_persist=True, expression=Q(state__in=["planned", "deferred"]), output_field=models.BooleanField()
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=Q(is_waiting=True), fields=["wave", "due_at", "id"], name="invitation_waiting"
            ),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="state",
            field=models.CharField(
                choices=[
                    ("planned", "Planned"),
                    ("sending", "Being handed over"),
                    ("sent", "Sent"),
                    ("unknown", "Unknown: interrupted while being handed over"),
                    ("failed", "Refused by the mail server"),
                    ("excluded", "Excluded"),
                    ("cancelled", "Cancelled"),
                ],
                default="planned",
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
