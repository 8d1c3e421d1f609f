"""What a survey says, in each language. A text staff left empty is said in the standard wording below.

These texts are content, kept beside one another as a survey's own texts are: {language: text}.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.conf import settings
from django.utils.translation import get_language_info

from surveys.models import Question, Survey
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.settings import options_of, rows_of

Texts = Mapping[str, str]
SurveyText = Literal["title", "intro", "thanks"]

LANGUAGES: tuple[str, ...] = tuple(code for code, _name in settings.LANGUAGES)
NOTHING: Mapping[str, str] = {}
NAMES = (
    "organisation",
    "first_name",
    "agent",
    "order",
    "you_said",
    "what_we_did",
)  # staff may write {…} around them in any text
NAME = re.compile(r"([ \u00a0,،,]*)\{(" + "|".join(NAMES) + r")\}")
PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")

QUESTIONS: Mapping[str, Texts] = {
    Question.Kind.NPS: {
        "en": "How likely are you to recommend {organisation} to a friend or colleague?",
        "ru": "Насколько вероятно, что вы порекомендуете {organisation} другу или коллеге?",
        "bs": "Koliko je vjerovatno da biste {organisation} preporučili prijatelju ili kolegi?",
        "fa": "چقدر احتمال دارد {organisation} را به دوست یا همکار خود پیشنهاد کنید؟",
        "zh-hans": "您有多大可能向朋友或同事推荐 {organisation}?",
    },
    Question.Kind.CSAT: {
        "en": "How satisfied are you with your experience with {organisation}?",
        "ru": "Насколько вы довольны обслуживанием в {organisation}?",
        "bs": "Koliko ste zadovoljni svojim iskustvom sa {organisation}?",
        "fa": "از تجربهٔ خود با {organisation} چقدر راضی هستید؟",
        "zh-hans": "您对 {organisation} 的体验满意吗?",
    },
    Question.Kind.CES: {
        "en": "{organisation} made it easy for me to do what I wanted to do.",
        "ru": "С {organisation} мне было легко сделать то, что я хотел(а).",
        "bs": "Uz {organisation} sam lako obavio/la ono što sam želio/la.",
        "fa": "{organisation} انجام کاری را که می‌خواستم برایم آسان کرد.",
        "zh-hans": "{organisation} 让我轻松办成了想办的事。",
    },
    Question.Kind.EFFORT: {
        "en": "How much effort did you personally have to put into this?",
        "ru": "Сколько усилий вам лично пришлось приложить?",
        "bs": "Koliko ste se lično morali potruditi?",
        "fa": "شما شخصاً چقدر مجبور شدید برای این کار تلاش کنید؟",
        "zh-hans": "为办成这件事,您本人花了多少力气?",
    },
    Question.Kind.EMAIL: {
        "en": "Your e-mail address",
        "ru": "Ваш адрес электронной почты",
        "bs": "Vaša e-mail adresa",
        "fa": "نشانی ایمیل شما",
        "zh-hans": "您的电子邮箱",
    },
    Question.Kind.PHONE: {
        "en": "Your telephone number",
        "ru": "Ваш номер телефона",
        "bs": "Vaš broj telefona",
        "fa": "شمارهٔ تلفن شما",
        "zh-hans": "您的电话号码",
    },
    Question.Kind.COMMENT: {
        "en": "What is the most important reason for your answer?",
        "ru": "Какова главная причина вашей оценки?",
        "bs": "Koji je najvažniji razlog za vaš odgovor?",
        "fa": "مهم‌ترین دلیل پاسخ شما چیست؟",
        "zh-hans": "您这样评价的最主要原因是什么?",
    },
}
QUESTIONS = {
    **QUESTIONS,
    Question.Kind.CSAT3: QUESTIONS[Question.Kind.CSAT],
    Question.Kind.CES5: QUESTIONS[Question.Kind.CES],
}
LOWEST: Mapping[str, Texts] = {
    Question.Kind.NPS: {
        "en": "Not at all likely",
        "ru": "Совсем не вероятно",
        "bs": "Nimalo vjerovatno",
        "fa": "اصلاً محتمل نیست",
        "zh-hans": "完全不可能",
    },
    Question.Kind.CSAT: {
        "en": "Very dissatisfied",
        "ru": "Очень недоволен(на)",
        "bs": "Veoma nezadovoljan/na",
        "fa": "بسیار ناراضی",
        "zh-hans": "非常不满意",
    },
    Question.Kind.CES: {
        "en": "Strongly disagree",
        "ru": "Совершенно не согласен(на)",
        "bs": "Uopšte se ne slažem",
        "fa": "کاملاً مخالفم",
        "zh-hans": "非常不同意",
    },
}
LOWEST = {
    **LOWEST,
    Question.Kind.CSAT3: LOWEST[Question.Kind.CSAT],
    Question.Kind.CES5: LOWEST[Question.Kind.CES],
    Question.Kind.EFFORT: {
        "en": "Very little effort",
        "ru": "Совсем немного",
        "bs": "Vrlo malo",
        "fa": "تلاش بسیار کم",
        "zh-hans": "几乎不费力",
    },
}
HIGHEST: Mapping[str, Texts] = {
    Question.Kind.NPS: {
        "en": "Extremely likely",
        "ru": "Очень вероятно",
        "bs": "Izuzetno vjerovatno",
        "fa": "بسیار محتمل",
        "zh-hans": "非常可能",
    },
    Question.Kind.CSAT: {
        "en": "Very satisfied",
        "ru": "Очень доволен(на)",
        "bs": "Veoma zadovoljan/na",
        "fa": "بسیار راضی",
        "zh-hans": "非常满意",
    },
    Question.Kind.CES: {
        "en": "Strongly agree",
        "ru": "Полностью согласен(на)",
        "bs": "U potpunosti se slažem",
        "fa": "کاملاً موافقم",
        "zh-hans": "非常同意",
    },
}
HIGHEST = {
    **HIGHEST,
    Question.Kind.CSAT3: HIGHEST[Question.Kind.CSAT],
    Question.Kind.CES5: HIGHEST[Question.Kind.CES],
    Question.Kind.EFFORT: {
        "en": "Very much effort",
        "ru": "Очень много",
        "bs": "Vrlo mnogo",
        "fa": "تلاش بسیار زیاد",
        "zh-hans": "非常费力",
    },
}
SURVEY: Mapping[SurveyText, Texts] = {
    "title": {
        "en": "How are we doing?",
        "ru": "Как у нас получается?",
        "bs": "Kako smo se pokazali?",
        "fa": "نظر شما دربارهٔ ما چیست؟",
        "zh-hans": "我们做得怎么样?",
    },
    "intro": {
        "en": "It takes about twenty seconds.",
        "ru": "Это займёт около двадцати секунд.",
        "bs": "Traje dvadesetak sekundi.",
        "fa": "حدود بیست ثانیه طول می‌کشد.",
        "zh-hans": "大约需要二十秒。",
    },
    "thanks": {
        "en": "Your answer has reached us. It helps {organisation} get better.",
        "ru": "Мы получили ваш ответ. Он помогает {organisation} становиться лучше.",
        "bs": "Vaš odgovor je stigao. Pomaže kompaniji {organisation} da bude bolja.",
        "fa": "پاسخ شما به دست ما رسید. این پاسخ به بهتر شدن {organisation} کمک می‌کند.",
        "zh-hans": "我们已收到您的回答,它会帮助 {organisation} 做得更好。",
    },
}


@dataclass(frozen=True)
class Voice:
    """In which language a survey speaks, and what it may say of the person and the occasion."""

    language: str
    main: str
    names: Mapping[str, str] = field(default_factory=dict)  # {"first_name": "Amra", "order": "A-17"}

    def say(self, own: Texts, standard: Texts = NOTHING) -> str:
        """The own text in the language, else in the main one, else the standard one; with the names filled in."""
        texts = own if any(own.values()) else standard
        text = texts.get(self.language) or texts.get(self.main) or next(filter(None, texts.values()), "")
        return NAME.sub(self.name, text)

    def name(self, found: re.Match[str]) -> str:
        """A name we do not know is left out, and the space or comma before it too."""
        space, name = found.groups()
        known = settings.ORGANISATION_NAME if name == "organisation" else self.names.get(name, "")
        return f"{space}{known}" if known else ""


def voice_of(questionnaire: Questionnaire, language: str, names: Mapping[str, str] = NOTHING) -> Voice:
    return Voice(language, questionnaire.survey.language, names)


def question_text(question: Question, voice: Voice, *, band: str = "") -> str:
    """What `question` asks; a question about a score may ask otherwise by the `band` of that score."""
    own = question.settings.get("bands", {}).get(band) or question.text
    return voice.say(own, QUESTIONS.get(question.kind, NOTHING))


def survey_text(survey: Survey, name: SurveyText, voice: Voice) -> str:
    """The survey's title, introduction or thank-you text."""
    return voice.say(getattr(survey, name), SURVEY[name])


