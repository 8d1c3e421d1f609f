"""What the survey's page does by itself: the same questions as the server asks, and nothing sent without the button."""

from random import Random
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from surveys.metrics import SCALES, band_of
from surveys.models import Answer
from surveys.questions.conditions import BANDS, FACT_OPS, QUESTION_OPS, Known, holds, settled
from tests.browser.conftest import choose
from tests.factories.surveys import QuestionFactory, SurveyFactory, SurveyLinkFactory, published

pytestmark = pytest.mark.browser

SCRIPT = settings.BASE_DIR / "static/public/survey.js"
KINDS = {
    "nps": "nps",
    "effort": "effort",
    "csat3": "csat3",
    "why": "choices",
    "one": "choice",
    "again": "yesno",
}
SCORED = {
    "answers": {
        "nps": 6,
        "effort": 2,
        "csat3": 2,
        "why": ["price", "staff"],
        "one": ["price"],
        "again": False,
    },
    "kinds": KINDS,
    "attributes": {"country": "BA", "vip": True, "points": 0, "first_name": ""},
    "context": {"channel": "kiosk", "order": "17"},
}
NOTHING = {"answers": {}, "kinds": KINDS, "attributes": {}, "context": {}}
TEXTS = {
    "answers": {
        "city": "Sarajevo",
        "age": 30.5,
        "seats": 3,
        "blank": "",
        "none": [],
        "grid": {"a": "1"},
        "zero": 0,
    },
    "kinds": {"city": "text", "age": "number", "seats": "number", "zero": "nps"},
    "attributes": {},
    "context": {},
}


def asks(key: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"question": key, "op": op, "value": value}


def fact(about: str, name: str, op: str, value: Any = None) -> dict[str, Any]:
    return {about: name, "op": op, "value": value}


CASES = [
    ({}, NOTHING, True),
    (asks("nps", "is", 6), SCORED, True),
    (asks("nps", "is", "6"), SCORED, True),
    (asks("nps", "is", 7), SCORED, False),
    (asks("nps", "is_not", 7), SCORED, True),
    (asks("nps", "is", 6), NOTHING, False),
    (asks("nps", "is_not", 6), NOTHING, True),
    (asks("nps", "at_least", 6), SCORED, True),
    (asks("nps", "at_least", "7"), SCORED, False),
    (asks("nps", "at_most", "۶"), SCORED, True),
    (asks("nps", "at_most", 5), SCORED, False),
    (asks("nps", "at_most", 10), NOTHING, False),
    (asks("nps", "band", "bad"), SCORED, True),
    (asks("nps", "band", "middle"), SCORED, False),
    (asks("nps", "band", "bad"), NOTHING, False),
    (asks("effort", "band", "good"), SCORED, True),
    (asks("csat3", "band", "middle"), SCORED, True),
    (asks("why", "band", "bad"), SCORED, False),
    (asks("why", "includes", "staff"), SCORED, True),
    (asks("why", "includes", "speed"), SCORED, False),
    (asks("why", "is", "price"), SCORED, False),
    (asks("one", "is", "price"), SCORED, True),
    (asks("one", "is_not", "price"), SCORED, False),
    (asks("nps", "includes", "6"), SCORED, False),
    (asks("again", "is", "yes"), SCORED, False),
    (asks("again", "is", "no"), SCORED, True),
    (asks("again", "is", False), SCORED, True),
    (asks("again", "answered"), SCORED, True),
    (asks("again", "is", "no"), NOTHING, False),
    (asks("again", "at_least", 0), SCORED, False),
    (asks("city", "is", "Sarajevo"), TEXTS, True),
    (asks("city", "is", "sarajevo"), TEXTS, False),
    (asks("city", "at_least", 1), TEXTS, False),
    (asks("city", "includes", "Sara"), TEXTS, False),
    (asks("age", "is", "30.5"), TEXTS, True),
    (asks("age", "at_most", 30.5), TEXTS, True),
    (asks("seats", "is", 3), TEXTS, True),
    (asks("seats", "band", "good"), TEXTS, False),
    (asks("zero", "answered"), TEXTS, True),
    (asks("zero", "band", "bad"), TEXTS, True),
    (asks("blank", "answered"), TEXTS, False),
    (asks("none", "not_answered"), TEXTS, True),
    (asks("grid", "answered"), TEXTS, True),
    (asks("unheard", "not_answered"), TEXTS, True),
    (fact("attribute", "country", "is", "BA"), SCORED, True),
    (fact("attribute", "country", "is_not", "BA"), SCORED, False),
    (fact("attribute", "country", "is", "BA"), NOTHING, False),
    (fact("attribute", "country", "is_not", "BA"), NOTHING, True),
    (fact("attribute", "vip", "is", True), SCORED, True),
    (fact("attribute", "points", "is_set"), SCORED, True),
    (fact("attribute", "points", "is", "0"), SCORED, True),
    (fact("attribute", "first_name", "is_set"), SCORED, False),
    (fact("attribute", "first_name", "is_not_set"), SCORED, True),
    (fact("context", "channel", "is", "kiosk"), SCORED, True),
    (fact("context", "order", "is", 17), SCORED, True),
    (fact("context", "agent", "is_set"), SCORED, False),
    ({"all": [asks("nps", "is", 6), asks("effort", "is", 2)]}, SCORED, True),
    ({"all": [asks("nps", "is", 6), asks("effort", "is", 3)]}, SCORED, False),
    ({"any": [asks("nps", "is", 0), asks("effort", "is", 2)]}, SCORED, True),
    ({"any": [asks("nps", "is", 0), asks("effort", "is", 3)]}, SCORED, False),
    ({"not": asks("nps", "is", 6)}, SCORED, False),
    ({"not": {"any": [{"not": asks("nps", "band", "bad")}, asks("why", "is", "price")]}}, SCORED, True),
]


