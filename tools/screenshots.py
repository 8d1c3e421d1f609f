"""Pictures of every page the sidebar leads to, and of the first record behind each list.

    python tools/screenshots.py http://127.0.0.1:8000 var/screenshots --user admin --password demo

Each page is taken light and dark, at desktop and phone width, and in Persian. `--only inbox` narrows it down.
"""

import argparse
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
LOOKS = {
    "light": ("en", "light", DESKTOP),
    "dark": ("en", "dark", DESKTOP),
    "phone": ("en", "light", PHONE),
    "phone-dark": ("en", "dark", PHONE),
    "fa": ("fa", "light", DESKTOP),
    "fa-phone": ("fa", "light", PHONE),
}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@contextmanager
def at_work(browser: Browser, *, look: str, options: argparse.Namespace) -> Iterator[Page]:
    """Somebody who has signed in, in the language and theme of `look`."""
    language, theme, size = LOOKS[look]
    context = browser.new_context(base_url=options.base_url, viewport=size, color_scheme=theme)
    page = context.new_page()
    page.add_init_script(f"localStorage.setItem('_x_adminTheme', '\"{theme}\"')")
    page.goto("/admin/login/")
    page.fill("[name=username]", options.user)
    page.fill("[name=password]", options.password)
    page.click("#login-form [type=submit]")
    page.wait_for_load_state()
    if page.locator("html").get_attribute("lang") != language:
        with page.expect_navigation():
            page.evaluate(
                "code => document.querySelector(`[name=language][value=${code}]`).form.submit()", language
            )
    yield page
    context.close()


def addresses(page: Page) -> list[str]:
    """The pages of the sidebar, each list followed by its first record and its form for a new one."""
    page.goto("/admin/")
    found: list[str] = []
    links = page.eval_on_selector_all("#nav-sidebar-apps a", "links => links.map(link => link.pathname)")
    for address in dict.fromkeys(links):
        found.append(address)
        page.goto(address)
        for selector in ("#result_list tbody th a, #result_list tbody td a", "a.addlink, a[href$='/add/']"):
            link = page.locator(selector).first
            if link.count():
                found.append(urlsplit(link.get_attribute("href") or "").path)
    return [address for address in dict.fromkeys(found) if address.startswith("/")]


def name_of(address: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", address.removeprefix("/admin/").lower()).strip("-") or "overview"


def take(page: Page, address: str, file: Path) -> None:
    reply = page.goto(address)
    page.wait_for_timeout(700)  # charts and what loads after the page
    page.screenshot(path=file, full_page=True)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    status = reply.status if reply else 0
    if too_wide > 0 or status >= 400:  # noqa: PLR2004  HTTP's own line between good and bad
        print(f"{file.name}: status {status}, {too_wide} px wider than the window")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base_url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="demo")
    parser.add_argument("--looks", default=",".join(LOOKS))
    parser.add_argument("--only", default="", help="only addresses with this in them")
    parser.add_argument("--also", nargs="*", default=[], help="more addresses")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with at_work(browser, look="light", options=options) as page:
            pages = [*addresses(page), *options.also]
        for look in options.looks.split(","):
            with at_work(browser, look=look, options=options) as page:
                for address in pages:
                    if options.only in address:
                        take(page, address, options.folder / f"{name_of(address)}--{look}.png")
        with at_work(browser, look="light", options=options):
            pass  # leaves the person's language as English
        browser.close()


if __name__ == "__main__":
    main()
