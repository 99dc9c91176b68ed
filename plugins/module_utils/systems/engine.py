# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: the aspects inspect, and a description comes of it; the aspects convert, and changes come of it.

It knows the order of the aspects and nothing about them. Each is a module (or package) of aspects/ with

    NAME                            its name in changes
    inspect(root) -> Findings       reads one mounted root; leaves in root.facts[NAME] what others may want
    convert(root, conversion)       makes the root match conversion.selection, through the door (guest.root.GuestRoot)
"""

from __future__ import annotations

from .. import packages
from ..aspects import boot, console, graphics, kernel, network, storage, tools
from ..aspects.conversion import Conversion
from ..model.description import Findings, describe

# Inspection goes down this list, as the later build on what the earlier found (which kernel boots, what it can
# drive). Conversion goes up it, as the earlier carry out what the later ask of them (kernel arguments, modules).
_ASPECTS = (boot, kernel, storage, network, console, graphics, tools)


def inspect(guest, applications=False, tell=lambda aspect, fraction: None):
    """The description (a dict) of guest (guest.Guest), with the packages of each root if they are asked for.

    tell: called with each aspect's name as it begins, and how much of the whole is done (0 to 1).
    """
    findings = {}
    for number, root in enumerate(guest.roots):
        with guest.mounted(root, read_only=True):
            findings[root.name] = [aspect.inspect(root) for aspect in _told(_ASPECTS, number, guest.roots, tell)]
            if applications:
                findings[root.name].append(Findings(info={"applications": packages.applications(root)}))
    return describe(guest, findings)


def convert(guest, description, selection, initrd="auto", tell=lambda aspect, fraction: None):
    """Make guest, as inspect described it, match selection. Returns the target's hardware, a dict.

    initrd: see conversion.Conversion. tell: as of inspect.

    The changes are in the roots. Raises GuestconvError; the disks are half-converted then, and must be thrown away.
    """
    hardware = {"firmware": description["boot"]["firmware"], "machine": guest.target.machine}
    for number, root in enumerate(guest.roots):
        conversion = Conversion(guest.target, selection, initrd=initrd)
        with guest.mounted(root, read_only=False):
            for aspect in _told(_ASPECTS[::-1], number, guest.roots, tell):
                with root.on_behalf_of(aspect.NAME):
                    aspect.convert(root, conversion)
        _merge(hardware, conversion.hardware)
    # For who defines the new virtual machine: as large as the old one was, where that is known.
    hardware.update((key, guest.hardware[key]) for key in ("cpus", "memory") if guest.hardware.get(key))
    return hardware


def _merge(hardware, of_root):
    """Add to hardware what a root says that the machine must offer: there is one machine, whatever the number of roots.

    Of a device that several roots know, each says what it knows.
    """
    for key, value in of_root.items():
        if isinstance(value, list) and key in hardware:
            known = {_identifier(device): device for device in hardware[key]}
            for device in value:
                there = known.setdefault(_identifier(device), {})
                there.update((name, fact) for name, fact in device.items() if there.get(name) in (None, "", []))
            hardware[key] = list(known.values())
        elif hardware.get(key) is None:
            hardware[key] = value


def _identifier(device):
    return device.get("device") or device.get("name")


def _told(aspects, number, roots, tell):
    """Yield the aspects of the root that has this number, and tell of each as it begins."""
    for index, aspect in enumerate(aspects):
        tell(aspect.NAME, (number + index / len(aspects)) / len(roots))
        yield aspect