@pytest.fixture
def page(chromium: Any) -> Any:
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(5_000)
    yield page
    context.close()


def open_form(page: Page, body: str, known: str = "") -> None:
    """A page as the server renders it, with the script on it."""
    known = f'<script type="application/json" id="known">{known}</script>' if known else ""
    page.set_content(f"<form>{body}<button class=send>Send</button>{known}</form>")
    page.evaluate(
        "void (document.forms[0].onsubmit = () => { window.sent = (window.sent || 0) + 1; return false })"
    )
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))


def question(key: str, kind: str, controls: str, show_if: str = "") -> str:
    shown = f" data-show-if='{show_if}' hidden disabled" if show_if else ""
    return f'<fieldset class="question" data-key="{key}" data-kind="{kind}" data-field="{key}"{shown}>{controls}</fieldset>'


def scale(name: str, numbers: range) -> str:
    return "".join(f"<label>{n}<input type=radio name={name} value={n}></label>" for n in numbers)


NPS = question("nps", "nps", scale("nps", range(11)))


def any_condition(dice: Random, depth: int = 0) -> dict[str, Any]:
    """A condition over SCORED's and TEXTS' names, of values of every type."""
    part = dice.choice(["all", "any", "not", "leaf", "leaf", "leaf"]) if depth < 3 else "leaf"
    if part == "leaf":
        value = dice.choice(
            ["6", 6, 2, "price", "staff", "BA", "kiosk", 17, "yes", "no", True, False, 30.5, "Sarajevo"]
        )
        about = dice.choice(["question", "question", "attribute", "context"])
        if about != "question":
            name = dice.choice([*SCORED["attributes"], *SCORED["context"], "unheard"])
            return fact(about, name, dice.choice(FACT_OPS), value)
        op = dice.choice(QUESTION_OPS)
        value = (
            dice.choice(BANDS)
            if op == "band"
            else dice.choice([0, 3, "6", 7.5])
            if op.startswith("at_")
            else value
        )
        return asks(dice.choice([*SCORED["answers"], *TEXTS["answers"], "unheard"]), op, value)
    return (
        {part: any_condition(dice, depth + 1)}
        if part == "not"
        else {part: [any_condition(dice, depth + 1) for _ in range(dice.randint(1, 3))]}
    )


def as_sent(condition: dict[str, Any], known: dict[str, Any]) -> list[Any]:
    """What the page has of a condition and of what is known: nothing of the customer or the occasion."""
    return [settled(condition, Known(**known)), {"answers": known["answers"], "kinds": known["kinds"]}]


