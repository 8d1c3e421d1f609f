"""How the exports of other tools look: by which columns each is known, and what its columns mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DATE, EMAIL, ID, LANGUAGE, FINISHED = "date", "email", "id", "language", "finished"
SCORE, COMMENT = "score", "comment"  # the first question of scores, and the first for a comment


@dataclass(frozen=True)
class Tool:
    """`known_by`: the names of columns, all of which are there. `columns`: what each means, by its name.

    `head_lines` is how many lines may stand above the answers. Its dates are in `zone` unless they say otherwise.
    """

    name: str
    known_by: tuple[frozenset[str], ...]
    columns: Mapping[str, str]
    head_lines: int = 1
    zone: str = ""
    days_first: bool = False
    tests: Mapping[str, frozenset[str]] = field(default_factory=dict)  # column → what it holds in a trial run


def any_of(*alternatives: set[str]) -> tuple[frozenset[str], ...]:
    return tuple(map(frozenset, alternatives))


TOOLS: Mapping[str, Tool] = {
    "qualtrics": Tool(
        name="Qualtrics",
        known_by=any_of({"startdate", "enddate", "responseid"}),
        columns={
            "enddate": DATE,
            "responseid": ID,
            "recipientemail": EMAIL,
            "userlanguage": LANGUAGE,
            "finished": FINISHED,
        },
        head_lines=3,
        tests={"status": frozenset({"survey preview", "survey test", "1", "2"})},
    ),
    "surveymonkey": Tool(
        name="SurveyMonkey",
        known_by=any_of({"respondent id", "collector id"}),
        columns={"end date": DATE, "respondent id": ID, "email address": EMAIL},
        head_lines=2,
    ),
    "typeform": Tool(
        name="Typeform",
        known_by=any_of({"#", "submit date (utc)"}, {"#", "submitted at"}),
        columns={
            "submit date (utc)": DATE,
            "submitted at": DATE,
            "#": ID,
            "response type": FINISHED,
            "email": EMAIL,
        },
        zone="UTC",
    ),
    "delighted": Tool(
        name="Delighted",
        known_by=any_of({"score", "comment", "survey type"}, {"score", "comment", "permalink"}),
        columns={
            "responded at": DATE,
            "response date": DATE,
            "created at": DATE,
            "response id": ID,
            "id": ID,
            "email": EMAIL,
            "score": SCORE,
            "comment": COMMENT,
            "locale": LANGUAGE,
        },
        zone="UTC",
    ),
    "asknicely": Tool(
        name="AskNicely",
        known_by=any_of({"answer", "sent", "responded"}),
        columns={
            "responded": DATE,
            "response_id": ID,
            "response id": ID,
            "email": EMAIL,
            "answer": SCORE,
            "comment": COMMENT,
        },
        zone="UTC",
    ),
    "google-forms": Tool(
        name="Google Forms",
        known_by=any_of({"timestamp"}, {"отметка времени"}, {"vremenska oznaka"}, {"时间戳记"}, {"مهر زمان"}),
        columns={
            "timestamp": DATE,
            "отметка времени": DATE,
            "vremenska oznaka": DATE,
            "时间戳记": DATE,
            "مهر زمان": DATE,
            "email address": EMAIL,
            "username": EMAIL,
            "электронная почта": EMAIL,
            "e-adresa": EMAIL,
            "电子邮件地址": EMAIL,
        },
    ),
}
UNKNOWN = Tool(
    name="CSV",
    known_by=(),
    columns={
        **dict.fromkeys(
            ("submitted at", "submitted_at", "responded at", "response date", "completed at", "created at", "date",
             "timestamp", "дата", "datum", "تاریخ", "日期"),
            DATE,
        ),
        **dict.fromkeys(("response id", "response_id", "responseid", "id"), ID),
        **dict.fromkeys(
            ("email", "e-mail", "mail", "email address", "e-mail address", "customer email", "почта", "ایمیل", "邮箱"),
            EMAIL,
        ),
        **dict.fromkeys(("language", "locale", "lang"), LANGUAGE),
        **dict.fromkeys(("score", "nps", "csat", "ces", "rating"), SCORE),
        **dict.fromkeys(("comment", "comments", "feedback", "verbatim"), COMMENT),
    },
)  # fmt: skip


def tool_of(header: Sequence[str]) -> str:
    """The tool that wrote a file with these columns; "" when nobody knows."""
    names = {name.lower() for name in header}
    return next(
        (key for key, tool in TOOLS.items() if any(known_by <= names for known_by in tool.known_by)), ""
    )


def tool_named(key: str) -> Tool:
    return TOOLS.get(key, UNKNOWN)
