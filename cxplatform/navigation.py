"""The staff site's navigation: what each role sees follows from its permissions."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "CX",
    "SITE_HEADER": "CX",
}
