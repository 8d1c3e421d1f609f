from ipaddress import ip_network

import pytest

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def own_machine(settings):
    """The servers of these tests are on this machine."""
    settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]


@pytest.fixture
def twilio(settings):
    settings.PUBLIC_BASE_URL = "https://cx.example"
    settings.SMS_URL = "twilio://AC1:token@api.twilio.com?from=+38761000000"
