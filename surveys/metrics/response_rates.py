"""How many of those asked answered, refused or were reached, after AAPOR's Standard Definitions: arithmetic.

Without Django, clock or database.
"""

from dataclasses import dataclass

from surveys.metrics import Interval
from surveys.metrics.shares import wilson_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispositions:
    """What became of everybody who was asked, in people.

    Who was never asked (excluded, deferred, not yet sent) is not in it, nor whose address turned out not to exist:
    that is told apart.
    """

    complete: int = 0  # I
    partial: int = 0  # P
    refusal: int = 0  # R: broke off, or unsubscribed by the link of the message
    non_contact: int = 0  # NC: the message went out, and nothing came back
    other: int = 0  # O
    unknown: int = 0  # UH + UO: nobody knows whether the message arrived

    @property
    def asked(self) -> int:
        return self.answered + self.refusal + self.non_contact + self.other + self.unknown

    @property
    def answered(self) -> int:
        return self.complete + self.partial


def response_rate(people: Dispositions) -> float | None:
    """RR2 = (I + P) ÷ ((I + P) + (R + NC + O) + (UH + UO)), in percent; None when nobody was asked (AAPOR)."""
    return 100 * people.answered / people.asked if people.asked else None


def response_rate_interval(people: Dispositions) -> Interval | None:
    """Wilson's interval of RR2, in percent; None when nobody was asked."""
    return wilson_interval(people.answered, people.asked)


def refusal_rate(people: Dispositions) -> float | None:
    """REF1 = R ÷ ((I + P) + (R + NC + O) + (UH + UO)), in percent; None when nobody was asked (AAPOR)."""
    return 100 * people.refusal / people.asked if people.asked else None


def contact_rate(people: Dispositions) -> float | None:
    """CON1 = ((I + P) + R + O) ÷ ((I + P) + R + O + NC + (UH + UO)), in percent; None when nobody was asked (AAPOR)."""
    reached = people.answered + people.refusal + people.other
    return 100 * reached / people.asked if people.asked else None


def completion_rate(people: Dispositions) -> float | None:
    """I ÷ (I + P), in percent; None when nobody answered."""
    return 100 * people.complete / people.answered if people.answered else None
