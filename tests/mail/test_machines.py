"""Machines that look at mails before people do, by what they say about themselves and how they behave."""

from datetime import timedelta

import pytest

from mail.machines import Fetch, Sign, clicks_at_once, sign_of_machine
from tests.conftest import NOON

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    "user_agent",
    [
        CHROME,
        SAFARI,
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0",
        "Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Version/4.0 Chrome/142.0 Mobile Safari/537.36 GSA/15.1",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)",
        "Opera/9.80 (Android; Opera Mini/36.2; U; fa) Presto/2.12 Version/12.16",
        "Dalvik/2.1.0 (Linux; U; Android 13)",
        None,
    ],
)  # fmt: skip
def test_people(user_agent):
    assert sign_of_machine(Fetch(user_agent=user_agent, after=timedelta(minutes=3))) is None


@pytest.mark.parametrize(
    ("user_agent", "sign"),
    [
        ("BarracudaCentral/1.0", Sign.SCANNER),
        ("Mozilla/5.0 (compatible; Proofpoint URL Defense)", Sign.SCANNER),
        ("Mozilla/5.0 (compatible; Mimecast)", Sign.SCANNER),
        ("Microsoft Office Existence Discovery", Sign.SCANNER),
        ("Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b", Sign.SCANNER),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", Sign.SCANNER),
        ("SomethingNew-Crawler/3", Sign.SCANNER),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", Sign.PREVIEW),
        ("WhatsApp/2.23.20.0", Sign.PREVIEW),
        ("TelegramBot (like TwitterBot)", Sign.PREVIEW),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", Sign.PREVIEW),
        ("Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5", Sign.PREVIEW),
        ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", Sign.PREVIEW),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/142.0 Safari/537.36", Sign.TOOL),
        ("curl/8.5.0", Sign.TOOL),
        ("python-requests/2.32", Sign.TOOL),
        ("Go-http-client/1.1", Sign.TOOL),
        ("okhttp/4.12.0", Sign.TOOL),
        ("Java/17.0.9", Sign.TOOL),
        ("Mozilla/5.0", Sign.NAMELESS),
        ("", Sign.NAMELESS),
        ("   ", Sign.NAMELESS),
    ],
)
def test_machines_that_say_so(user_agent, sign):
    assert sign_of_machine(Fetch(user_agent=user_agent, after=timedelta(minutes=3))) is sign


@pytest.mark.parametrize(
    ("fetch", "sign"),
    [
        (Fetch(user_agent=CHROME, method="HEAD"), Sign.ONLY_ASKED),
        (Fetch(user_agent=CHROME, method="OPTIONS"), Sign.ONLY_ASKED),
        (Fetch(user_agent=CHROME, method="POST", after=timedelta(seconds=30)), None),
        (Fetch(user_agent=CHROME, after=timedelta(seconds=0)), Sign.TOO_SOON),
        (Fetch(user_agent=CHROME, after=timedelta(seconds=9.9)), Sign.TOO_SOON),
        (Fetch(user_agent=CHROME, after=timedelta(seconds=10)), None),
        (Fetch(user_agent=CHROME, links_at_once=2), None),
        (Fetch(user_agent=CHROME, links_at_once=3), Sign.SEVERAL_LINKS),
        (Fetch(), None),
    ],
)
def test_machines_that_behave_so(fetch, sign):
    assert sign_of_machine(fetch) is sign


def test_links_are_counted_within_seconds_around_each_click():
    moments = [(0, "a"), (1, "b"), (5, "c"), (6, "a"), (30, "d")]

    assert clicks_at_once((NOON + timedelta(seconds=at), link) for at, link in moments) == [3, 3, 3, 3, 1]
    assert clicks_at_once([]) == []