def test_browser_and_server_agree_on_three_thousand_conditions(page):
    dice = Random(4)
    cases = [(any_condition(dice), dice.choice([SCORED, NOTHING, TEXTS])) for _ in range(3_000)]
    open_form(page, "")

    sent = [as_sent(condition, known) for condition, known in cases]
    seen = page.evaluate("cases => cases.map(([condition, known]) => holds(condition, known))", sent)

    expected = [holds(condition, Known(**known)) for condition, known in cases]
    assert [case for case, here, there in zip(cases, seen, expected, strict=True) if here is not there] == []
    assert 500 < sum(seen) < 2_500


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("javascript", [True, False])
def test_the_same_is_asked_with_and_without_the_script(visit, javascript):
    survey = SurveyFactory(questions=[])
    QuestionFactory(survey=survey, position=1, key="nps", kind="nps")
    bands = {"bad": {"en": "What went wrong?"}}
    QuestionFactory(
        survey=survey, position=2, key="why", kind="comment", text={"en": "Why?"}, settings={"bands": bands}
    )
    unhappy = asks("nps", "band", "bad")
    QuestionFactory(
        survey=survey, position=3, key="call", kind="yesno", text={"en": "May we call?"}, show_if=unhappy
    )
    SurveyLinkFactory(survey=published(survey), code="open")
    page = visit(javascript=javascript).new_page()
    page.goto("/a/open/")
    expect(page.get_by_text("May we call?")).to_be_hidden()
    choose(page, "2")
    if not javascript:
        page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_text("What went wrong?")).to_be_visible()
    expect(page.get_by_text("May we call?")).to_be_visible()
    page.locator("textarea").fill("Slow")
    choose(page, "Yes")
    page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    answers = Answer.objects.order_by("pk").values_list("question__key", "score", "text", "value")
    assert list(answers) == [("nps", 2, "", None), ("why", None, "Slow", None), ("call", None, "", True)]


def test_the_script_is_small():
    assert len(SCRIPT.read_bytes()) < 4096


def test_browser_and_server_work_every_condition_out_alike(page):
    open_form(page, "")

    seen = [
        page.evaluate("([condition, known]) => holds(condition, known)", as_sent(*case[:2])) for case in CASES
    ]

    assert seen == [case[2] for case in CASES]
    assert [holds(condition, Known(**known)) for condition, known, _end in CASES] == seen


def test_every_score_lies_in_the_same_band_in_both(page):
    scores = [(kind, score) for kind, scale in SCALES.items() for score in scale]
    open_form(page, "")

    assert page.evaluate("scores => scores.map(([kind, score]) => band(kind, score))", scores) == [
        band_of(kind, score) for kind, score in scores
    ]


def test_a_question_comes_and_goes_with_the_answer_it_depends_on(page):
    why = '{"question": "nps", "op": "band", "value": "bad"}'
    open_form(
        page,
        NPS
        + question(
            "why", "comment", "<input type=hidden name=seen value=7><textarea name=why></textarea>", why
        ),
    )
    expect(page.locator("textarea")).to_be_hidden()

    page.get_by_label("3", exact=True).check()

    expect(page.locator("textarea")).to_be_visible()
    page.locator("textarea").fill("Slow")
    sent = "[...new FormData(document.forms[0])].map(pair => pair.join())"
    assert page.evaluate(sent) == ["nps,3", "seen,7", "why,Slow"]
    page.get_by_label("9", exact=True).check()
    expect(page.locator("textarea")).to_be_hidden()
    assert page.evaluate(sent) == ["nps,9"]  # what is not asked is not sent


def test_an_answer_that_is_no_longer_asked_counts_as_not_given(page):
    open_form(
        page,
        NPS
        + question("why", "text", "<input name=why>", '{"question": "nps", "op": "at_most", "value": 6}')
        + question("more", "text", "<input name=more>", '{"question": "why", "op": "answered"}'),
    )
    page.get_by_label("3", exact=True).check()
    page.locator("[name=why]").fill("Slow")
    expect(page.locator("[name=more]")).to_be_visible()

    page.get_by_label("9", exact=True).check()

    expect(page.locator("[name=more]")).to_be_hidden()


