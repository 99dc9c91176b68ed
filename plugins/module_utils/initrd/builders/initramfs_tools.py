# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""initramfs-tools (Debian, Ubuntu): update-initramfs and mkinitramfs. Its configuration is pieces of shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence

from ...texts import assignments
from .builder import WHY, ArgumentEdit, Door, always_loads, distinct

NAME = "initramfs-tools"
# Of update-initramfs there are others, such as a wrapper for dracut.
PROGRAMS = ("/usr/sbin/mkinitramfs",)
# update-initramfs makes initrd.img-VERSION.new, and renames it.
KEEPS_OLD = True
# mkinitramfs copies its configuration to conf/.
EVIDENCE = ("conf/initramfs.conf",)
IMAGES = ()
# In the order in which mkinitramfs and the initrd's init read what they match.
CONFIGURATION = ("/etc/initramfs-tools/initramfs.conf", "/etc/initramfs-tools/conf.d/*")
COPIES = r"conf/(?:initramfs\.conf|conf\.d/.+)"
# What its initrds open is in the first of them; up to Debian 9 in the second, with target=NAME,source=DEVICE in a line.
# cryptsetup-initramfs puts there what crypttab has of the devices that the root is on, as they are called just then.
CRYPTTAB, OLD_CRYPTTAB = "cryptroot/crypttab", "conf/conf.d/cryptroot"
# What unlocks disks over the network; it brings NICs up without being asked to on the command line.
NETWORK_PROGRAMS = (
    "/usr/share/initramfs-tools/scripts/*/dropbear",
    "/usr/share/initramfs-tools/scripts/*/clevis",
)

_MODULES = "/etc/initramfs-tools/modules"
# Where the initrd looks for a hibernated system, and for the root if no argument says so (initramfs.conf(5)).
_DEVICES = ("RESUME", "ROOT")

loads_added = always_loads


def places(path: str) -> tuple[str, ...]:
    """Where in an initrd the copy of a file of the guest for udev may be.

    The hook for udev (of systemd's package) puts .link files and rules of /etc into /lib, in Debian 13 into /usr/lib.
    udev reads all of these.
    """
    below = re.sub(r"^/(?:etc|usr/local/lib|usr/lib|lib)/", "", path)
    return distinct(f"{directory}/{below}" for directory in ("etc", "lib", "usr/lib"))


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """List the modules. Files need no mention: the hook for udev copies all .link files and rules of /etc."""
    if modules:
        root.write(_MODULES, add_to_list(root.read(_MODULES) or "", modules), WHY)


def add_to_list(text: str, modules: Sequence[str]) -> str:
    """text of an /etc/initramfs-tools/modules (initramfs-tools(7)) with a line for each of modules that has none."""
    listed = {line.split()[0].replace("-", "_") for line in text.split("\n") if line.split()}
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{name}\n" for name in modules if name not in listed)


def command(initrd: str, version: str) -> list[str]:
    """update-initramfs, which also keeps count of what it made, for the one path that it knows; else mkinitramfs."""
    if initrd == f"/boot/initrd.img-{version}":
        return ["update-initramfs", "-u", "-k", version]
    return ["mkinitramfs", "-o", initrd, version]


def devices(text: str) -> list[str]:
    """The devices that text names to resume from, or as the root."""
    return [found.value for found in assignments.parse(text) if found.name in _DEVICES]


def with_devices(text: str, rename: Callable[[str], str | None]) -> str:
    """text with these renamed. An empty one is as if it was not named."""

    def edited(written: str) -> str:
        quote, name = assignments.quoting(written)
        new = rename(name)
        if not new:
            return written if new is None else ""
        quoted = shlex.quote(new)
        return quoted if quoted != new else f"{quote}{new}{quote}"

    return assignments.edited(text, _DEVICES, edited)


def network_arguments(text: str) -> list[str]:
    """IP, DEVICE and BOOT=nfs, from which the initrd's init makes what the arguments ip= and root= say."""
    assigned = assignments.values(text)
    found = [f"ip={assigned['IP']}"] if assigned.get("IP") else []
    if assigned.get("DEVICE"):
        found.append(f"ip=:::::{assigned['DEVICE']}")
    return [*found, "root=/dev/nfs"] if assigned.get("BOOT") == "nfs" else found


def with_network(text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
    """text with IP and DEVICE edited."""

    def with_ip(value: str) -> str:
        quote, setting = assignments.quoting(value)
        return quote + (edit(f"ip={setting}") or "ip=")[len("ip=") :] + quote

    return assignments.edited(assignments.edited(text, ("DEVICE",), rename), ("IP",), with_ip)


copy_with_network = with_network


def opened(texts: Iterable[str]) -> set[str]:
    """The names of the mappings that an initrd opens which has these texts as its crypttabs."""
    fields = [line.split() for text in texts for line in text.split("\n") if line.strip()]
    words = [word for line in fields for word in line[0].split(",") if word.startswith("target=")]
    return {line[0] for line in fields} | {word.partition("=")[2] for word in words}
