"""Which network addresses the platform may call: public ones, and private ones that the operator allows."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
IPV4_COMPATIBLE = IPv6Network("::/96")


def is_public(address: str) -> bool:
    """Python calls multicast global, and reserved addresses too; nobody's web server lives there."""
    inner = unwrapped(address)
    is_odd = inner.is_multicast or inner.is_reserved or getattr(inner, "is_site_local", False)
    return inner.is_global and not is_odd


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether it lies in one of the private networks that the operator named."""
    inner = unwrapped(address)
    return any(inner.version == network.version and inner in network for network in networks)


def unwrapped(text: str) -> Address:
    """The IPv4 address that an IPv6 address stands for: mapped, compatible, 6to4, or behind NAT64."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv4Address):
        return address
    if address.sixtofour:
        return address.sixtofour
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in NAT64 or (address in IPV4_COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