@pytest.mark.parametrize(
    ("kind", "controls", "deed", "condition"),
    [
        (
            "yesno",
            "<input type=radio name=q value=yes><input type=radio name=q value=no>",
            "check:[value=no]",
            '"op": "is", "value": "no"',
        ),
        (
            "choices",
            "<input type=checkbox name=q value=a><input name=q-other>",
            "check:[value=a]",
            '"op": "includes", "value": "a"',
        ),
        (
            "choice",
            "<input type=radio name=q value=a><input type=radio name=q value=b>",
            "check:[value=b]",
            '"op": "is", "value": "b"',
        ),
        ("matrix", "<input type=radio name=q-row value=a>", "check:[value=a]", '"op": "answered"'),
        ("number", "<input name=q>", "fill:۱۲٫۵", '"op": "at_least", "value": 12.5'),
        ("date", "<input type=date name=q>", "fill:2026-05-31", '"op": "is", "value": "2026-05-31"'),
        ("email", "<input type=email name=q>", "fill:a@example.com", '"op": "answered"'),
        ("phone", "<input type=tel name=q>", "fill:+387 61 234 567", '"op": "answered"'),
        ("text", "<input name=q>", "fill: Sarajevo ", '"op": "is", "value": "Sarajevo"'),
        ("file", "<input name=q-kept><input type=file>", "fill:signed", '"op": "answered"'),
    ],
)
def test_every_kind_of_answer_is_read(page, kind, controls, deed, condition):
    show_if = f'{{"question": "q", {condition}}}'
    open_form(page, question("q", kind, controls) + question("next", "statement", "<p>Next</p>", show_if))
    expect(page.get_by_text("Next")).to_be_hidden()

    how, value = deed.split(":", 1)
    if how == "check":
        page.locator(value).check()
    else:
        page.locator("[name^=q]").first.fill(value)

    expect(page.get_by_text("Next")).to_be_visible()


def test_a_ranking_counts_once_it_is_whole(page):
    places = "<option></option><option>1</option><option>2</option>"
    selects = "".join(f"<select name=q-{key}>{places}</select>" for key in "ab")
    condition = '{"question": "q", "op": "answered"}'
    open_form(
        page, question("q", "ranking", selects) + question("next", "statement", "<p>Next</p>", condition)
    )

    page.locator("[name=q-a]").select_option("2")
    expect(page.get_by_text("Next")).to_be_hidden()
    page.locator("[name=q-b]").select_option("1")

    expect(page.get_by_text("Next")).to_be_visible()


def test_answers_from_pages_before_are_known(page):
    known = '{"answers": {"nps": 2, "other": 1}, "kinds": {"nps": "nps"}}'
    both = '{"all": [{"question": "nps", "op": "band", "value": "bad"}, {"question": "other", "op": "is", "value": 1}]}'

    open_form(page, question("why", "statement", "<p>Why</p>", both), known)

    expect(page.get_by_text("Why")).to_be_visible()


def test_a_question_is_worded_by_the_first_score(page):
    bands = '{"": "Why?", "bad": "What went wrong?"}'
    why = question("why", "comment", f"<span data-bands='{bands}'>Why?</span><textarea name=why></textarea>")
    open_form(page, NPS + why, '{"answers": {}, "kinds": {}, "first": "nps"}')

    page.get_by_label("2", exact=True).check()
    expect(page.get_by_text("What went wrong?")).to_be_visible()
    page.get_by_label("9", exact=True).check()

    expect(page.get_by_text("Why?")).to_be_visible()


def test_enter_and_the_arrows_go_on_and_only_the_button_sends(page):
    open_form(page, NPS + question("city", "text", "<input name=city>"))
    page.get_by_label("3", exact=True).check()

    page.keyboard.press("ArrowRight")
    assert page.get_by_label("4", exact=True).is_checked()
    page.keyboard.press("Enter")
    expect(page.locator("[name=city]")).to_be_focused()
    page.keyboard.type("Mostar")
    page.keyboard.press("Enter")
    expect(page.locator(".send")).to_be_focused()
    assert page.evaluate("window.sent") is None

    page.keyboard.press("Enter")

    assert page.evaluate("window.sent") == 1


def test_what_is_wrong_is_looked_at_first(page):
    open_form(page, "<div id=problems tabindex=-1>Please correct</div>" + NPS)

    expect(page.locator("#problems")).to_be_focused()
