"""Accessibility of a page as axe sees it. axe.min.js is axe-core 4.10.3 as published (MPL 2.0)."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe.min.js")
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page, *, within: str = "html") -> list[str]:
    """What breaks WCAG 2.2 AA in the part of the page that `within` selects; one line for each element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))  # not a script tag: the page's own policy may refuse one
    report = page.evaluate(
        "([within, tags]) => axe.run(within, {runOnly: {type: 'tag', values: tags}})", [within, STANDARD]
    )
    return [
        f"{rule['id']}: {node['target'][0]} {node['html'][:160]} ({node['failureSummary'].splitlines()[-1].strip()})"
        for rule in report["violations"]
        for node in rule["nodes"]
    ]
