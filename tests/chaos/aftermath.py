"""What a storm leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Aftermath:
    """What is left to say; `unsettled`, `too_often` and `too_seldom` must be empty, `unknown` at most `may_be_unknown`."""

    recipients: int
    faults: Mapping[str, int]
    states: Mapping[str, int]
    reminded: int
    unsettled: int
    too_often: list[str]  # taken more often than the ledger says: written to twice
    too_seldom: list[str]  # taken less often than the ledger says: forgotten
    unknown: int
    may_be_unknown: int
    seconds: float

    @property
    def is_good(self) -> bool:
        return (
            not (self.unsettled or self.too_often or self.too_seldom) and self.unknown <= self.may_be_unknown
        )
