"""Surveys of LimeSurvey (.lss): an XML document of tables, each with rows; texts stand beside them by language."""

import re
from collections import defaultdict
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
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
    option_key,
    options_from,
    plain,
    texts_from,
)

Kind = Question.Kind
Row = dict[str, str]
KINDS = {
    "L": Kind.CHOICE, "!": Kind.CHOICE, "O": Kind.CHOICE, "M": Kind.CHOICES, "P": Kind.CHOICES,
    "F": Kind.MATRIX, "H": Kind.MATRIX, "A": Kind.MATRIX, "B": Kind.MATRIX, "C": Kind.MATRIX, "E": Kind.MATRIX,
    "5": Kind.CSAT, "N": Kind.NUMBER, "D": Kind.DATE, "S": Kind.TEXT, "T": Kind.COMMENT, "U": Kind.COMMENT,
    "Y": Kind.YESNO, "R": Kind.RANKING, "X": Kind.STATEMENT, "|": Kind.FILE,
}  # fmt: skip
FIXED_COLUMNS = {
    "A": [str(number) for number in range(1, 6)],
    "B": [str(number) for number in range(1, 11)],
    "C": ["Yes", "Uncertain", "No"],
    "E": ["Increase", "Same", "Decrease"],
}
YES = "Y"
RELEVANCE = re.compile(
    r"\A[\s(]*([A-Za-z]\w*?)(?:_(\w+))?(?:\.NAOK|\.value)?\s*(==|!=|<=|>=)\s*[\"']?([^\"'()&|]*)[\"']?[\s)]*\Z"
)


