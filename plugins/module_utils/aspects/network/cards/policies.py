# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the caller wants of a NIC's configuration: to stay, to go by another name, to use DHCP or other addresses.

devices.network.<id> may have, besides driver:

    policy     keep (the default), rename, dhcp or static
    name       with rename: what the guest shall call the NIC, as the target does by itself (enp1s0) or otherwise
    addresses  with static: the only addresses of the NIC, with their prefixes
    gateway    with static: the only gateway, or one for IPv4 and one for IPv6; none when it is left out
    dns        with static: the only name servers; the guest's stay when it is left out
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ....errors import GuestconvError
from ...plan import Plan
from ..values import host
from . import statics
from .nics import Nic
from .statics import Static

POLICIES = ("keep", "rename", "dhcp", "static")


@dataclass(frozen=True)
class Naming:
    """Which names `rename` may give. pattern: of the whole name. expected: what it must be, for the error."""

    pattern: re.Pattern[str]
    expected: str


# udev gives a card no other name than of printable ASCII, and none that is a number, `all` or `default` (ifname_valid_full()
# in systemd's src/basic/socket-util.c). Of the other characters, some mean something in one file or another.
LINUX = Naming(
    re.compile(r"(?!(?:\d+|all|default)\Z)[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}"),
    "the name of an interface, of at most 15 characters (A-Z a-z 0-9 _ . -), that begins with a letter, digit or _, and is "
    "not a number, all or default",
)
# Windows refuses the characters that its files cannot have in their names, and ends a name where it has blanks at its end.
WINDOWS = Naming(
    re.compile(r'(?! )[^\x00-\x1f\x7f\ud800-\udfff\\/:*?"<>|]{1,255}(?<! )'),
    'the name of a connection, of at most 255 characters, without \\ / : * ? " < > |, and without blanks at its ends',
)


@dataclass(frozen=True)
class Policy:
    """policy: one of POLICIES. name: the new one, for rename. static: for static."""

    policy: str = "keep"
    name: str | None = None
    static: Static | None = None


def policy_for(plan: Plan, nic: Nic, naming: Naming = LINUX) -> Policy:
    """The Policy for nic. naming: of the system. Raises GuestconvError `policy-malformed` with the path of what is wrong."""
    settings = plan.selection.settings.get("network", {}).get(nic.identifier, {})
    path = f"guest.devices.network.{nic.identifier}"
    policy, name = settings.get("policy") or "keep", settings.get("name")
    if policy not in POLICIES:
        raise _malformed(f"{path}.policy", policy, f"one of {', '.join(POLICIES)}")
    if policy != "rename" and name is not None:
        raise _malformed(f"{path}.name", name, "left out, as only the policy `rename` takes a name")
    if policy == "rename" and not (isinstance(name, str) and naming.pattern.fullmatch(name)):
        raise _malformed(f"{path}.name", name, naming.expected)
    for key in statics.KEYS:
        if policy != "static" and settings.get(key) is not None:
            raise _malformed(f"{path}.{key}", settings[key], f"left out, as only the policy `static` takes {key}")
    static = statics.static_of(settings, path, _malformed) if policy == "static" else None
    if policy in ("static", "dhcp"):
        _refuse_port(nic, path)
    if static is None:
        return Policy(policy, name)
    _refuse_uncertain(nic, path)
    return Policy(policy, static=static)


def _refuse_port(nic: Nic, path: str) -> None:
    """Refuse addresses for a Nic that is part of what has them. Raises GuestconvError `policy-not-possible`."""
    above = [upper.name for upper in nic.used_by if upper.carried and (upper.addresses or upper.is_dynamic)]
    if above and not nic.addresses and nic.method in (None, "manual"):
        raise GuestconvError(
            "policy-not-possible",
            f"{nic.label} has no address of its own, because it is part of {', '.join(above)}.",
            hint=f"The address belongs to {above[0]}: leave out the policy of {nic.label}, and change the address of "
            f"{above[0]} in the guest.",
            path=f"{path}.policy",
        )


def _refuse_uncertain(nic: Nic, path: str) -> None:
    """Refuse static addresses for a Nic without a name that several configurations for such may be for.

    The new one keeps the other settings of one of them. Raises GuestconvError `policy-not-possible`.
    """
    if nic.name or (len(nic.patterns) < 2 and not nic.is_of_several):
        return
    files = ", ".join(file for file, _kind in nic.configured_by)
    raise GuestconvError(
        "policy-not-possible",
        f"The name of {nic.label} in the guest is not known, and {files} has several configurations that do not name "
        "their network card. Which of them applies is not known.",
        hint="Name the network card in one of these configurations, or give it its name with a .link file in the guest.",
        path=f"{path}.policy",
    )


def check_addresses(policies: Mapping[Nic, Policy]) -> None:
    """Refuse policies, {Nic: Policy}, with an address that another NIC has. Raises GuestconvError `policy-malformed`."""
    chosen = {nic: each.static for nic, each in policies.items() if each.static}
    taken: dict[str, Nic] = {}
    for nic, each in policies.items():
        if each.policy not in ("static", "dhcp"):
            taken.update((host(address), nic) for address in nic.addresses)
        taken.update((host(address), nic) for upper in nic.used_by for address in upper.addresses)
    for nic, static in chosen.items():
        for address in static.addresses:
            if host(address) in taken:
                path = f"guest.devices.network.{nic.identifier}.addresses"
                raise _malformed(path, address, f"another address, because {taken[host(address)].label} has this one")
        taken.update((host(address), nic) for address in static.addresses)


def check_names(policies: Mapping[Nic, Policy], same: Callable[[str], str] = str) -> None:
    """Refuse policies, {Nic: Policy}, that give one name to several NICs. Raises GuestconvError `policy-malformed`.

    same: the text that names have in common which are the same for the system.
    """
    taken: dict[str, Nic] = {}
    for nic, each in policies.items():
        name = each.name or nic.name
        if name is None:
            continue
        if same(name) in taken:
            renamed = nic if each.name else taken[same(name)]
            path = f"guest.devices.network.{renamed.identifier}.name"
            raise _malformed(path, name, "a name that no other network card of the guest has")
        taken[same(name)] = nic


def changed(nic: Nic, policy: Policy) -> Nic:
    """The Nic as it is after policy."""
    if policy.policy == "dhcp":
        return replace(nic, addresses=(), gateway=None, gateways=(), method="dhcp")
    if policy.static:
        gateways = policy.static.gateways
        first = policy.static.gateway(4) or policy.static.gateway(6)
        return replace(nic, addresses=policy.static.addresses, gateway=first, gateways=gateways, method="static")
    return replace(nic, name=policy.name) if policy.name else nic


def _malformed(path: str, value: object, expected: str) -> GuestconvError:
    return GuestconvError(
        "policy-malformed",
        f"{path} is {value!r}; it must be {expected}.",
        hint="A network card has `policy: keep`, `policy: dhcp`, `policy: rename` with `name`, or `policy: static` with "
        "`addresses`, `gateway` and `dns`.",
        path=path,
    )
