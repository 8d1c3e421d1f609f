"""Holding up whoever guesses personal links.

Only requests for links that lead nowhere are counted, so a link that is good opens from the same address all the
while: a whole company may share it. Each web process counts for itself.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.core.cache import cache

MISSES_ALLOWED = 60
WINDOW = timedelta(minutes=10)
NETWORK_BITS = 64  # of an IPv6 address: the rest is one household's own


def wait_after_miss(*, address: str, at: datetime) -> int:
    """Count one miss; the seconds until the address may miss again, 0 while it still may."""
    number, elapsed = divmod(int(at.timestamp()), int(WINDOW.total_seconds()))
    key = f"surveys.misses:{number}:{network_of(address)}"
    cache.add(key, 0, timeout=WINDOW.total_seconds())
    try:
        misses = cache.incr(key)
    except ValueError:  # a full cache has just dropped it
        misses = 1
    return int(WINDOW.total_seconds()) - elapsed if misses > MISSES_ALLOWED else 0


def network_of(address: str) -> str:
    """What one client can choose its addresses from: an IPv4 address itself, of IPv6 the network."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"  # the web server was reached through a socket of the machine
    if parsed.version == 4:  # noqa: PLR2004  the Internet Protocol's
        return str(parsed)
    return str(ip_network((int(parsed), NETWORK_BITS), strict=False))
