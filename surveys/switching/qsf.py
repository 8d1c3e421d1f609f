"""Surveys of Qualtrics (.qsf): a JSON document of elements; SQ are questions, BL blocks, FL the order of the blocks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from surveys.models import Question
from surveys.switching.taken import (
    LONGEST_NAME,
    NotReadable,
    TakenOver,
    TakenQuestion,
    Texts,
    is_nps,
    key_from,
    language_from,
    options_from,
    plain,
    texts_from,
)

Kind = Question.Kind
Json = Mapping[str, Any]
MANY = {"MAVR", "MAHR", "MACOL", "MSB"}
ONE = {"SAVR", "SAHR", "SACOL", "DL", "SB"}
LONG_TEXT = {"ML", "ESTB"}
CONTENT = {
    "ValidNumber": Kind.NUMBER,
    "ValidEmail": Kind.EMAIL,
    "ValidPhone": Kind.PHONE,
    "ValidDate": Kind.DATE,
}
SIMPLE = {"DB": Kind.STATEMENT, "Slider": Kind.NUMBER, "FileUpload": Kind.FILE}


def read_qsf(contents: bytes) -> TakenOver:
    """What a .qsf file asks. Raises NotReadable, and nothing else, for whatever is none."""
    try:
        document = json.loads(contents)
        entry, elements = document["SurveyEntry"], [dict(each) for each in document["SurveyElements"]]
        return take(entry, elements)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise NotReadable(
            _("This is no Qualtrics survey. Export it there as QSF, and upload that file.")
        ) from error


def take(entry: Json, elements: list[dict[str, Any]]) -> TakenOver:
    language = language_from(entry.get("SurveyLanguage")) or "en"
    name = plain(entry.get("SurveyName"))[:LONGEST_NAME] or _("Survey from Qualtrics")
    taken = TakenOver(name=name, language=language, title={language: name})
    questions = {
        str(each["PrimaryAttribute"]): each["Payload"]
        for each in elements
        if each.get("Element") == "SQ" and isinstance(each.get("Payload"), dict)
    }
    keys: dict[str, TakenQuestion] = {}
    for number, starts_page in in_order(elements, questions):
        question = question_from(questions[number], taken)
        if question:
            question.starts_page = starts_page and bool(taken.questions)
            question.show_if = condition_from(questions[number], keys, taken)
            taken.add(question)
            keys[number] = question
    return taken


def in_order(elements: list[dict[str, Any]], questions: Mapping[str, Json]) -> Iterator[tuple[str, bool]]:
    """The questions block by block, and whether a page begins with each; without blocks, as they stand."""
    blocks = [
        block
        for each in elements
        if each.get("Element") == "BL" and each.get("Payload")
        for block in (each["Payload"].values() if isinstance(each["Payload"], dict) else each["Payload"])
        if block.get("Type") != "Trash"
    ]
    if not blocks:
        yield from ((number, False) for number in questions)
        return
    for block in blocks:
        starts_page = True
        for part in block.get("BlockElements", []):
            if part.get("Type") == "Page Break":
                starts_page = True
            elif part.get("QuestionID") in questions:
                yield part["QuestionID"], starts_page
                starts_page = False


def question_from(payload: Json, taken: TakenOver) -> TakenQuestion | None:
    name = plain(payload.get("DataExportTag")) or plain(payload.get("QuestionText"))[:40]
    settings_given = (payload.get("Validation") or {}).get("Settings") or {}
    choices = labels_of(payload, "Choices", "ChoiceOrder", taken.language)
    kind = kind_of(payload, settings_given, is_nps(choices, taken.language))
    if kind is None:
        kind_there = f"{payload.get('QuestionType')} {payload.get('Selector') or ''}".strip()
        taken.leave_out(name, _("There is no such kind of question here (%(kind)s).") % {"kind": kind_there})
        return None
    question = TakenQuestion(
        key=key_from(payload.get("DataExportTag") or kind),
        kind=kind,
        text=texts_in(payload, "QuestionText", taken.language),
        is_required=settings_given.get("ForceResponse") == "ON",
    )
    if kind in {Kind.CHOICE, Kind.CHOICES, Kind.RANKING}:
        question.settings["options"] = options_from(choices, taken=taken, name=name)
    if kind == Kind.MATRIX:
        columns = labels_of(payload, "Answers", "AnswerOrder", taken.language)
        question.settings["rows"] = options_from(choices, taken=taken, name=name)
        question.settings["options"] = options_from(columns, taken=taken, name=name)
    if payload.get("Randomization") and kind in {Kind.CHOICE, Kind.CHOICES, Kind.RANKING}:
        question.settings["shuffle"] = True
    return question


def kind_of(payload: Json, settings_given: Json, nps: bool) -> str | None:  # noqa: FBT001  a fact, not a switch
    type_, selector = payload.get("QuestionType"), payload.get("Selector")
    if type_ == "MC":
        if selector == "NPS" or nps:
            return Kind.NPS
        return Kind.CHOICES if selector in MANY else Kind.CHOICE if selector in ONE else None
    if type_ == "TE" and selector != "FORM":
        usual = Kind.COMMENT if selector in LONG_TEXT else Kind.TEXT
        return CONTENT.get(str(settings_given.get("ContentType")), usual)
    if type_ == "Matrix":
        one = payload.get("SubSelector") in {"SingleAnswer", "DL"} and selector == "Likert"
        return Kind.MATRIX if one else None
    return Kind.RANKING if type_ == "RO" else SIMPLE.get(str(type_))


def texts_in(payload: Json, name: str, language: str) -> Texts:
    others = payload.get("Language") or {}
    translated = others.items() if isinstance(others, dict) else ()
    return texts_from({**{code: each.get(name) for code, each in translated}, language: payload.get(name)})


def labels_of(payload: Json, name: str, order: str, language: str) -> dict[str, Texts]:
    """The options' texts by their number there, in their order."""
    choices = payload.get(name) or {}
    if isinstance(choices, list):
        choices = {str(number): each for number, each in enumerate(choices, start=1)}
    others = payload.get("Language") or {}
    wanted = [str(each) for each in payload.get(order) or choices]
    found = {}
    for number in wanted:
        choice = choices.get(number)
        if choice is None:
            continue
        told = {language: choice["Display"]}
        for code, each in others.items() if isinstance(others, dict) else ():
            there = (each.get(name) or {}).get(number) if isinstance(each.get(name), dict) else None
            if there:
                told.setdefault(code, there.get("Display"))
        found[number] = texts_from(told)
    return found


