# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the names of NICs: which means gives a NIC its name on the target, and making it where there is none."""

from __future__ import annotations

import posixpath
import re

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import link_files, udev_rules

# Where systemd's private library is, whose name ends with systemd's version: /lib before Debian merged it into /usr,
# the multi-arch directory from Debian 12 on, lib64 in Fedora.
_LIBRARIES = (
    "/usr/lib/systemd/libsystemd-shared-*.so",
    "/lib/systemd/libsystemd-shared-*.so",
    "/usr/lib/*/systemd/libsystemd-shared-*.so",
    "/usr/lib64/systemd/libsystemd-shared-*.so",
)
_UDEV = ("/usr/lib/udev", "/lib/udev")


def macs_on_disk(root):
    """{name: (MAC address, file)} of all names that the guest's rules and .link files bind to a MAC address."""
    return {**link_files.macs(_links(root)), **udev_rules.macs(_rules(root))}


def can_be_kept(root):
    """Whether the guest has udev, without which interfaces have the kernel's names."""
    return root.info["init"] == "systemd" or any(root.is_dir(directory) for directory in _UDEV)


def keep(root, conversion, nics):
    """Make sure that each of nics, {Nic: its Model on the target}, has its name there. What does so already stays."""
    alone = len(nics) == 1
    rules = _widened_rules(root, conversion, list(nics), alone)
    links = [link for link in _links(root) if not link_files.is_ours(link.path)]
    for nic, model in nics.items():
        # Several NICs without a MAC address cannot be told apart: inspect said so, with severity error.
        if nic.name is None or not (alone or nic.hardware_mac):
            continue
        named = udev_rules.names_it(rules.values(), nic, alone) or _named_by_kernel(root, nic, alone)
        if can_be_kept(root) and not named:
            _bind(root, nic, model, link_files.naming(links, nic, model.kernel_driver))


def release(root, names):
    """Take out of rules and .link files what gives these names."""
    detail = f"{', '.join(sorted(names))} is not on the target"
    for path, text in _rules(root).items():
        if path in map(udev_rules.path_for, names):
            root.remove(path, detail)
        else:
            root.write(path, udev_rules.without(text, names), detail)
    for link in _links(root):
        if link.name in names:
            root.remove(link.path, detail)


def _bind(root, nic, model, by_links):
    detail = f"the NIC keeps the name {nic.name} on the target"
    if by_links == "free" and _systemd_renames(root):
        root.write(link_files.path_for(nic.name), link_files.text_for(nic, model.kernel_driver), detail)
    elif by_links != "named" or not _systemd_renames(root):
        root.write(udev_rules.path_for(nic.name), udev_rules.text_for(nic, model.kernel_driver), detail)


def _named_by_kernel(root, nic, alone):
    return alone and nic.name == "eth0" and "net.ifnames=0" in _kernel_arguments(root)


def _systemd_renames(root):
    """Whether a .link file names a NIC for sure: see link_files for the version, and for initrds that name it first."""
    # systemd.net-naming-scheme(7): the schemes v238 and v239 are from before the one with renaming again.
    if root.info["init"] != "systemd" or any(
        re.match(r"net\.naming-scheme=v23\d", argument) for argument in _kernel_arguments(root)
    ):
        return False
    names = (posixpath.basename(path) for pattern in _LIBRARIES for path in root.glob(pattern))
    versions = [re.match(r"libsystemd-shared-(\d+)", name) for name in names]
    return max((int(found.group(1)) for found in versions if found), default=0) >= link_files.RENAMES_SINCE


def _kernel_arguments(root):
    return root.facts["bootloader"].arguments


def _widened_rules(root, conversion, nics, alone):
    """{path: text} of the rules that are not ours, those for nics made to match any hardware, in the initrd too."""
    texts = {}
    for path, text in _rules(root).items():
        if udev_rules.is_ours(path):
            continue
        texts[path] = udev_rules.widened(text, nics, alone)
        if texts[path] == text:
            continue
        root.write(path, texts[path], "the rule asked for hardware that only the source has")
        # initramfs-tools' hook for udev copies /etc/udev/rules.d/*.rules. Where the copy misses the NIC, udev names it
        # by its place on the bus, and a rule with KERNEL=="eth*" does not match any more.
        conversion.initrd_edits.append(
            (
                rf"(?:usr/)?lib/udev/rules\.d/{re.escape(posixpath.basename(path))}",
                lambda copy: udev_rules.widened(copy, nics, alone),
            )
        )
    return texts


def _rules(root):
    return _texts(root, udev_rules.DIRECTORY, ".rules")


def _links(root):
    return [link_files.parse(path, text) for path, text in _texts(root, link_files.DIRECTORY, ".link").items()]


def _texts(root, directory, suffix):
    paths = [f"{directory}/{name}" for name in root.list(directory) if name.endswith(suffix)]
    texts = {path: root.read(path) for path in paths}
    # Without text is a link to /dev/null, which takes a file of the distribution's out of force.
    return {path: text for path, text in texts.items() if text is not None}
