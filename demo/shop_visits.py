"""A survey on the counters of the shops: QR codes, a kiosk and a page of the own site, and what visitors answered.

Half way through the two months a question is added: the survey's second version. Another survey is still a draft.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from demo.comments import COMMENTS, HAPPY, MIDDLING, UNHAPPY
from demo.people import dice_of
from demo.shop_wording import NAME, OPTIONS, QUESTIONS, THANKS, TITLE
from journeys.models import Touchpoint
from staff.models import Unit, User
from surveys.answering.responses import record_response
from surveys.answering.settling import settle_started
from surveys.answering.sitting import Sent, by_link, go_on
from surveys.models import Survey, SurveyLink, Theme
from surveys.questions.conditions import Condition
from surveys.questions.questionnaires import asked_by
from surveys.writing.drafting import add_question
from surveys.writing.publishing import publish_survey
from surveys.writing.starters import start_survey

VISITORS = 640
DAYS = 60
MOODS = {1: UNHAPPY, 2: UNHAPPY, 3: MIDDLING, 4: HAPPY, 5: HAPPY}
UNHAPPY_ONES: Condition = {"question": "visit", "op": "band", "value": "bad"}
COUNTRY_LANGUAGES = {"Sarajevo": "bs", "Belgrade": "bs", "Hamburg": "en", "New York": "en"}


def ask_in_shops(shops: dict[str, Unit], *, at: datetime) -> None:
    """Write the survey, put its codes on the counters, and let people come by for two months."""
    survey = write_shop_survey(at=at - timedelta(days=DAYS + 1))
    links = put_up_codes(survey, shops)
    asks_more = at - timedelta(days=DAYS / 2)
    for number, dice, link, moment in sorted(visits(links, at=at), key=lambda visit: visit[3]):
        if moment > asks_more:
            ask_more(survey, at=asks_more)
        visit = Visit(survey, link, f"{number:032x}", language_of(dice, link), moment)
        answers = visit.by_question(answers_of(dice, link))
        if (pages := dice.choices((None, 1, 2), (88, 8, 4))[0]) is None:
            visit.answer(answers, seconds=int(dice.lognormvariate(3.6, 0.5)))
        else:
            visit.leave_after(pages, answers)
    settle_started(at=at)
    draft_product_survey(shops["BA"])


@dataclass(frozen=True)
class Visit:
    """Somebody before the survey, in a language and at a moment."""

    survey: Survey
    link: SurveyLink
    key: str
    language: str
    at: datetime

    def by_question(self, answers: dict[str, Any]) -> dict[int, Any]:
        """By the questions of today's version."""
        asked = asked_by(self.survey).questions
        return {question.pk: answers[question.key] for question in asked if question.key in answers}

    def answer(self, answers: dict[int, Any], *, seconds: int) -> None:
        record_response(
            survey=self.survey,
            customer=None,
            answers=answers,
            at=self.at,
            channel=self.link.kind,
            touchpoint=self.link.touchpoint,
            language=self.language,
            link=self.link,
            key=self.key,
            seconds=seconds,
        )

    def leave_after(self, pages: int, answers: dict[int, Any]) -> None:
        """Somebody is called to the counter after the first page or the second."""
        for page in range(pages):
            sitting = by_link(self.link, key=self.key, context={})
            here = [question.pk for question in sitting.questionnaire.pages[page]]
            sent = Sent(
                answers={pk: answers.get(pk) for pk in here},
                page=page,
                seen=frozenset(here),
                begun_at=self.at,
            )
            go_on(sitting, sent, language=self.language, at=self.at + timedelta(seconds=20 * (page + 1)))


def write_shop_survey(*, at: datetime) -> Survey:
    theme = Theme.objects.create(name="Meridian Mobile", accent="#0a6c74", ground="#eef5f2")
    survey = Survey.objects.create(
        name=NAME,
        kind=Survey.Kind.TRANSACTIONAL,
        touchpoint=Touchpoint.objects.filter(slug="shop").first(),
        title=TITLE,
        thanks_by_band=THANKS,
        review_url="https://reviews.example/meridian-mobile",
        theme=theme,
    )
    add_question(
        survey=survey,
        kind="csat",
        key="visit",
        text=QUESTIONS["visit"],
        settings={"style": "faces"},
        is_required=True,
    )
    add_question(
        survey=survey,
        kind="choices",
        key="wrong",
        text=QUESTIONS["wrong"],
        settings={"options": options("wrong"), "other": True},
        show_if=UNHAPPY_ONES,
    )
    add_question(survey=survey, kind="comment", key="words", text=QUESTIONS["words"], starts_page=True)
    add_question(
        survey=survey,
        kind="matrix",
        key="parts",
        text=QUESTIONS["parts"],
        settings={"rows": options("parts"), "options": options("marks")},
        starts_page=True,
    )
    publish_survey(survey=survey, by=User.objects.get(username="maja"), at=at)
    return survey


