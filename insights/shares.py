"""A share as it is shown: of how many, and how sure."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from insights.words import interval_words, number_words, value_words
from surveys.metrics.shares import wilson_interval


@dataclass(frozen=True)
class Share:
    """`hits` of `n`; of none there is no share."""

    hits: int
    n: int

    @property
    def percent(self) -> float | None:
        return 100 * self.hits / self.n if self.n else None

    @property
    def words(self) -> str:
        return value_words(self.percent, unit="percent")

    @property
    def of(self) -> str:
        """“42 of 50”."""
        return _("%(hits)s of %(n)s") % {"hits": number_words(self.hits), "n": number_words(self.n)}

    @property
    def interval(self) -> str:
        return interval_words(wilson_interval(self.hits, self.n), unit="percent")
