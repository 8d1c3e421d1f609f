"""Habits the whole house keeps, read from its code."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ROOMS = (
    "cxplatform",
    "demo",
    "insights",
    "followups",
    "loyalty",
    "surveys",
    "journeys",
    "customers",
    "staff",
    "events",
    "mail",
)
MAIL_CODE = ("mail/", "surveys/sending/", "staff/mails")
MAY_SKIP_CSRF = {
    "surveys/public/pages.py",  # the one-click unsubscribe of RFC 8058, posted by mail providers
    "mail/public.py",  # providers tell what became of messages, and prove it by a signature
    "mail/public_letters.py",  # mail servers hand in what came for us; the secret in the address is the proof
    "customers/public.py",  # a page without a session: its token is the only power
}
CLOCKS = (  # files where requests, messages and people come in
    "views.py",
    "/public",
    "tasks.py",
    "admin",
    "api.py",
    "api/",
    "filters.py",
    "sidebar.py",
    "management/commands/",
    "health.py",
    "mail/sms/opt_outs.py",
    "insights/dashboard.py",
    "demo/organisation.py",
)


@dataclass(frozen=True)
class Call:
    place: str
    function: str
    keywords: frozenset[str | None]


@dataclass(frozen=True)
class Code:
    """What the habits below look for in one file."""

    names: frozenset[str]
    calls: tuple[Call, ...]


@cache
def product_code() -> dict[str, Code]:
    """Every file, read once: by its path in the project."""
    paths = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py"))]
    return {
        name: read_code(name)
        for path in paths
        if "/migrations/" not in (name := str(path.relative_to(PROJECT)))
    }


def read_code(name: str) -> Code:
    nodes = list(ast.walk(ast.parse((PROJECT / name).read_text(encoding="utf-8"))))
    return Code(
        frozenset(names_in(nodes)),
        tuple(
            Call(
                f"{name}:{node.lineno}",
                ast.unparse(node.func),
                frozenset(word.arg for word in node.keywords),
            )
            for node in nodes
            if isinstance(node, ast.Call)
        ),
    )


def names_in(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]


def files_naming(name: str) -> set[str]:
    return {path for path, code in product_code().items() if name in code.names}


def calls_with(*keywords: str) -> set[str]:
    return {
        call.place for code in product_code().values() for call in code.calls if call.keywords & {*keywords}
    }


def calls_of(name: str) -> set[str]:
    return {
        call.place
        for code in product_code().values()
        for call in code.calls
        if call.function.rpartition(".")[2] == name
    }


def test_html_is_escaped_everywhere():
    assert files_naming("mark_safe") | calls_of("SafeString") == set()
    unescaped = {
        str(path.relative_to(PROJECT))
        for path in (PROJECT / "templates").rglob("*.html")
        if path.is_file()
        and ("|safe" in path.read_text("utf-8") or "autoescape off" in path.read_text("utf-8"))
    }
    assert unescaped == set()


def test_only_mail_providers_post_without_a_csrf_token():
    assert files_naming("csrf_exempt") <= MAY_SKIP_CSRF


def test_no_message_waits_in_the_broker():
    assert calls_with("countdown", "eta") == set()


def test_workers_are_woken_through_the_doorbell_only():
    assert files_naming("apply_async") == {"events/doorbell.py"}
    assert files_naming("delay") == set()


def test_links_in_mails_never_come_from_the_request():
    askers = files_naming("build_absolute_uri")
    assert {path for path in askers if path.startswith(MAIL_CODE)} == set()


@pytest.mark.parametrize("name", ["receiver", "post_save", "pre_save", "post_delete", "m2m_changed"])
def test_nothing_hides_in_signals(name):
    assert files_naming(name) == set()


def test_only_doors_read_the_clock():
    clocks = {"timezone.now", "datetime.now", "datetime.today", "date.today"}
    readers = {
        path for path, code in product_code().items() if clocks & {call.function for call in code.calls}
    }
    assert {path for path in readers if not any(door in path for door in CLOCKS)} == set()


def test_there_are_no_drawers():
    drawers = {"utils", "helpers", "common", "core", "services", "selectors", "misc"}
    assert [path for path in product_code() if Path(path).stem in drawers] == []
