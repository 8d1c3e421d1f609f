"""The staff site's navigation and what django-unfold is told of its look."""

from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.functional import Promise, lazy
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext_lazy as _

from cxplatform.look import BASE, FONT, PRIMARY
from cxplatform.sidebar import SIDEBAR, Page


def list_sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups and pages this member of staff may open; a group without any is left out."""
    here = page_of(request)
    groups = (
        (title, [describe(page, request, here=here) for page in pages if may_open(page, request)])
        for title, pages in SIDEBAR
    )
    return [{"title": title, "items": items} for title, items in groups if items]


def page_of(request: HttpRequest) -> Page | None:
    """The one page of the sidebar that `request` belongs to: of those above its address the nearest."""
    above = [(area, page) for _title, pages in SIDEBAR for page in pages if (area := area_of(page, request))]
    return max(above, key=lambda each: len(each[0]))[1] if above else None


def area_of(page: Page, request: HttpRequest) -> str:
    """How much of the request's address belongs to `page`; nothing where it stands elsewhere."""
    own = reverse(page.url_name)
    if request.path == own:
        return own
    area = reverse(page.around) if page.around else own
    return area if page.url_name != "admin:index" and request.path.startswith(area) else ""


def may_open(page: Page, request: HttpRequest) -> bool:
    return page.permission is None or request.user.has_perm(page.permission)


def describe(page: Page, request: HttpRequest, *, here: Page | None) -> dict[str, Any]:
    item = {
        "title": page.title,
        "icon": page.icon,
        "link": reverse(page.url_name),
        "active": page is here,
    }
    if page.count and (count := page.count(request)):
        item["badge"] = count
    return item


def title_of(address: str) -> Promise | None:
    """What the sidebar calls the page with this address, or the list around which it stands."""
    for _group, pages in SIDEBAR:
        for page in pages:
            if address == reverse(page.url_name) or (page.around and address == reverse(page.around)):
                return page.title
    return None


def list_account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """What stands in the menu of one's own name."""
    links = [{"title": _("How I am told"), "link": reverse("admin:staff_mail_choice")}]
    if request.user.is_authenticated and request.user.has_usable_password():
        links.append({"title": _("Change password"), "link": reverse("admin:password_change")})
    return links


def name_organisation(request: HttpRequest) -> str:
    return str(settings.ORGANISATION_NAME)


def name_site(request: HttpRequest) -> str:
    return f"{settings.ORGANISATION_NAME} · CX"


def choose_stylesheet(request: HttpRequest) -> str:
    """Ours, and for right-to-left languages the mirror of unfold 0.91, the last that cannot mirror itself."""
    needs_mirror = get_language_bidi() and version("django-unfold").startswith("0.91.")
    return static("cx/rtl/site.css" if needs_mirror else "cx/cx.css")


static_lazy = lazy(static, str)

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": name_site,
    "SITE_HEADER": name_organisation,
    "SITE_SUBHEADER": _("Customer experience"),
    "SITE_URL": None,
    "SITE_ICON": static_lazy("cx/symbol.svg"),
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": static_lazy("cx/favicon.svg")}],
    "STYLES": [choose_stylesheet],
    "DASHBOARD_CALLBACK": "insights.dashboard.add_dashboard",
    "BORDER_RADIUS": "8px",
    "COLORS": {"base": BASE, "primary": PRIMARY, "font": FONT},
    "ACCOUNT": {"navigation": list_account_links},
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "LOGIN": {"image": static_lazy("cx/login.svg")},
    "LANGUAGES": {"action": reverse_lazy("admin:staff_choose_language")},
    "SIDEBAR": {"show_search": True, "navigation": list_sidebar},
}
