"""What the answer to an HTTP call means for the message that was handed over by it."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from mail.messages import Ending, Outcome
from mail.outbound import Answer, NoAnswer, NotReached

LONGEST_WAIT = timedelta(hours=1)
USUAL_WAIT = timedelta(seconds=30)
FOR_GOOD = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
BUSY = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

Understand = Callable[[Answer], Outcome]


def ending_of(call: Callable[[], Answer], *, understand: Understand) -> Outcome:
    """Make one call; `understand` says what its answer means."""
    try:
        answer = call()
    except NotReached as error:
        return Outcome(Ending.NOT_SENT, str(error))
    except NoAnswer as error:
        return Outcome(Ending.UNKNOWN, str(error))
    return understand(answer)


def is_success(answer: Answer) -> bool:
    return HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES


def failure_of(answer: Answer) -> Outcome:
    """What an answer means that is no success, where a provider's own words say nothing better.

    A wrong message is refused for good. A wrong password or address concerns the whole channel: nothing was sent. A
    gateway that gave up waiting for what is behind it cannot know.
    """
    if answer.status in FOR_GOOD:
        return Outcome(Ending.REFUSED, answer.words)
    if answer.status == HTTPStatus.GATEWAY_TIMEOUT:
        return Outcome(Ending.UNKNOWN, answer.words)
    return Outcome(Ending.NOT_SENT, answer.words, wait=wait_of(answer))


def wait_of(answer: Answer) -> timedelta | None:
    """How long the other side asks to be left alone."""
    asked = answer.headers.get("retry-after", "")
    if not asked:
        return USUAL_WAIT if answer.status in BUSY else None
    readings = (seconds_in(asked), moment_in(asked, answer), USUAL_WAIT)
    wait = next(reading for reading in readings if reading is not None)
    return min(max(wait, timedelta()), LONGEST_WAIT)


def seconds_in(asked: str) -> timedelta | None:
    try:
        return timedelta(seconds=min(float(asked), LONGEST_WAIT.total_seconds()))
    except (ValueError, OverflowError):
        return None


def moment_in(asked: str, answer: Answer) -> timedelta | None:
    """A moment is measured by the clock of who named it."""
    try:
        return parsedate_to_datetime(asked) - parsedate_to_datetime(answer.headers.get("date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
