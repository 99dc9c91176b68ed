# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The addresses in Red Hat's ifcfg files. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping

from .. import values


def ipv4(assigned: Mapping[str, str]) -> Iterator[str]:
    """The IPv4 addresses, with prefix, in the assignments of a file."""
    for key, value in assigned.items():
        number = re.fullmatch(r"IPADDR(\d*)", key)
        if number:
            # ifcfg: PREFIX goes before NETMASK; without either the prefix is that of the address's class.
            prefix = assigned.get(f"PREFIX{number[1]}") or assigned.get(f"NETMASK{number[1]}")
            yield from values.with_prefix(value, prefix or values.class_prefix(value))
    yield from _range(assigned)


def ipv6(assigned: Mapping[str, str]) -> Iterator[str]:
    """The IPv6 addresses, with prefix, in the assignments of a file."""
    for word in [*assigned.get("IPV6ADDR", "").split()[:1], *assigned.get("IPV6ADDR_SECONDARIES", "").split()]:
        yield from values.with_prefix(word, "64")


def _range(assigned: Mapping[str, str]) -> Iterator[str]:
    """The addresses of a file like ifcfg-eth0-range0, which are in one /24 (ifup-aliases of initscripts)."""
    start, end = (values.address(assigned.get(f"IPADDR_{word}", "")) for word in ("START", "END"))
    if start and end and start.version == end.version == 4 and int(start) >> 8 == int(end) >> 8:
        prefix = assigned.get("PREFIX") or assigned.get("NETMASK") or values.class_prefix(str(start))
        for number in range(int(start), int(end) + 1):
            yield from values.with_prefix(str(ipaddress.IPv4Address(number)), prefix)