def condition_from(payload: Json, keys: Mapping[str, TakenQuestion], taken: TakenOver) -> dict[str, Any]:
    """“Shown if a choice was (not) selected”, joined by and or or; anything else is left out and said."""
    logic = payload.get("DisplayLogic")
    if not isinstance(logic, dict):
        return {}
    parts: list[dict[str, Any] | None] = []
    joints: set[str] = set()
    for group in (each for each in logic.values() if isinstance(each, dict)):
        for row in (each for each in group.values() if isinstance(each, dict)):
            if parts:
                joints.add(str(row.get("Conjuction", "And")))
            parts.append(leaf_from(row, keys))
    whole = [part for part in parts if part]
    if not parts or len(whole) < len(parts) or len(joints) > 1:
        taken.leave_out(
            plain(payload.get("DataExportTag")),
            _("The condition under which it was shown was not taken over."),
        )
        return {}
    return whole[0] if len(whole) == 1 else {"any" if "Or" in joints else "all": whole}


def leaf_from(row: Json, keys: Mapping[str, TakenQuestion]) -> dict[str, Any] | None:
    question = keys.get(str(row.get("QuestionID")))
    number = str(row.get("ChoiceLocator", "")).rpartition("/")[2]
    operator = row.get("Operator")
    if question is None or operator not in {"Selected", "NotSelected"} or not number:
        return None
    if question.kind == Kind.NPS and number.isdecimal():
        leaf: dict[str, Any] = {"question": question.key, "op": "is", "value": int(number)}
    elif question.kind in {Kind.CHOICE, Kind.CHOICES}:
        leaf = {"question": question.key, "op": "includes", "value": number}
    else:
        return None
    return leaf if operator == "Selected" else {"not": leaf}
