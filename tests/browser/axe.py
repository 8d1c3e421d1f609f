"""Accessibility of a page as axe sees it. axe.min.js is axe-core 4.10.3 as published (MPL 2.0)."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).with_name("axe.min.js").read_text(encoding="utf-8")
STANDARD = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


RUN = """([within, type, values]) => axe.run(within, {
  runOnly: {type, values}, resultTypes: ["violations"],
}).then(report => report.violations.flatMap(rule => rule.nodes.map(node => [
  rule.id, node.target[0], node.html.slice(0, 160), node.failureSummary.split("\\n").pop().trim(),
])))"""


def violations(page: Page, *, within: str = "html", colours_only: bool = False) -> list[str]:
    """What breaks WCAG 2.2 AA in the part of the page that `within` selects; one line for each element.

    `colours_only` looks again at what another theme can break.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)  # not a script tag: the page's own policy may refuse one
    asked = ("rule", ["color-contrast"]) if colours_only else ("tag", STANDARD)
    return [
        f"{rule}: {target} {html} ({advice})"
        for rule, target, html, advice in page.evaluate(RUN, [within, *asked])
    ]
