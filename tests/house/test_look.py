import re
from pathlib import Path

import pytest
from django.conf import settings

STYLES = sorted((settings.BASE_DIR / "static").glob("cx/*.css")) + sorted(
    (settings.BASE_DIR / "static").glob("public/*.css")
)
PHYSICAL = re.compile(
    r"(?<![\w-])((?:margin|padding|border)-(?:left|right)(?:-\w+)?|(?:left|right)|text-align:\s*(?:left|right)|float:\s*(?:left|right))\s*[:;]"
)


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_our_styles_name_no_side_so_that_they_mirror_themselves(style: Path):
    css = re.sub(r"/\*.*?\*/", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert PHYSICAL.findall(css) == []


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("margin-left: 1px", True),
        ("a { left: 0; }", True),
        ("text-align: right;", True),
        ("margin-inline-start: 1px", False),
        ("background-position: left .5rem center;", False),
    ],
)
def test_a_named_side_is_noticed(css, found):
    assert bool(PHYSICAL.search(css)) is found
