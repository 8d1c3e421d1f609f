"""Was it a person who opened or clicked, or a machine that looks at mails before people do?

Scanners of mail servers fetch every link within seconds, previews of messengers fetch the first one, and some mail
programs fetch all pictures on arrival. The signs are taken from what they say about themselves and how they behave;
a person behind a careful proxy can be taken for a machine, so nothing is thrown away for it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

TOO_SOON = timedelta(seconds=10)  # after the mail server took the mail
AT_ONCE = timedelta(seconds=5)
SEVERAL_LINKS = 3

SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|messagelabs|symantec|forcepoint|fireeye|trend ?micro|sophos|fortinet|ironport"
    r"|cloudmark|safelinks|atp-?scan|zscaler|urlscan|virustotal|phish|existence discovery|microsoft-?preview"
    r"|bingpreview|msnbot|googlebot|google-safety|yandexbot|mail\.ru_bot|(?:bot|crawler|spider)\b",
    re.IGNORECASE,
)
PREVIEWS = re.compile(
    r"slack|skypeuripreview|whatsapp|telegram|facebookexternalhit|facebot|twitterbot|linkedinbot|discordbot|viber"
    r"|vkshare|iframely|embedly|pinterest|snapchat|teams|linkpreview|outlook-?preview",
    re.IGNORECASE,
)
TOOLS = re.compile(
    r"headlesschrome|phantomjs|electron-?fetch|selenium|puppeteer|playwright|python|curl|wget|go-http-client|java"
    r"|okhttp|libwww|axios|node-fetch|ruby|php|perl|powershell|httpclient|apache-http",
    re.IGNORECASE,
)
NAMELESS = re.compile(
    r"\s*(?:mozilla/\d(?:\.\d)?)?\s*", re.IGNORECASE
)  # as Apple's mail privacy fetches pictures


class Sign(Enum):
    """What gave a machine away."""

    SCANNER = "scanner"
    PREVIEW = "preview"
    TOOL = "tool"
    NAMELESS = "nameless"
    ONLY_ASKED = "only_asked"
    TOO_SOON = "too_soon"
    SEVERAL_LINKS = "several_links"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One look at a mail's picture or link; what is not known says nothing."""

    user_agent: str | None = None
    method: str = "GET"
    after: timedelta | None = None  # since the mail server took the mail
    links_at_once: int = 1  # different links of the same mail within seconds


def sign_of_machine(fetch: Fetch) -> Sign | None:
    """What speaks against a person; None when nothing does."""
    if fetch.method not in {"GET", "POST"}:
        return Sign.ONLY_ASKED
    if fetch.user_agent is not None and (sign := sign_in(fetch.user_agent)):
        return sign
    if fetch.after is not None and fetch.after < TOO_SOON:
        return Sign.TOO_SOON
    return Sign.SEVERAL_LINKS if fetch.links_at_once >= SEVERAL_LINKS else None


def sign_in(user_agent: str) -> Sign | None:
    if NAMELESS.fullmatch(user_agent):
        return Sign.NAMELESS
    for pattern, sign in ((PREVIEWS, Sign.PREVIEW), (SCANNERS, Sign.SCANNER), (TOOLS, Sign.TOOL)):
        if pattern.search(user_agent):
            return sign
    return None


def clicks_at_once(clicks: Iterable[tuple[datetime, str]]) -> Sequence[int]:
    """For each click on a link of one mail, how many different links were clicked within seconds around it."""
    known = list(clicks)
    return [len({link for at, link in known if abs(at - moment) <= AT_ONCE}) for moment, _link in known]
