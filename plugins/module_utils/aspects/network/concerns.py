# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person should know of the guest's network before it is converted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts.unread import Unread
from .cards import identity, nics
from .cards.identity import Card
from .cards.nics import Nic, Setting, labels
from .formats import cloud_init, wicked
from .names import naming

_NOT_READ = ("/etc/conf.d/net", "/etc/connman/*.config")


def concerns_of(
    root: GuestRoot, found: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str], settings: Sequence[Setting]
) -> list[Concern]:
    """The Concerns over the Nics found.

    cards, macs: as of identity.cards_of and new_macs. settings: what all files say.
    """
    doubts = (
        _not_read(root),
        identity.none_known(found, root.guest.hardware),
        identity.not_on_source(found, cards),
        identity.unknown_identity(found),
        identity.generated(found),
        identity.unknown_targets(found, macs),
        _not_kept(root, found),
        _order_matters(found),
        _asks_for_old_hardware(found),
        _rendered_again(root, found, settings),
    )
    return [concern for concern in doubts if concern]


def unread(error: Unread) -> Concern:
    """The Concern for a format whose reader raised error (an unread.Unread)."""
    return Concern(error.code, error.severity, error.message, error.hint)


def _not_read(root: GuestRoot) -> Concern | None:
    files = [file for pattern in _NOT_READ for file in root.glob(pattern)]
    try:
        files += wicked.not_read(root)
    except Unread:
        pass  # Its reader has reported it.
    if not files:
        return None
    return Concern(
        "network-configuration-not-read",
        "warning",
        f"guestconv does not read this network configuration: {', '.join(files)}.",
        "A network card that it names may have another name on the target. Check it there, or bind the name with a .link "
        "file first.",
    )


def _not_kept(root: GuestRoot, found: Sequence[Nic]) -> Concern | None:
    names = [nic.name for nic in found if nic.name]
    if not names or naming.can_be_kept(root) or names == [f"eth{index}" for index in range(len(names))]:
        return None
    return Concern(
        "nic-name-not-kept",
        "warning",
        f"The guest has no udev, so {', '.join(names)} cannot keep these names on the target.",
        "The kernel names the network cards eth0, eth1, ... in the order of their places on the bus. Configure them by "
        "these names.",
    )


def _order_matters(found: Sequence[Nic]) -> Concern | None:
    """The kernel's own names cannot be swapped: while eth0 is there, udev cannot rename another to it (EEXIST)."""
    names = [nic.name for nic in found if nic.name and nics.KERNEL_NAME.fullmatch(nic.name)]
    if len(names) < 2:
        return None
    return Concern(
        "nic-order-matters",
        "warning",
        f"The kernel itself assigns the names {', '.join(names)}, in the order in which it finds the network cards.",
        "Give the virtual machine its network cards in the order of hardware.interfaces that convert returns.",
    )


def _asks_for_old_hardware(found: Sequence[Nic]) -> Concern | None:
    asked = [f"{file} ({what})" for nic in found for file, what in nic.source_hardware]
    if not asked:
        return None
    return Concern(
        "nic-configured-by-old-hardware",
        "warning",
        f"Network configuration matches hardware that only the source has: {', '.join(asked)}.",
        "It may not be used on the target. Match the interface's name or MAC address instead.",
    )


def _rendered_again(root: GuestRoot, found: Sequence[Nic], settings: Sequence[Setting]) -> Concern | None:
    """cloud-init writes network configuration anew for a new instance, which the target may be to it."""
    by_hand = [nic for nic in found if nic.reached_at]
    try:
        source = cloud_init.renders(root)
    except Unread:
        return None
    if source is None or not by_hand:
        return None
    addresses = {address for setting in settings if setting.file == source for address in setting.addresses}
    if source and addresses >= {address for nic in by_hand for address in nic.reached_at}:
        return None
    return Concern(
        "cloud-init-renders-network",
        "info",
        "cloud-init is installed. If it finds a data source on the target, it treats the virtual machine as a new "
        f"instance and may replace the network configuration of {labels(by_hand)}.",
        "To keep the configuration, put `network: {config: disabled}` into /etc/cloud/cloud.cfg.d/99-network.cfg.",
    )
