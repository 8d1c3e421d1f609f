"""What people write to us by SMS, as it is read from providers' calls."""

from dataclasses import dataclass

LONGEST_TEXT = 5000  # characters; a provider joins ten parts at most, which are 1,600
OPT_OUTS = frozenset(
    {"stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "arrêt", "odjava", "odjavi"}
    | {"стоп", "отписаться", "отписка", "لغو11", "لغو۱۱", "退订", "td"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One SMS. `event` is the provider's number for it, the same however often it is told."""

    provider: str
    event: str
    sender: str
    text: str
    attachments: tuple[str, ...] = ()
    is_told_to_stop: bool = False  # by the provider

    @property
    def says_stop(self) -> bool:
        """A word that means no more SMS, and nothing else: “please stop calling me” is for a person to read."""
        return self.is_told_to_stop or " ".join(self.text.casefold().strip(" .!?\"'“”").split()) in OPT_OUTS
