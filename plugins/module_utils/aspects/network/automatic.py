# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards that a program of the guest configures by DHCP though no file is for them.

NetworkManager makes up a connection ("Wired connection 1") for each Ethernet card without one, unless `no-auto-default=`
or `unmanaged-devices=` has the card (NetworkManager.conf(5); device_realized() of src/core/settings/nm-settings.c). The
connection is in /run. What outlives the guest is its lease, if any, and the time of its last use.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts import sections
from ..tools import services
from . import bounds
from .cards import traces
from .cards.nics import Nic
from .formats import netplan, unmanaged

KIND = "automatic"
PROGRAM = "/usr/sbin/NetworkManager"

# What starts it: systemd, the scripts of sysvinit and OpenRC, and upstart.
_STARTED_BY = (
    "/etc/systemd/system/*.wants/NetworkManager.service",
    *services.start_links(("[Nn]etwork[Mm]anager", "network-manager")),
    "/etc/init/network-manager.conf",
)
# A link to /dev/null here masks the service, whatever wants it (systemctl(1)).
_UNIT = "/etc/systemd/system/NetworkManager.service"
# They are read before those in /etc, which hide the ones with their names (NetworkManager.conf(5)).
_OF_DISTRIBUTION = "/usr/lib/NetworkManager/conf.d/*.conf"
# Ubuntu's file that excludes all but wireless cards, which netplan hides by one in /run if it renders for NetworkManager
# (src/networkmanager.c).
_OF_NETPLAN, _RENDERER = "10-globally-managed-devices.conf", "NetworkManager"
# A line for each card whose made up connection a person has deleted.
_STATE = "/var/lib/NetworkManager/no-auto-default.state"


@dataclass(frozen=True)
class Automatic:
    """NetworkManager, which is started. excepted: lists of cards that it makes up no connection for, as of unmanaged.fits."""

    excepted: Sequence[Sequence[str]]

    def configures(self, nic: Nic) -> bool:
        """Whether it gives a card, which no file is for, its addresses."""
        return not any(unmanaged.fits(specs, nic.name, nic.mac) for specs in self.excepted)


def applied(root: GuestRoot, nics: Sequence[Nic]) -> list[Nic]:
    """nics, where those that no file is for are configured by what would.

    If there are none, and nobody knows the cards, there is one at least: every virtual machine that has this program
    configure its cards has been on a network.
    """
    is_unknown = not nics and root.guest.hardware.get("interfaces") is None
    if not is_unknown and all(map(_is_configured, nics)):
        return list(nics)
    program = _program(root)
    if program is None:
        return list(nics)
    found = [Nic("nic0", None)] if is_unknown and program.configures(Nic("nic0", None)) else nics
    return [
        replace(nic, method="dhcp", is_dynamic=True, configured_by=((PROGRAM, KIND),))
        if not _is_configured(nic) and program.configures(nic)
        else nic
        for nic in found
    ]


def concern(nics: Sequence[Nic], are_known: bool) -> Concern | None:
    """The Concern over cards that no file is for. are_known: whether the caller listed the cards of the source."""
    automatic = [nic for nic in nics if nic.configured_by == ((PROGRAM, KIND),) and nic.name is None]
    if not automatic:
        return None
    unknown = "" if are_known else " How many such network cards there are is not known; the target gets one."
    return Concern(
        "nic-configured-automatically",
        "info",
        f"No file configures {_listed(automatic)}: NetworkManager gets an address by DHCP, whatever the name of the network card is. The "
        f"name is not known, and may be another on the target.{unknown}",
        "If something in the guest uses the name, such as a zone of firewalld, bind it with a .link file in the guest first."
        + ("" if are_known else " Pass all network cards of the source in hardware.interfaces."),
    )


def not_configured(nics: Sequence[Nic], seen: Sequence[str | None]) -> Concern | None:
    """The Concern over cards of the source that nothing configures. seen: MAC addresses of those that have addresses,
    about which there is a concern of its own."""
    bare = [
        nic
        for nic in nics
        if nic.name is None and nic.mac not in seen and (not _is_configured(nic) or _has_but_leases(nic))
    ]
    if not bare:
        return None
    return Concern(
        "nic-not-configured",
        "info",
        f"No network configuration that guestconv reads is for {_listed(bare)}. The name of the network card in the guest is not "
        "known, and may be another on the target.",
        "Nothing needs to be done if the guest does not use the network card. If something in it does by its name, bind the "
        "name with a .link file in the guest first.",
    )


def _listed(nics: Sequence[Nic]) -> str:
    """What a message calls these Nics, which have no names: with their MAC addresses."""
    return ", ".join(f"{nic.label} ({nic.mac})" if nic.mac else nic.label for nic in nics)


def _is_configured(nic: Nic) -> bool:
    return bool(nic.configured_by or nic.used_by)


def _has_but_leases(nic: Nic) -> bool:
    return bool(nic.configured_by) and all(kind == traces.KIND for _file, kind in nic.configured_by)


def is_started(root: GuestRoot) -> bool:
    """Whether the guest starts NetworkManager."""
    # Pattern matching finds links that lead nowhere.
    found = set(root.glob(*_STARTED_BY, f"{_UNIT[:-1]}[e]"))
    is_masked = _UNIT in found and not root.read(_UNIT)
    return bool(found - {_UNIT}) and not is_masked and root.is_file(PROGRAM)


def _program(root: GuestRoot) -> Automatic | None:
    """The Automatic, None for a guest that does not start NetworkManager."""
    if not is_started(root):
        return None
    paths = bounds.to_read(root, root.glob(_OF_DISTRIBUTION, *unmanaged.FILES))
    hidden = {posixpath.basename(path) for path in paths if path.startswith("/etc/")}
    if netplan.renderer(root) == _RENDERER:
        hidden.add(_OF_NETPLAN)
    read = [path for path in paths if path.startswith("/etc/") or posixpath.basename(path) not in hidden]
    texts = [root.read(path) or "" for path in read]
    deleted = (root.read(_STATE) or "").split()[: unmanaged.MOST_SPECS]
    return Automatic([specs for specs in (excepted_by(texts), deleted, *unmanaged.lists_of(texts)) if specs])


def excepted_by(texts: Sequence[str]) -> list[str]:
    """The list of cards in `no-auto-default=` of files with these texts, in the order in which they are read. Pure."""
    listed: list[str] = []
    for entry in (entry for text in texts for entry in sections.parse(text)):
        if entry.section == "main" and entry.key in ("no-auto-default", "no-auto-default+"):
            specs = [each for each in re.split(r"[;,\s]+", entry.value) if each]
            listed = [*listed, *specs] if entry.key.endswith("+") else specs
    return listed[: unmanaged.MOST_SPECS]