def read_lss(contents: bytes) -> TakenOver:
    """What a .lss file asks. Raises NotReadable, and nothing else, for whatever is none."""
    try:
        document = fromstring(contents, forbid_dtd=True)
        if (document.findtext("LimeSurveyDocType") or "") != "Survey":
            raise NotReadable(_("This is no LimeSurvey survey. Export its structure there as .lss."))
        return take(document)
    except (ParseError, DefusedXmlException, ValueError, KeyError, LookupError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(
            _("This is no LimeSurvey survey. Export its structure there as .lss, and upload that file.")
        ) from error


def rows_in(document: Element, table: str) -> list[Row]:
    return [{each.tag: each.text or "" for each in row} for row in document.findall(f"{table}/rows/row")]


def take(document: Element) -> TakenOver:
    settings_rows = rows_in(document, "surveys_languagesettings")
    survey = next(iter(rows_in(document, "surveys")), {})
    language = (
        language_from(survey.get("language"))
        or language_from(document.findtext("languages/language"))
        or "en"
    )
    titles = texts_from(
        {row.get("surveyls_language", ""): row.get("surveyls_title") for row in settings_rows}
    )
    name = (titles.get(language) or next(iter(titles.values()), _("Survey from LimeSurvey")))[:LONGEST_NAME]
    taken = TakenOver(name=name, language=language, title=titles)
    source = Source(document, language)
    keys: dict[str, TakenQuestion] = {}
    group = None
    for row in source.questions:
        question = question_from(row, source, taken)
        if question is None:
            continue
        question.starts_page = bool(taken.questions) and row.get("gid") != group
        group = row.get("gid")
        question.show_if = condition_from(row, keys, taken)
        taken.add(question)
        keys[row.get("title", "")] = question
    return taken


class Source:
    """The tables of a document, each text by language."""

    def __init__(self, document: Element, language: str) -> None:
        self.language = language
        rows = rows_in(document, "questions")
        self.texts = by_language(rows_in(document, "question_l10ns") or rows, "qid", "question")
        subquestions = rows_in(document, "subquestions")
        self.subtexts = self.texts | by_language(
            rows_in(document, "question_l10ns") or subquestions, "qid", "question"
        )
        order = {row.get("gid", ""): number(row.get("group_order")) for row in rows_in(document, "groups")}
        once = {row["qid"]: row for row in reversed(rows) if number(row.get("parent_qid")) == 0}
        self.questions = sorted(
            once.values(),
            key=lambda row: (order.get(row.get("gid", ""), 0), number(row.get("question_order"))),
        )
        self.parts: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in sorted(subquestions, key=lambda row: number(row.get("question_order"))):
            if number(row.get("scale_id")) == 0:
                self.parts[row.get("parent_qid", "")].setdefault(row["qid"], row)
        answers = rows_in(document, "answers")
        translated = by_language(rows_in(document, "answer_l10ns"), "aid", "answer")
        self.answers: dict[str, dict[str, Texts]] = defaultdict(dict)
        for row in sorted(answers, key=lambda row: number(row.get("sortorder"))):
            own = translated.get(row.get("aid", "")) or texts_from(
                {row.get("language") or language: row.get("answer")}
            )
            known = self.answers[row.get("qid", "")].setdefault(row.get("code", ""), {})
            known.update(own)

    def labels_of(self, qid: str) -> dict[str, Texts]:
        """A question's answers by their code."""
        return self.answers.get(qid, {})

    def lines_of(self, qid: str) -> dict[str, Texts]:
        """Its subquestions by their code."""
        return {
            row.get("title", key): self.subtexts.get(key) or texts_from({self.language: row.get("question")})
            for key, row in self.parts.get(qid, {}).items()
        }


def by_language(rows: list[Row], key: str, name: str) -> dict[str, Texts]:
    found: dict[str, dict[str, object]] = defaultdict(dict)
    for row in rows:
        if row.get("language") and row.get(name):
            found[row.get(key, "")][row["language"]] = row[name]
    return {each: texts_from(told) for each, told in found.items()}


def number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004  digits every database takes


def question_from(row: Row, source: Source, taken: TakenOver) -> TakenQuestion | None:
    type_, name, qid = row.get("type", ""), row.get("title", ""), row["qid"]
    kind = KINDS.get(type_)
    if kind is None:
        taken.leave_out(name, _("There is no such kind of question here (%(kind)s).") % {"kind": type_})
        return None
    labels, lines = source.labels_of(qid), source.lines_of(qid)
    if kind == Kind.CHOICE and is_nps(labels, source.language):
        kind = Kind.NPS
    if type_ in {"O", "P"}:
        taken.leave_out(name, _("The comment beside the choice was not taken over."))
    text = source.texts.get(qid) or texts_from({source.language: row.get("question")})
    question = TakenQuestion(
        key=key_from(name), kind=kind, text=text, is_required=row.get("mandatory") in {"Y", "S"}
    )
    offered = lines if kind == Kind.CHOICES else labels
    if kind in {Kind.CHOICE, Kind.CHOICES, Kind.RANKING}:
        question.settings["options"] = options_from(offered or lines, taken=taken, name=name)
    if kind in {Kind.CHOICE, Kind.CHOICES} and row.get("other") == YES:
        question.settings["other"] = True
    if kind == Kind.MATRIX:
        fixed = {label: {source.language: label} for label in FIXED_COLUMNS.get(type_, [])}
        question.settings["rows"] = options_from(lines, taken=taken, name=name)
        question.settings["options"] = options_from(fixed or labels, taken=taken, name=name)
    return question


def condition_from(row: Row, keys: dict[str, TakenQuestion], taken: TakenOver) -> dict[str, Any]:
    """“Question == answer” and its like; anything longer is left out and said."""
    relevance = plain(row.get("relevance")).strip()
    if relevance in {"", "1"}:
        return {}
    found = RELEVANCE.match(relevance)
    question = keys.get(found.group(1)) if found else None
    if not found or question is None:
        taken.leave_out(row.get("title", ""), _("The condition under which it was shown was not taken over."))
        return {}
    _name, part, op, value = found.groups()
    if part and question.kind == Kind.CHOICES:
        leaf: dict[str, Any] = {"question": question.key, "op": "includes", "value": option_key(part)}
        return leaf if (op == "==") is (value == YES) else {"not": leaf}
    if question.kind == Kind.YESNO:
        value = "yes" if value == YES else "no"
    elif question.kind == Kind.CHOICE:
        value = option_key(value)
    ops = {"==": "is", "!=": "is_not", ">=": "at_least", "<=": "at_most"}
    return {"question": question.key, "op": ops[op], "value": value.strip() or "0"}
