"""A survey that asks what the sample files answer, and a file on its way into it."""

from pathlib import Path

from staff.models import User
from surveys.models import ResponseImport, Survey
from surveys.switching.columns import guess_mapping
from surveys.switching.looking import first_lines, guess_order
from surveys.switching.receiving import receive_answers
from surveys.switching.running import asked_in, run_imports, start_import
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.factories.surveys import QuestionFactory, SurveyFactory, published

SAMPLES = Path(__file__).parent / "samples"


def options(**texts: str) -> list[dict]:
    return [{"key": key, "text": {"en": text}} for key, text in texts.items()]


QUESTIONS = (
    {"key": "nps", "kind": "nps", "is_required": True},
    {
        "key": "used",
        "kind": "choices",
        "text": {"en": "What did you use?"},
        "settings": {"options": options(bar="The bar", pool="The pool"), "other": True},
    },
    {
        "key": "parts",
        "kind": "matrix",
        "text": {"en": "Parts"},
        "is_required": True,
        "settings": {"rows": options(seat="Seat", food="Food"), "options": options(good="Good", bad="Bad")},
    },
    {"key": "back", "kind": "yesno", "text": {"en": "Would you come back?"}},
    {
        "key": "rank",
        "kind": "ranking",
        "text": {"en": "Rank"},
        "settings": {"options": options(price="Price", speed="Speed")},
    },
    {"key": "why", "kind": "comment", "text": {"en": "Why?"}},
)


def hotel_survey(**fields) -> Survey:
    survey = SurveyFactory(questions=[], **fields)
    for position, question in enumerate(QUESTIONS, start=1):
        QuestionFactory(survey=survey, position=position, **question)
    return published(survey)


def received(
    contents: bytes, *, survey: Survey | None = None, by: User | None = None, **how
) -> ResponseImport:
    return receive_answers(
        survey=survey or hotel_survey(),
        blocks=[contents] if contents else [],
        file_name="answers.csv",
        by=by or UserFactory(language="en"),
        at=NOON,
        **how,
    )


def started(upload: ResponseImport, **chosen) -> ResponseImport:
    """With the columns as they were guessed, unless something else is chosen."""
    mapping = guess_mapping(upload.header, upload.labels, tool=upload.tool, questionnaire=asked_in(upload))
    usual = {
        "mapping": mapping,
        "days_first": guess_order(first_lines(upload), mapping, upload.days_first),
        "time_zone": upload.time_zone,
        "source": upload.source,
    }
    start_import(upload=upload, by=upload.created_by, at=NOON, **(usual | chosen))
    return upload


def imported(contents: bytes, *, at=NOON, chosen=None, **how) -> ResponseImport:
    upload = started(received(contents, **how), **(chosen or {}))
    assert run_imports(at=at)
    upload.refresh_from_db()
    assert (upload.state, upload.failure) == ("done", "")
    return upload


def counts(upload: ResponseImport) -> tuple[int, int, int, int]:
    """Taken, already there, of known customers, refused."""
    return upload.taken_count, upload.again_count, upload.known_count, upload.refused_count


def reasons(upload: ResponseImport) -> list[tuple[int, str]]:
    return list(upload.refused_lines.values_list("line", "reason"))
