"""The words of an HTML mail, without anything that could run, load or hide.

Read in one walk from tag to tag: the parser of the standard library needs minutes for a mail that is made to break it.
"""

import re
from collections.abc import Iterator
from html import unescape

UNSEEN = {"script", "style", "head", "title", "template", "noscript", "object", "svg", "iframe"}
NEW_LINE = {
    "p",
    "div",
    "tr",
    "li",
    "ul",
    "ol",
    "table",
    "blockquote",
    "h1",
    "h2",
    "h3",
    "h4",
    "pre",
    "br",
    "hr",
}
TAG = re.compile(r"(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
QUOTE = re.compile(
    r"""\b(class=["']?[^"'>]*(gmail_quote|moz-cite-prefix|yahoo_quoted|protonmail_quote)"""
    r"""|id=["']?(appendonsend|divrplyfwdmsg)|type=["']?cite\b)""",
    re.IGNORECASE,
)
HERE_BEGINS_THE_QUOTE = "\n\ue010\n"  # a private character nobody types
SPACES = re.compile(r"\s+")
LONGEST_TAG = 2000  # characters that are looked through for the sign of a quote


def text_of_html(html: str) -> str:
    lines = [" ".join(line.split()) for line in "".join(pieces_of(html)).split("\n")]
    kept = [line for line, before in zip(lines, ["", *lines], strict=False) if line or before]
    return "\n".join(kept).strip()


def pieces_of(html: str) -> Iterator[str]:
    """Words, line ends, and once the mark where mail programs say that a quote begins."""
    at, has_quote = 0, False
    while (start := html.find("<", at)) >= 0:
        yield words_in(html[at:start])
        if html.startswith("<!--", start):
            at = after(html, "-->", start)
            continue
        tag = TAG.match(html, start + 1)
        if tag is None and not html.startswith(("<!", "<?", "</"), start):
            yield "<"
            at = start + 1
            continue
        at = after(html, ">", start)
        if tag is None:
            continue
        is_end, name = bool(tag[1]), tag[2].lower()
        if not (has_quote or is_end) and QUOTE.search(html, start, min(at, start + LONGEST_TAG)):
            has_quote = True
            yield HERE_BEGINS_THE_QUOTE
        if name in NEW_LINE:
            yield "\n"
        if name in UNSEEN and not is_end:
            at = after_end_of(html, name, at)
    yield words_in(html[at:])


def words_in(text: str) -> str:
    try:
        return SPACES.sub(" ", unescape(text))
    except ValueError:  # a number of a character with more digits than Python reads
        return SPACES.sub(" ", text)


def after(html: str, mark: str, start: int) -> int:
    """Behind the next `mark`; at the end where there is none, so that nothing is searched twice."""
    found = html.find(mark, start)
    return len(html) if found < 0 else found + len(mark)


def after_end_of(html: str, name: str, start: int) -> int:
    end = re.compile(f"</{name}", re.IGNORECASE).search(html, start)
    return after(html, ">", end.end()) if end else len(html)
