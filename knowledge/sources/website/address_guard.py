"""Which network addresses may be spoken to: those of the public internet, whatever they are dressed up as."""

import socket
import threading
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from queue import Empty, Queue
from typing import TypeVar

from desk.errors import Permanent, Temporary

NAME_SECONDS = 5.0
"""For the look-up of a name."""

Answer = TypeVar("Answer")

ResolveHost = Callable[[str, int], Sequence[str]]
"""Gives all addresses of a host's name, for a port; raises OSError when there are none."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# Not global by IANA's registries, but to some Pythons: https://www.iana.org/assignments/iana-ipv4-special-registry
_NON_PUBLIC_NETWORKS = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "100:0:0:1::/64", "2001::/23", "3fff::/20", "5f00::/16",
    )
)  # fmt: skip


def resolve_host(host: str, port: int) -> list[str]:
    """As the machine resolves names; numbers in any notation become the address they stand for."""
    entries = _within_time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _within_time(look_up: Callable[[], Answer]) -> Answer:
    """The system's look-up knows no time-out, so it is left behind in a thread of its own. Raises TimeoutError."""
    answers: Queue[Answer | OSError | UnicodeError] = Queue(1)

    def run() -> None:
        try:
            answers.put(look_up())
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=run, name="name look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=NAME_SECONDS)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError | UnicodeError):
        raise answer
    return answer


def public_addresses(host: str, port: int, *, private: bool, ask: ResolveHost = resolve_host) -> list[str]:
    """The addresses to connect to instead of the name, so that nobody can change its mind after the check.

    One address that is not public condemns the name: Permanent, unless `private`. Temporary when it has none.
    """
    try:
        addresses = ask(host, port)
    except TimeoutError as error:
        raise Temporary(f"the name servers do not answer for {host}") from error
    except (OSError, UnicodeError) as error:
        raise Temporary(f"{host} is not known to the name servers") from error
    if not addresses:
        raise Temporary(f"{host} has no address")
    if not private and not all(map(is_public_address, addresses)):
        raise Permanent(f"{host} leads into a private network; `private_network` would allow it")
    return list(addresses)


def is_public_address(address: str) -> bool:
    """Is this an address of the public internet, and no way around to another one?"""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    embedded_ip = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    return is_public_address(str(embedded_ip)) if embedded_ip else _is_public(ip)


def _embedded_ipv4(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that traffic to this one reaches: mapped, 6to4, Teredo, NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    is_listed = any(address in network for network in _NON_PUBLIC_NETWORKS if network.version == address.version)
    return address.is_global and not (is_special or site_local or is_listed)
