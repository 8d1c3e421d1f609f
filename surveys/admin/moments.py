"""Fields of moments in the forms of staff."""

from typing import Any

from events.boundary import validate_moment


def guard_moment(form: Any, name: str) -> None:
    """Refuse what lies near the ends of the calendar; what an address fills in as a text fills in nothing."""
    if name in form.fields:
        form.fields[name].validators.append(validate_moment)
    if isinstance(form.initial.get(name), str):
        del form.initial[name]