def options(name: str) -> list[dict[str, Any]]:
    return [{"key": key, "text": text} for key, text in OPTIONS[name].items()]


def put_up_codes(survey: Survey, shops: dict[str, Unit]) -> list[SurveyLink]:
    """A code on each counter, a kiosk in the first shop, and a small window on the website."""
    links = [
        SurveyLink(
            survey=survey,
            name=f"{unit.name}, counter",
            code=f"shop{country.lower()}",
            kind=SurveyLink.Kind.QR,
            unit=unit,
            touchpoint=survey.touchpoint,
        )
        for country, unit in shops.items()
    ]
    links += [
        SurveyLink(
            survey=survey, name="Sarajevo, kiosk at the door", code="kioskba", kind=SurveyLink.Kind.KIOSK,
            unit=shops["BA"], touchpoint=survey.touchpoint,
        ),
        SurveyLink(
            survey=survey, name="meridian-mobile.example", code="website", kind=SurveyLink.Kind.EMBED,
            sites=["https://meridian-mobile.example"], touchpoint=survey.touchpoint,
        ),
    ]  # fmt: skip
    for link in links:
        link.opened = int(VISITORS * dice_of("looks", link.code).uniform(0.2, 0.4))
    return SurveyLink.objects.bulk_create(links)


def visits(links: list[SurveyLink], *, at: datetime) -> Iterator[tuple[int, Random, SurveyLink, datetime]]:
    """Each visitor with a chance of their own, the way they came and when."""
    for number in range(VISITORS):
        dice = dice_of("visits", number)
        yield number, dice, dice.choice(links), at - timedelta(days=dice.uniform(0.1, DAYS))


def answers_of(dice: Random, link: SurveyLink) -> dict[str, Any]:
    """Hamburg waits longest; the kiosk is pressed in passing."""
    weights = (12, 14, 18, 30, 26) if "Hamburg" in link.name else (4, 7, 14, 38, 37)
    score = dice.choices(range(1, 6), weights)[0]
    found: dict[str, Any] = {"visit": score}
    if score <= 2:
        found["wrong"] = dice.sample([*OPTIONS["wrong"]], dice.choice((1, 1, 2)))
    if dice.random() < 0.45:
        language = COUNTRY_LANGUAGES.get(link.name.partition(",")[0], "en")
        found["words"] = dice.choice(COMMENTS[language][MOODS[score]])[0]
    marks = [*OPTIONS["marks"]]
    found["parts"] = {
        part: marks[min(3, max(0, round(dice.gauss(score - 1.8, 0.8))))] for part in OPTIONS["parts"]
    }
    found["solved"] = dice.random() < 0.2 + 0.16 * score
    return found


def language_of(dice: Random, link: SurveyLink) -> str:
    usual = COUNTRY_LANGUAGES.get(link.name.partition(",")[0], "en")
    return usual if dice.random() < 0.85 else dice.choice(["en", "ru", "fa", "zh-hans"])


def ask_more(survey: Survey, *, at: datetime) -> None:
    """The second version asks whether people got what they came for."""
    if survey.questions.filter(key="solved").exists():
        return
    add_question(survey=survey, kind="yesno", key="solved", text=QUESTIONS["solved"])
    publish_survey(survey=survey, by=User.objects.get(username="maja"), at=at)


def draft_product_survey(unit: Unit) -> None:
    """Begun from a template, with a question nobody has translated and a colour nobody can read."""
    survey = start_survey(slug="product", language="en")
    add_question(survey=survey, kind="text", text={"en": "Which phone do you use it on?"})
    survey.theme = Theme.objects.create(
        name="Meridian Go", unit=unit.parent, accent="#ffb703", ground="#fffaf0", font=Theme.Font.ROUNDED,
        corners=Theme.Corners.SQUARE,
    )  # fmt: skip
    survey.save(update_fields=["theme"])
