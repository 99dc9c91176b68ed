# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's .link files, which give interfaces their names (systemd.link(5)). Pure.

How a name that the source's hardware gave is kept, by the source of systemd 215 to 255:

- The first file whose [Match] fits is used and no other, in the order of the files' names over all directories.
  Name= is used when no NamePolicy= gives a name (link-config.c); net.ifnames=0 switches off only NamePolicy=.
- MACAddress= is compared with the address that the NIC has when it is found (PermanentMACAddress= needs 245). VLANs,
  bonds and bridges take that address over. Renaming one of them too fails as the name is taken, and takes it out of
  udev's database (tried with a VLAN and 252). Type=ether does not keep them out everywhere: before 245 it was compared
  with DEVTYPE, which Ethernet hardware has not, and matched nothing. Path=* does: ID_PATH is only set for what hangs
  on a hardware bus (udev-builtin-path_id.c), virtio's too.
- Driver= is what `ethtool -i` calls the driver. Bonds ("bonding"), bridges, VLANs ("802.1Q VLAN Support") and dummies
  have others than any NIC.
- In an initrd with NIC drivers (initramfs-tools' MODULES=most) udev renames the NIC before our file is there, by
  99-default.link. From 240 on (NAMING_ALLOW_RERENAMES) the "add" event which systemd-udev-trigger.service sends later
  renames it once more; older ones say "already has a name given by userspace" and leave it. udev's rename_netif()
  refuses nothing of the kind, so a rule's NAME= works with these too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ....texts import globs, sections
from ..cards.macs import KnownMac, bound_by
from ..cards.nics import Nic
from ..systemd_files import WRITABLE
from ..values import normal_mac, with_macs_replaced, with_names_replaced

_OURS = f"{WRITABLE}/10-guestconv-"

# systemd's own file, which fits everything.
DEFAULTS = ("/usr/lib/systemd/network/99-default.link", "/lib/systemd/network/99-default.link")

# The version of systemd from which on a NIC that the initrd has named gets another name: see above.
RENAMES_SINCE = 240

Claim = Literal["named", "free", "claimed"]

_MAC_KEYS = ("MACAddress", "PermanentMACAddress")


@dataclass(frozen=True)
class Link:
    """A .link file: its path, what [Match] asks (pairs of key and value), and the name that [Link] gives."""

    path: str
    conditions: tuple[tuple[str, str], ...] = ()
    name: str | None = None
    name_policy: str = ""


def path_for(name: str) -> str:
    """Our file that binds this name."""
    return f"{_OURS}{name}.link"


def is_ours(path: str) -> bool:
    """Whether guestconv made the file."""
    return path.startswith(_OURS)


def text_for(nic: Nic, kernel_driver: str) -> str:
    """The content of the file that binds nic's name: to its MAC address, or to the driver while that is not known."""
    match = f"MACAddress={nic.hardware_mac}\nPath=*" if nic.hardware_mac else f"Driver={kernel_driver}"
    return (
        f"# Made by guestconv: {nic.name} is what this system's network configuration calls the network card.\n"
        f"[Match]\n{match}\n\n[Link]\nName={nic.name}\n"
    )


def parse(path: str, text: str) -> Link:
    """The Link in the text of a .link file."""
    entries = sections.parse(text, continued=True)
    settings = {entry.key: entry.value for entry in entries if entry.section == "Link"}
    return Link(
        path,
        tuple((entry.key, entry.value) for entry in entries if entry.section == "Match"),
        settings.get("Name"),
        settings.get("NamePolicy", ""),
    )


def with_new_macs(text: str, macs: Mapping[str, str]) -> str:
    """text, a .link file's, which knows by the new address what it knew by the old: {old: new}."""
    entries = sections.parse(text, continued=True)
    known_by = [
        entry
        for entry in entries
        if (entry.section == "Match" and entry.key in _MAC_KEYS) or (entry.section, entry.key) == ("Link", "MACAddress")
    ]
    return sections.edited(text, known_by, lambda value: with_macs_replaced(value, macs))


def with_new_names(text: str, names: Mapping[str, str]) -> str:
    """text, a .link file's, which gives the new name where it gave the old: {old: new}."""
    entries = sections.parse(text, continued=True)
    given = [entry for entry in entries if (entry.section, entry.key) == ("Link", "Name")]
    return sections.edited(text, given, lambda value: with_names_replaced(value, names))


def macs(links: Iterable[Link]) -> dict[str, KnownMac]:
    """{name: KnownMac} of the names that links bind to one MAC address each."""
    found: dict[str, KnownMac] = {}
    for link in links:
        bound = [normal_mac(word) for key, value in link.conditions if key in _MAC_KEYS for word in value.split()]
        if link.name and len(bound) == 1 and bound[0]:
            found.setdefault(link.name, bound_by(bound[0], link.path))
    return found


class Links:
    """Links in the order in which systemd looks at them, by the MAC addresses that they ask for."""

    def __init__(self, links: Iterable[Link]) -> None:
        self._all = sorted(links, key=lambda link: posixpath.basename(link.path))
        self._by_mac: dict[str | None, list[int]] = {}
        for index, link in enumerate(self._all):
            asked = {normal_mac(word) for key, value in link.conditions if key in _MAC_KEYS for word in value.split()}
            for mac in asked or {None}:
                self._by_mac.setdefault(mac, []).append(index)

    def that_may_fit(self, mac: str | None) -> list[Link]:
        """The Links but those that ask for another MAC address; all where it is not known."""
        if mac is None:
            return self._all
        indexes = {*self._by_mac.get(mac, ()), *self._by_mac.get(None, ())}
        return [self._all[index] for index in sorted(indexes)]


def claim_on(nic: Nic, links: Links, kernel_driver: str) -> Claim:
    """What the user's links do with nic on the target.

    "named": one gives it its name. "free": no link concerns it. "claimed": a link may fit it without giving the name. A
    file of ours before that would put its other settings out of force, as only the first that fits is used.
    """
    for link in links.that_may_fit(nic.hardware_mac):
        fits = _fits(link, nic, kernel_driver)
        if fits and link.name == nic.name and not link.name_policy:
            return "named"
        if fits is not False:
            return "claimed"
    return "free"


def _fits(link: Link, nic: Nic, kernel_driver: str) -> bool | None:
    """Whether nic will match the link on the target: True, False, or None when that cannot be known."""
    answers = {_fits_condition(key, value, nic, kernel_driver) for key, value in link.conditions}
    if False in answers:
        return False
    return None if None in answers or not answers else True


def _fits_condition(key: str, value: str, nic: Nic, kernel_driver: str) -> bool | None:
    words = value.split()
    if key in _MAC_KEYS:
        return nic.hardware_mac in map(normal_mac, words) if nic.hardware_mac else None
    if key == "Driver":
        return _one_fits(words, kernel_driver)
    if key == "Type":
        return _one_fits(words, "ether")
    if key in ("Path", "OriginalName") and "*" in words:
        return True
    # A NIC of a virtual machine is on no USB, and Kind= is that of software: "vlan", "bridge".
    if (key == "Path" and words == ["*-usb-*"]) or (key == "Kind" and not any(word[0] == "!" for word in words)):
        return False
    return None


def _one_fits(words: Sequence[str], value: str) -> bool | None:
    if any(word.startswith("!") for word in words):
        return None
    return any(globs.fits(value, word) for word in words)
