"""The way out for SMS: the provider that SMS_URL names."""

from functools import partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from mail.calls import Calls
from mail.messages import Ending, Message, Outcome
from mail.outbound import Client
from mail.service_urls import ServiceUrl
from mail.sms.gateway import Gateway
from mail.sms.limits import reason_against
from mail.sms.provider import Provider
from mail.sms.twilio import Twilio

EXAMPLE = "twilio://SID:TOKEN@api.twilio.com?from=+38761000000"


def provider_at(url: str) -> Provider:
    """Raises ImproperlyConfigured."""
    service = ServiceUrl.read(url, variable="SMS_URL", example=EXAMPLE)
    match service.scheme:
        case "twilio":
            return Twilio.at(service)
        case "http-gateway":
            return Gateway.at(service)
        case _:
            raise ImproperlyConfigured("SMS_URL must start with twilio:// or http-gateway://.")


def sms_post(provider: Provider) -> Calls:
    return Calls(
        partial(hand_over_sms, provider),
        connections=settings.SMS_CONNECTIONS,
        timeout=settings.OUTBOUND_TIMEOUT,
    )


def hand_over_sms(provider: Provider, message: Message, client: Client) -> Outcome:
    against = reason_against(
        number=message.recipient,
        text=message.content.decode(),
        countries=settings.SMS_COUNTRIES,
        longest=settings.SMS_PARTS_AT_MOST,
    )
    return Outcome(Ending.REFUSED, against) if against else provider.hand_over(message, client)
