"""The page on which a customer says what they want to hear, by which way, and when not. Their personal link is the key."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from customers.models import Channel, Consent
from customers.preferences import Key, Way, Wording, change_preferences, end_rest, rest_from_surveys, ways_of
from surveys.models import Invitation
from surveys.public.pages import browser_languages, first_offered, public_page, show
from surveys.public.personal_links import invitation_for
from surveys.public.survey import LANGUAGE
from surveys.questions.wording import LANGUAGES

VERSION = "preferences 2"  # of the sentences below: whoever changes them raises it
SENTENCES = {
    Consent.Purpose.SURVEY: gettext_lazy("Surveys: ask me now and then how you are doing"),
    Consent.Purpose.MARKETING: gettext_lazy("Marketing: tell me about offers and news"),
    Consent.Purpose.SERVICE: gettext_lazy("Service messages: tell me what concerns my orders and requests"),
}
OUR_APP = gettext_lazy("Our app")  # staff call it “your own app”; to a customer it is ours
SHOWN_OF_ADDRESS = 2  # characters; the link may have been handed on


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def set_preferences(request: HttpRequest, token: str) -> HttpResponseBase:
    """Shows what is set; only a POST of one of its buttons changes anything, and none of a test does."""
    invitation = invitation_for(token)
    wanted = (request.GET.get(LANGUAGE), invitation.language, *browser_languages(request))
    language = first_offered(wanted, offered=LANGUAGES, otherwise=LANGUAGES[0])
    with translation.override(language):
        done = act(request, invitation) if request.method == "POST" else ""
        return page(invitation, token=token, language=language, done=done)


def act(request: HttpRequest, invitation: Invitation) -> str:
    """Do what the pressed button says; returns which it was."""
    do, at, customer = request.POST.get("do", ""), timezone.now(), invitation.customer
    if invitation.is_test:
        return "test"
    match do:
        case "rest":
            rest_from_surveys(customer=customer, at=at)
        case "go-on":
            end_rest(customer=customer, at=at)
        case "save":
            ways = [way for way in ways_of(customer) if not way.stopped]
            offered = {"", *(way.channel.value for way in ways)}
            preferred = request.POST.get("preferred")
            change_preferences(
                customer=customer,
                wanted={key: name_of(key) in request.POST for way in ways for key in keys_of(way)},
                preferred_channel=preferred if preferred in offered else customer.preferred_channel,
                wording=wording_of(ways),
                source=f"link:{invitation.pk}",
                at=at,
            )
        case _:
            return ""
    return do


def page(invitation: Invitation, *, token: str, language: str, done: str) -> HttpResponse:
    invitation.customer.refresh_from_db()
    customer, at = invitation.customer, timezone.now()
    ways = ways_of(customer)
    return show(
        "public/preferences.html",
        language=language,
        survey=invitation.wave.campaign.survey,
        ways=[shown_way(way) for way in ways],
        choices=[(way.channel.value, label_of(way)) for way in ways if not way.stopped],
        preferred=customer.preferred_channel,
        resting_until=customer.snoozed_until
        if customer.snoozed_until and customer.snoozed_until > at
        else None,
        done=done,
        languages=LANGUAGES,
        address=reverse("preferences", args=[token]),
        leave=reverse("unsubscribe", args=[token]),
    )


def shown_way(way: Way) -> dict[str, Any]:
    return {
        "label": label_of(way),
        "address": masked(way),
        "stopped": way.stopped,
        "choices": [
            {"name": name_of(key), "sentence": SENTENCES[Consent.Purpose(key[0])], "is_on": way.is_on[key[0]]}
            for key in keys_of(way)
        ],
    }


def label_of(way: Way) -> str:
    return str(OUR_APP if way.channel is Channel.APP else way.channel.label)


def keys_of(way: Way) -> list[Key]:
    return [(purpose.value, way.channel.value) for purpose in Consent.Purpose]


def name_of(key: Key) -> str:
    return "-".join(key)


def wording_of(ways: list[Way]) -> Wording:
    """The sentences as they stood on the page, in its language."""
    text: Mapping[Key, str] = {
        key: f"{label_of(way)} · {SENTENCES[Consent.Purpose(key[0])]}" for way in ways for key in keys_of(way)
    }
    return Wording(text=text, version=VERSION)


def masked(way: Way) -> str:
    """“am…@mail.example”, “…4567”; of our own app nothing, its ids say nothing to people."""
    if way.channel is Channel.EMAIL:
        local, _at, domain = way.address.rpartition("@")
        return f"{local[:SHOWN_OF_ADDRESS]}…@{domain}"
    return f"…{way.address[-4:]}" if way.channel is Channel.SMS else ""
