"""Which addresses this machine may be sent to: a list of our own, since `ipaddress.is_global` is no guard.

On Python 3.11 it calls global, among others, NAT64, 6to4, translated and site-local addresses, all of multicast and two
clouds' internal services. So: for IPv6 only what is assigned to the public, for IPv4 everything but what is listed,
and what carries another address inside is judged by that one too.
"""

import socket
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Nowhere to connect to, whoever asks: unspecified (0.0.0.0 reaches loopback on Linux), multicast, broadcast.
_NEVER = tuple(ip_network(item) for item in ("0.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/128", "ff00::/8"))
_DENIED_4 = tuple(
    IPv4Network(item)
    for item in (
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; 100.100.100.200 is a cloud's metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # a cloud's wire server, on an address that looks public
        "169.254.0.0/16",  # link-local; 169.254.169.254 is every cloud's metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a cloud's metadata
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # the old relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_DENIED_6 = tuple(
    IPv6Network(item)
    for item in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking, AMT
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
_TRANSLATED = IPv6Network("::ffff:0:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_ISATAP = {0x00005EFE, 0x02005EFE}


def canonical(text: str) -> Address:
    """Read an address as a resolver gives it; one that is mapped into IPv6 is the IPv4 one that will be reached."""
    address = ip_address(text)
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def permitted(address: Address, trusted: Iterable[Network] = (), denied: Iterable[Network] = ()) -> bool:
    """Whether `address`, and each address it carries inside, is public or in a `trusted` network."""
    trusted, denied = tuple(trusted), tuple(denied)
    # A scope names one of our own interfaces.
    if isinstance(address, IPv6Address) and address.scope_id:
        return False
    return all(_allowed(form, trusted, denied) for form in (address, *_inner(address)))


def _allowed(address: Address, trusted: Sequence[Network], denied: Sequence[Network]) -> bool:
    if any(address in network for network in _NEVER):
        return False
    if any(address in network for network in trusted):
        return True
    if any(address in network for network in denied) or is_own(address):
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _DENIED_4)
    return address in _PUBLIC_6 and not any(address in network for network in _DENIED_6)


def _inner(address: Address) -> Iterator[IPv4Address]:
    if isinstance(address, IPv4Address):
        return
    number = int(address)
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    low = IPv4Address(number & 0xFFFFFFFF)
    if any(address in network for network in (_NAT64, _NAT64_LOCAL, _TRANSLATED, _COMPATIBLE)):
        yield low
    if (number >> 32) & 0xFFFFFFFF in _ISATAP:
        yield low


def is_own(address: Address) -> bool:
    """Whether `address` belongs to an interface of this machine: only to such a one a socket can be bound."""
    family = socket.AF_INET if isinstance(address, IPv4Address) else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True
