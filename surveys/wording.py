"""What a survey says, in each language. A text staff left empty is said in the standard wording below.

These texts are content, kept beside one another as a survey's own texts are: {language: text}.
"""

from collections.abc import Mapping
from typing import Literal

from django.conf import settings
from django.utils.translation import get_language_info

from surveys.models import Question, Survey

Texts = Mapping[str, str]
SurveyText = Literal["title", "intro", "thanks"]

LANGUAGES: tuple[str, ...] = tuple(code for code, _name in settings.LANGUAGES)
ORGANISATION = "{organisation}"  # staff may write it in any text
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
    Question.Kind.COMMENT: {
        "en": "What is the most important reason for your answer?",
        "ru": "Какова главная причина вашей оценки?",
        "bs": "Koji je najvažniji razlog za vaš odgovor?",
        "fa": "مهم‌ترین دلیل پاسخ شما چیست؟",
        "zh-hans": "您这样评价的最主要原因是什么?",
    },
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


def question_text(question: Question, language: str, *, main: str) -> str:
    """What `question` asks in `language`."""
    return said(question.text, standard=QUESTIONS[question.kind], language=language, main=main)


def survey_text(survey: Survey, name: SurveyText, language: str) -> str:
    """The survey's title, introduction or thank-you text in `language`."""
    return said(getattr(survey, name), standard=SURVEY[name], language=language, main=survey.language)


def said(own: Texts, *, standard: Texts, language: str, main: str) -> str:
    """The own text in the language, else in the main language, else the standard one; with the name filled in."""
    texts = own if any(own.values()) else standard
    text = texts.get(language) or texts.get(main) or next(text for text in texts.values() if text)
    return text.replace(ORGANISATION, settings.ORGANISATION_NAME)


def scale_ends(kind: str, language: str) -> tuple[str, str]:
    """What the lowest and the highest number of a scale mean."""
    return LOWEST[kind].get(language, LOWEST[kind]["en"]), HIGHEST[kind].get(language, HIGHEST[kind]["en"])


def missing_languages(texts: Texts) -> list[str]:
    """Languages a text is not written in, though it is in another; a text written nowhere misses nothing."""
    return [code for code in LANGUAGES if not texts.get(code)] if any(texts.values()) else []


def languages_of(survey: Survey) -> list[str]:
    """Languages in which every question can be read: those a customer may choose from."""
    missing = {code for question in survey.questions.all() for code in missing_languages(question.text)}
    return [code for code in LANGUAGES if code not in missing or code == survey.language]


def own_name(language: str) -> str:
    """A language's name in itself: Русский."""
    name: str = get_language_info(language)["name_local"] if language in LANGUAGES else language
    return name[:1].upper() + name[1:]


def in_digits(number: int, language: str) -> str:
    """A number in the digits of a language."""
    return str(number).translate(PERSIAN_DIGITS) if language == "fa" else str(number)
