"""How the demo's customers feel, and so what they answer: the same every time."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from demo.comments import COMMENTS, HAPPY, MIDDLING, UNHAPPY
from demo.people import Person, dice_of

ANSWERS_AT_ALL = 0.36
ANSWERS_AFTER_A_REMINDER = 0.12
WRITES_A_COMMENT = {UNHAPPY: 0.65, MIDDLING: 0.25, HAPPY: 0.35}
LOOKS_ONLY = 0.14
PATIENCE = 5.0  # hours after which most answers have come
HIGHEST = {"nps": 10, "csat": 5, "ces": 7, "yesno": 1}
LOWEST = {"nps": 0, "csat": 1, "ces": 1, "yesno": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer to come: `after` the mail was sent."""

    after: timedelta
    score: int
    comment: str
    seconds: int  # from opening the page to sending it


def reply_of(
    person: Person, *, occasion: str, kind: str, month: int, is_reminder: bool = False, interest: float = 1.0
) -> Reply | None:
    """What `person` answers when asked on `occasion`, in the demo's month 0–11; None when they do not."""
    dice = dice_of(person.external_id, occasion, is_reminder)
    if dice.random() > interest * (ANSWERS_AFTER_A_REMINDER if is_reminder else ANSWERS_AT_ALL):
        return None
    mood = mood_of(person, month=month) + dice.gauss(0, 0.2)
    feeling = UNHAPPY if mood < 0.6 else MIDDLING if mood < 0.8 else HAPPY
    comment = ""
    if dice.random() < WRITES_A_COMMENT[feeling]:
        comment, _ = dice.choice(COMMENTS[person.language][feeling])
    hours = min(dice.expovariate(1 / PATIENCE) + 0.1, 60)
    seconds = int(dice.lognormvariate(2.4, 0.4)) + len(comment) // 3
    return Reply(
        after=timedelta(hours=hours), score=on_scale(mood, kind=kind), comment=comment, seconds=seconds
    )


def looks_only(person: Person, *, occasion: str) -> bool:
    """Whether somebody who will not answer opens the survey all the same."""
    return dice_of(person.external_id, occasion, "looks").random() < LOOKS_ONLY


def mood_of(person: Person, *, month: int) -> float:
    """From 0 (furious) to 1 (delighted), by contract, tenure and whether they left; better since month 7."""
    mood = 0.78 + person.tenure / 500
    mood += {"Two year": 0.09, "One year": 0.04}.get(person.row["Contract"], -0.03)
    mood -= 0.05 if person.row["InternetService"] == "Fiber optic" else 0
    mood -= 0.22 if person.has_churned else 0
    return mood + (0.05 if month >= 7 else 0)


def on_scale(mood: float, *, kind: str) -> int:
    low, high = LOWEST[kind], HIGHEST[kind]
    return max(low, min(high, low + ceil(mood * (high - low + 1)) - 1))


def given(kind: str, score: int) -> int | str:
    """The answer itself: a “yes” and a “no” are none on a scale."""
    return ("no", "yes")[score] if kind == "yesno" else score


def cause_of(comment: str) -> str:
    """The root cause behind a comment of the demo; empty when it names none."""
    for feelings in COMMENTS.values():
        for text, cause in feelings[UNHAPPY]:
            if text == comment:
                return cause
    return ""
