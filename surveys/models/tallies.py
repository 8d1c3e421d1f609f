from django.db import models

from staff.models import Unit
from surveys.models.campaigns import Campaign


class Tally(models.Model):
    """A large send ledger, counted by a worker a moment ago: derived, and counted anew while somebody looks at it.

    `counts` is what surveys/ledger/counting.py counts; with a unit, of its customers only.
    """

    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.CASCADE,
        related_name="tallies",
        db_index=False,  # one_tally_per_campaign_and_unit begins with it
    )
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    counts = models.JSONField(default=dict)
    counted_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)  # what it took
    being_counted_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "unit"], name="one_tally_per_campaign_and_unit"),
            models.UniqueConstraint(
                fields=["campaign"], condition=models.Q(unit=None), name="one_tally_of_everybody"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.counted_at}"
