# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of NICs that files in /etc use, where the network configuration that is read has no name for the NIC.

`Name=en*` is for whatever the card is called, but the rules of the firewall may be for ens192, as may be dhcpcd.conf, or
a script that sets the address. Only names that udev gives by a card's place or address are looked for: they are in no
file by accident, as eth0 is, which is the only card's name anyway where the kernel gives the names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ... import searched
from .. import elsewhere
from ..cards.identity import OF_SLOT, Card
from ..cards.nics import Nic, labels, unique_identifier
from ..cards.patterns import matches
from . import naming

# systemd.net-naming-scheme(7): ens192, enp11s0, eno1, enx005056aabbcc; and Xen's enX0.
_NAME = r"en(?:[os][0-9]+|p[0-9]+s[0-9]+)(?:[fdnu][0-9]+|np[0-9]+)*|enX[0-9]+|enx[0-9a-f]{12}"
# Shell variables of netifrc end with it: config_ens192.
_IN_TEXT = re.compile(rf"(?<![0-9A-Za-z])(?:{_NAME})(?![0-9A-Za-z_*?\[-])")
# grep has no (?:).
_FOR_GREP = f"(^|[^0-9A-Za-z])({_NAME})($|[^0-9A-Za-z_*?-])".replace("(?:", "(")
# No guest has so many names of cards, or cards without names, but a hostile one.
_MOST = 50


def with_names(
    root: GuestRoot, nics: Sequence[Nic], cards: Sequence[Card], given: Collection[str]
) -> tuple[list[Nic], list[Concern]]:
    """(nics, Concerns), where those without a name have one that files in /etc use, if it is clear which.

    It is for the only one, and for one whose card is in the slot by which udev makes the name. Where it is not clear, a
    Concern lists the files. cards: those of the source. given: the names that rules and .link files give; no card has
    another of these names where udev gives none itself.
    """
    found = list(nics)
    by_udev = naming.by_policy(root)
    if (nics and all(nic.name for nic in nics)) or not (by_udev or given):
        return found, []
    known = {nic.name for nic in nics}
    found_in_files, concerns = _mentioned(root)
    mentioned = {
        name: files for name, files in found_in_files.items() if name not in known and (by_udev or name in given)
    }
    mentioned = {name: mentioned[name] for name in sorted(mentioned)[:_MOST]}
    if nics:
        unnamed = [nic for nic in nics if not nic.name][:_MOST]
        mentioned = {name: files for name, files in mentioned.items() if any(_may_be(nic, name) for nic in unnamed)}
    slots = {card.mac: card.name_by_slot for card in cards if card.mac}
    if len(mentioned) == 1 and len(nics) < 2 and root.guest.hardware.get("interfaces") != []:
        ((name, files),) = mentioned.items()
        nic = nics[0] if nics else Nic("", None)
        # In another slot it was not called so.
        by_slot = slots.get(nic.mac or "")
        if by_slot in (None, name) or not OF_SLOT.fullmatch(name):
            return [replace(nic, name=name, identifier=unique_identifier(name, ()))], [*concerns, _taken(name, files)]
    taken = {nic.identifier for nic in nics}
    for index, nic in enumerate(nics):
        by_slot = slots.get(nic.mac or "") or ""
        if not nic.name and by_slot in mentioned and _may_be(nic, by_slot):
            found[index] = replace(nic, name=by_slot, identifier=unique_identifier(by_slot, taken))
            concerns.append(_taken(by_slot, mentioned.pop(by_slot)))
    nameless = [nic for nic in found if not nic.name]
    if mentioned and (nameless or not nics):
        concerns.append(_not_kept(mentioned, nameless))
    return found, concerns


def _may_be(nic: Nic, name: str) -> bool:
    return not nic.patterns or matches(name, nic.patterns)


def _mentioned(root: GuestRoot) -> tuple[dict[str, list[str]], list[Concern]]:
    """({name: the files in /etc that have it in lines which are no comments, and what is called so there}, Concerns)."""
    found: dict[str, list[str]] = {}
    files = elsewhere.files_with(root, _FOR_GREP)
    for file in files.paths:
        for name in names_in(root.read(file) or ""):
            found.setdefault(name, []).append(file)
    for path in elsewhere.called_after_interfaces(root):
        for name in names_in(posixpath.basename(path)):
            found.setdefault(name, []).append(path)
    return found, searched.concerns_over(root, files)


def names_in(text: str) -> list[str]:
    """The names in text, but those in comments, each once."""
    lines = elsewhere.without_comments(text)
    return list(dict.fromkeys(name for line in lines for name in _IN_TEXT.findall(line) if len(name) < 16))


def _taken(name: str, files: Sequence[str]) -> Concern:
    return Concern(
        "nic-name-from-elsewhere",
        "info",
        f"No network configuration that guestconv reads names the network card {name}. It keeps this name on the target, "
        f"because it is used by {elsewhere.listed(files)}.",
        "Nothing needs to be done if it is the name of the network card. If not, remove it from these files.",
    )


def _not_kept(mentioned: dict[str, list[str]], nameless: Sequence[Nic]) -> Concern:
    files = list(dict.fromkeys(file for files in mentioned.values() for file in files))
    whose = f"the network configuration has no name for {labels(nameless)}" if nameless else "no network card is known"
    example = nameless[0].identifier if nameless else "nic0"
    return Concern(
        "nic-name-used-elsewhere",
        "warning",
        f"{', '.join(sorted(mentioned))} {'is' if len(mentioned) == 1 else 'are'} used by {elsewhere.listed(files)}, but {whose}, so "
        "that network cards may have other names on the target.",
        f"To keep a name, set the policy of its network card, as in guest.devices.network.{example}: "
        f"{{policy: rename, name: {min(mentioned)}}}, or change the name in these files.",
    )
