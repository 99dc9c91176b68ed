# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that make a guest's initrds: how each is told to include modules and files, and how it is run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

_WHY = "the initrd's next build includes what the target needs"
_DRACUT_CONFIGURATION = "/etc/dracut.conf.d/guestconv.conf"


@dataclass(frozen=True)
class Builder:
    """name: as initrd.Initrd.builder has it. program: its path.

    include(root, modules, files) edits its configuration, so that every initrd holds these modules, and copies of these
    files of the guest (paths). command(kernel) is what makes the initrd of a kernel anew.
    """

    name: str
    program: str
    include: Callable
    command: Callable


def of(root, name):
    """The Builder called name; where the initrd does not say ("unknown"), the one that is installed; None without."""
    for builder in _BUILDERS:
        if name == builder.name or (name == "unknown" and root.is_file(builder.program)):
            return builder
    return None


def add_to_list(text, modules):
    """text of an /etc/initramfs-tools/modules (initramfs-tools(7)) with a line for each of modules that has none."""
    listed = {line.split()[0].replace("-", "_") for line in text.split("\n") if line.split()}
    if text and not text.endswith("\n"):
        text += "\n"
    return text + "".join(f"{name}\n" for name in modules if name not in listed)


def add_for_dracut(text, modules, files=()):
    """text of a dracut.conf(5) of ours that adds modules and files to every initrd, hostonly or not, and what it names.

    Of /etc/systemd/network and /etc/udev/rules.d dracut itself copies .link files and 70-persistent-net.rules alone,
    and not into initrds for any host (modules.d/35network-legacy, 35network-manager, 95udev-rules).
    """
    lines = []
    for key, added in (("add_drivers", modules), ("install_items", files)):
        named = " ".join(re.findall(rf'(?m)^{key}\+="([^"\n]*)"', text)).split()
        if named or added:
            # dracut joins what the files add, so the spaces at both ends are needed.
            lines.append(f'{key}+=" {" ".join(dict.fromkeys([*named, *added]))} "\n')
    return "".join(lines)


def places(path):
    """Where in an initrd (paths without a slash at their beginning) the copy of a file of the guest's for udev may be.

    dracut leaves it where it is. initramfs-tools' hook for udev (of systemd's package) puts .link files and rules of
    /etc into /lib, in Debian 13 into /usr/lib. udev reads all of these.
    """
    below = re.sub(r"^/(?:etc|usr/local/lib|usr/lib|lib)/", "", path)
    found = [path.lstrip("/"), *(f"{directory}/{below}" for directory in ("etc", "lib", "usr/lib"))]
    return tuple(dict.fromkeys(found))


def _include_in_initramfs_tools(root, modules, files):
    # Files need no mention: the hook for udev copies /etc/systemd/network/*.link and /etc/udev/rules.d/*.rules.
    path = "/etc/initramfs-tools/modules"
    if modules:
        root.write(path, add_to_list(root.read(path) or "", modules), _WHY)


def _initramfs_tools_command(kernel):
    # update-initramfs, which also keeps count of what it made, knows this one path. Any other it would leave as it is.
    if kernel.initrd == f"/boot/initrd.img-{kernel.version}":
        return ["update-initramfs", "-u", "-k", kernel.version]
    return ["mkinitramfs", "-o", kernel.initrd, kernel.version]


def _include_in_dracut(root, modules, files):
    text = add_for_dracut(root.read(_DRACUT_CONFIGURATION) or "", modules, files)
    if text:
        root.write(_DRACUT_CONFIGURATION, text, _WHY)


_BUILDERS = (
    Builder(
        "initramfs-tools",
        "/usr/sbin/update-initramfs",
        _include_in_initramfs_tools,
        _initramfs_tools_command,
    ),
    Builder(
        "dracut",
        "/usr/bin/dracut",
        _include_in_dracut,
        lambda kernel: ["dracut", "--force", kernel.initrd, kernel.version],
    ),
)
