from django.db import migrations, models


def plan_claimed_again(apps, schema_editor):
    """A claim is a row of its own from now on; what a sender had taken and not begun is planned."""
    apps.get_model("surveys", "Invitation").objects.filter(state="claimed").update(
        state="planned", lease_token=None, lease_until=None
    )


class Migration(migrations.Migration):
    dependencies = [("surveys", "0009_import_role")]
    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lease_token", models.UUIDField(editable=False, null=True)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("invitations", models.JSONField(verbose_name="invitations")),
                (
                    "wave",
                    models.ForeignKey(
                        on_delete=models.CASCADE, related_name="claims", to="surveys.wave", verbose_name="wave"
                    ),
                ),
            ],
            options={"verbose_name": "claim", "verbose_name_plural": "claims"},
        ),
        migrations.AddConstraint(
            model_name="claim",
            constraint=models.UniqueConstraint(fields=("lease_token",), name="one_claim_per_lease"),
        ),
        migrations.RunPython(plan_claimed_again, migrations.RunPython.noop),
    ]
