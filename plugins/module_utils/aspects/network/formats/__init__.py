# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The formats in which guests configure their network: one file each, and one line in FORMATS.

CONTRIBUTING.md ("A network format") has the recipe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ....guest.root import GuestRoot
from ..cards.nics import Nic, Setting
from ..cards.statics import Static
from . import cloud_init, ifcfg_redhat, ifcfg_suse, interfaces, keyfiles, netplan, networkd, wicked


class NetworkFormat(Protocol):
    """A format of network configuration: a module of this folder, or any object with the same functions.

    All but read change files, through the door, and leave everything else in them as it is, to the byte. Each is called
    with what the guest has before the conversion, in this order: unconfigure, use_dhcp, use_static, replace_macs,
    rename. Done again they change nothing; use_static is only called for what is otherwise. Each raises
    texts.unread.Unread, a GuestconvError, for a file that the guest's own programs cannot read either; such a format is
    left alone.
    """

    # Its name in current.network.<identifier>.configured_by.
    KIND: str

    def read(self, root: GuestRoot) -> list[Setting]:
        """What the files of this format say."""

    def unconfigure(self, root: GuestRoot, nics: Sequence[Nic]) -> None:
        """Take these Nics out of the configuration."""

    def replace_macs(self, root: GuestRoot, macs: Mapping[str, str]) -> None:
        """Make what knows hardware by a MAC address know it by another: {old: new}."""

    def rename(self, root: GuestRoot, names: Mapping[str, str]) -> None:
        """Call NICs by other names: {old: new}."""

    def use_dhcp(self, root: GuestRoot, nics: Sequence[Nic]) -> None:
        """Let these Nics get their addresses by DHCP instead of having static ones."""

    def use_static(self, root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
        """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""


FORMATS: tuple[NetworkFormat, ...] = (
    interfaces,
    netplan,
    networkd,
    keyfiles,
    ifcfg_redhat,
    ifcfg_suse,
    wicked,
)

# Those from which a program renders the others: they count only while none of FORMATS configures a NIC.
RENDERED: tuple[NetworkFormat, ...] = (cloud_init,)
