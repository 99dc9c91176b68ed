# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the caller wants of a NIC's configuration: to stay as it is, to go by another name, or to use DHCP.

devices.network.<id> may have, besides driver:

    policy   keep (the default), rename or dhcp
    name     with rename: what the guest shall call the NIC, as the target does by itself (enp1s0) or otherwise
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ....errors import GuestconvError
from ...plan import Plan
from .nics import INTERFACE, Nic

POLICIES = ("keep", "rename", "dhcp")


@dataclass(frozen=True)
class Policy:
    """policy: one of POLICIES. name: the new one, for rename."""

    policy: str = "keep"
    name: str | None = None


def policy_for(plan: Plan, nic: Nic) -> Policy:
    """The Policy for nic. Raises GuestconvError `policy-malformed` with the path of what is wrong."""
    settings = plan.selection.settings.get("network", {}).get(nic.identifier, {})
    path = f"guest.devices.network.{nic.identifier}"
    policy, name = settings.get("policy") or "keep", settings.get("name")
    if policy not in POLICIES:
        raise _malformed(f"{path}.policy", policy, f"one of {', '.join(POLICIES)}")
    if policy != "rename" and name is not None:
        raise _malformed(f"{path}.name", name, "left out, as only the policy `rename` takes a name")
    if policy == "rename" and not (isinstance(name, str) and INTERFACE.fullmatch(name)):
        raise _malformed(f"{path}.name", name, "the name of an interface, of at most 15 characters")
    return Policy(policy, name)


def check_names(policies: Mapping[Nic, Policy]) -> None:
    """Refuse policies, {Nic: Policy}, that give one name to several NICs. Raises GuestconvError `policy-malformed`."""
    taken: dict[str, Nic] = {}
    for nic, each in policies.items():
        name = each.name or nic.name
        if name is None:
            continue
        if name in taken:
            renamed = nic if each.name else taken[name]
            path = f"guest.devices.network.{renamed.identifier}.name"
            raise _malformed(path, name, "a name that no other network card of the guest has")
        taken[name] = nic


def changed(nic: Nic, policy: Policy) -> Nic:
    """The Nic as it is after policy."""
    if policy.policy == "dhcp":
        return replace(nic, addresses=(), gateway=None, method="dhcp")
    return replace(nic, name=policy.name) if policy.name else nic


def _malformed(path: str, value: object, expected: str) -> GuestconvError:
    return GuestconvError(
        "policy-malformed",
        f"{path} is {value!r}; it must be {expected}.",
        hint="A network card has `policy: keep`, `policy: dhcp`, or `policy: rename` with `name: <new name>`.",
        path=path,
    )
