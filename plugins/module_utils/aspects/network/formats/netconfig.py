# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SUSE's name servers: netconfig(8) writes /etc/resolv.conf by /etc/sysconfig/network/config, whenever wicked has it do so.

They are those of the whole guest: neither ifcfg files nor wicked's XML have any for an interface.
"""

from __future__ import annotations

from ....guest.root import GuestRoot
from ....texts import assignments
from .. import values
from ..cards.statics import Static

_FILE = "/etc/sysconfig/network/config"
_SERVERS = "NETCONFIG_DNS_STATIC_SERVERS"


def name_servers(root: GuestRoot) -> tuple[str, ...]:
    """The static name servers of the guest."""
    return values.gateways(assignments.values(root.read(_FILE) or "").get(_SERVERS, "").split())


def use_name_servers(root: GuestRoot, static: Static, detail: str) -> None:
    """Have the static name servers of all NICs that get new ones, where this one does."""
    if static.name_servers is not None and set(static.of_all) != set(name_servers(root)):
        text = assignments.with_value(root.read(_FILE) or "", _SERVERS, f'"{" ".join(static.of_all)}"')
        root.write(_FILE, text, detail)
