"""When a question is asked: conditions on earlier answers, on the customer and on the occasion.

A condition is {} (always), {"all": […]}, {"any": […]}, {"not": …}, or one comparison of a question's answer
({"question", "op", "value"}), of an attribute of the customer ({"attribute", …}) or of the occasion ({"context", …}).
static/public/survey.js says the same in the customer's browser, of answers alone; tests run both over one table.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.metrics import SCALES, band_of

Condition = Mapping[str, Any]
DEEPEST = 5  # conditions within conditions
ALWAYS: Condition = {}
NEVER: Condition = {"not": {}}
QUESTION_OPS = ("is", "is_not", "at_least", "at_most", "includes", "answered", "not_answered", "band")
FACT_OPS = ("is", "is_not", "is_set", "is_not_set")
BANDS = ("bad", "middle", "good")


class ConditionRefused(ValueError):
    """A condition that cannot be worked out; `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass
class Known:
    """What conditions are worked out from: answers by the question's key, each as its score, text or value."""

    answers: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)


def holds(condition: Condition, known: Known) -> bool:
    """Whether `condition` holds; {} always does. What nobody answered is no number: it is never at least anything."""
    match condition:
        case {"all": parts}:
            return all(holds(part, known) for part in parts)
        case {"any": parts}:
            return any(holds(part, known) for part in parts)
        case {"not": part}:
            return not holds(part, known)
    return not condition or leaf_holds(condition, known)


def leaf_holds(leaf: Condition, known: Known) -> bool:
    op, value = leaf["op"], leaf.get("value")
    if "question" in leaf:
        key = leaf["question"]
        return ANSWER_HOLDS[op](known.answers.get(key), value, known.kinds.get(key, ""))
    if "attribute" in leaf:
        return fact_holds(known.attributes.get(leaf["attribute"]), op, value)
    return fact_holds(known.context.get(leaf["context"]), op, value)


def is_answered(answer: Any) -> bool:
    """A 0 and a “no” are answers."""
    return answer is not None and answer not in ("", [], {})


def same(answer: Any, value: Any) -> bool:
    if isinstance(answer, list):
        return answer == [value]
    if isinstance(answer, bool):
        return answer is (value in (True, "true", "yes"))
    return is_answered(answer) and str(answer) == str(value)


def compares(answer: Any, value: Any, compare: Callable[[float, float], bool]) -> bool:
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return False
    return compare(answer, float(value))


def in_band(answer: Any, value: Any, kind: str) -> bool:
    return isinstance(answer, int) and kind in SCALES and band_of(kind, answer) == value


ANSWER_HOLDS: Mapping[str, Callable[[Any, Any, str], bool]] = {
    "is": lambda answer, value, _kind: same(answer, value),
    "is_not": lambda answer, value, _kind: not same(answer, value),
    "at_least": lambda answer, value, _kind: compares(answer, value, lambda a, b: a >= b),
    "at_most": lambda answer, value, _kind: compares(answer, value, lambda a, b: a <= b),
    "includes": lambda answer, value, _kind: isinstance(answer, list) and value in answer,
    "answered": lambda answer, _value, _kind: is_answered(answer),
    "not_answered": lambda answer, _value, _kind: not is_answered(answer),
    "band": in_band,
}


def fact_holds(fact: Any, op: str, value: Any) -> bool:
    is_set = fact is not None and fact != ""
    if op in {"is_set", "is_not_set"}:
        return is_set is (op == "is_set")
    return (is_set and str(fact) == str(value)) is (op == "is")


def settled(condition: Condition, known: Known) -> Condition:
    """The same condition with what it asks of the customer and the occasion worked out: {} where that holds."""
    match condition:
        case {"all": parts}:
            return {"all": [settled(part, known) for part in parts]}
        case {"any": parts}:
            return {"any": [settled(part, known) for part in parts]}
        case {"not": part}:
            return {"not": settled(part, known)}
    if not condition or "question" in condition:
        return condition
    return ALWAYS if leaf_holds(condition, known) else NEVER


def leaves(condition: Condition) -> Iterator[Condition]:
    """The comparisons a condition is made of."""
    match condition:
        case {"all": parts} | {"any": parts}:
            for part in parts:
                yield from leaves(part)
        case {"not": part}:
            yield from leaves(part)
        case {}:
            if condition:
                yield condition


def questions_named(condition: Condition) -> set[str]:
    """The keys of the questions a condition looks at."""
    return {leaf["question"] for leaf in leaves(condition) if "question" in leaf}


def facts_named(condition: Condition, about: str) -> set[str]:
    """The attributes ("attribute") or parts of the occasion ("context") a condition looks at."""
    return {leaf[about] for leaf in leaves(condition) if about in leaf}


def check_condition(condition: Any, depth: int = 0) -> None:
    """Raises ConditionRefused for what is no condition."""
    if depth > DEEPEST:
        raise ConditionRefused(_("Conditions stand in one another too deeply."))
    match condition:
        case {"all": [*parts]} | {"any": [*parts]} if len(condition) == 1 and parts:
            for part in parts:
                if not part:
                    raise ConditionRefused(_("A part of the condition is empty."))
                check_condition(part, depth + 1)
        case {"not": dict() as part} if len(condition) == 1 and part:
            check_condition(part, depth + 1)
        case dict() if not condition:
            return
        case {"question": str(), "op": str() as op}:
            check_comparison(condition, op, QUESTION_OPS)
        case {"attribute": str(), "op": str() as op} | {"context": str(), "op": str() as op}:
            check_comparison(condition, op, FACT_OPS)
        case _:
            raise ConditionRefused(_("This is no condition."))


def check_comparison(condition: Condition, op: str, ops: tuple[str, ...]) -> None:
    value = condition.get("value")
    if op not in ops or len(condition.keys() - {"op", "value"}) != 1:
        raise ConditionRefused(_("A condition compares in a way we do not know."))
    if op == "band" and value not in BANDS:
        raise ConditionRefused(_("Choose low, middle or high scores."))
    if op in {"at_least", "at_most"}:
        try:
            float(value)  # type: ignore[arg-type]  # whatever else came is refused below
        except (TypeError, ValueError) as error:
            raise ConditionRefused(_("Write the number to compare with.")) from error
    if op in {"is", "is_not", "includes"} and (
        not isinstance(value, str | int | float | bool) or value == ""
    ):
        raise ConditionRefused(_("Say what to compare with."))