def thank_you(survey: Survey, voice: Voice, band: str) -> str:
    """What those are told who gave a score of `band`, else what everybody is told."""
    return voice.say(survey.thanks_by_band.get(band, {})) or survey_text(survey, "thanks", voice)


def scale_ends(question: Question, voice: Voice) -> tuple[str, str]:
    """What the lowest and the highest number of a scale mean."""
    return (
        voice.say(question.settings.get("low", {}), LOWEST[question.kind]),
        voice.say(question.settings.get("high", {}), HIGHEST[question.kind]),
    )


def missing_languages(texts: Texts) -> list[str]:
    """Languages a text is not written in, though it is in another; a text written nowhere misses nothing."""
    return [code for code in LANGUAGES if not texts.get(code)] if any(texts.values()) else []


def languages_of(questionnaire: Questionnaire) -> list[str]:
    """Languages in which every question can be read: those a customer may choose from."""
    missing = {
        code
        for question in questionnaire.questions
        for texts in (
            question.text,
            *(option["text"] for option in (*options_of(question), *rows_of(question))),
        )
        for code in missing_languages(texts)
    }
    main = questionnaire.survey.language
    return [code for code in LANGUAGES if code not in missing or code == main]


def own_name(language: str) -> str:
    """A language's name in itself: Русский."""
    name: str = get_language_info(language)["name_local"] if language in LANGUAGES else language
    return name[:1].upper() + name[1:]


def in_digits(number: int, language: str) -> str:
    """A number in the digits of a language."""
    return str(number).translate(PERSIAN_DIGITS) if language == "fa" else str(number)
