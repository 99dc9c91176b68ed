# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping the names of NICs: which means gives a NIC its name on the target, and making it where there is none."""

from __future__ import annotations

import posixpath
import re

from dataclasses import replace

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import (
    kernel_arguments,
    link_files,
    nics,
    udev_rules,
)

# Where systemd's private library is, whose name ends with systemd's version: /lib before Debian merged it into /usr,
# the multi-arch directory from Debian 12 on, lib64 in Fedora.
_LIBRARIES = (
    "/usr/lib/systemd/libsystemd-shared-*.so",
    "/lib/systemd/libsystemd-shared-*.so",
    "/usr/lib/*/systemd/libsystemd-shared-*.so",
    "/usr/lib64/systemd/libsystemd-shared-*.so",
)
_UDEV = ("/usr/lib/udev", "/lib/udev")

# What systemd calls a NIC on a PCI Express root port, and on a bus with hot-plug slots (systemd.net-naming-scheme(7)).
_NAMES_BY_PLACE = ("enp1s0", "ens3")


def macs_on_disk(root):
    """{name: (MAC address, where it says so)} of names that rules, .link files and ifname= bind to a MAC address."""
    by_arguments = kernel_arguments.macs(_kernel_arguments(root))
    return {**by_arguments, **link_files.macs(_links(root)), **udev_rules.macs(_rules(root))}


def can_be_kept(root):
    """Whether the guest has udev, without which interfaces have the kernel's names."""
    return root.info["init"] == "systemd" or any(root.is_dir(directory) for directory in _UDEV)


def use_new_macs(root, macs):
    """Make rules and .link files that know NICs by their MAC addresses know them by others: {old: new}."""
    detail = "the network card has another MAC address on the target"
    for path, text in _rules(root).items():
        root.write(path, udev_rules.with_new_macs(text, macs), detail)
    for path, text in _texts(root, link_files.DIRECTORY, ".link").items():
        root.write(path, link_files.with_new_macs(text, macs), detail)


def use_new_names(root, names):
    """Make rules and .link files give NICs their new names: {old: new}. Our own for the old names go."""
    detail = "the network card has another name on the target"
    for path, text in _rules(root).items():
        if path in map(udev_rules.path_for, names):
            root.remove(path, detail)
        else:
            root.write(path, udev_rules.with_new_names(text, names), detail)
    for path, text in _texts(root, link_files.DIRECTORY, ".link").items():
        if path in map(link_files.path_for, names):
            root.remove(path, detail)
        else:
            root.write(path, link_files.with_new_names(text, names), detail)


def keep(root, conversion, on_target):
    """Make sure that each of on_target, {Nic: its Model there}, has its name there. What does so already stays."""
    alone = len(on_target) == 1
    rules = _widened_rules(root, conversion, list(on_target), alone)
    links = [link for link in _links(root) if not link_files.is_ours(link.path)]
    for nic, model in on_target.items():
        # Several NICs without a MAC address cannot be told apart: inspect said so, with severity error.
        if not (alone or nic.hardware_mac):
            continue
        nic = _with_name(root, nic)
        # A file of ours would come before what the guest's own tools make to name this MAC address.
        if nic.name is None or (nic.name_bound_by and nic.hardware_mac):
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


def _with_name(root, nic):
    """nic, with a name that its configuration is for when that is for none that it would get by itself."""
    by_itself = _NAMES_BY_PLACE
    if not can_be_kept(root) or "net.ifnames=0" in _kernel_arguments(root):
        by_itself = ("eth0",)
    if nic.name or not nic.patterns or all(nics.matches(name, nic.patterns) for name in by_itself):
        return nic
    made_up = [re.sub(r"[*?]", "0", pattern) for pattern in nic.patterns]
    return replace(nic, name=next((name for name in made_up if nics.INTERFACE.fullmatch(name)), None))


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


def _widened_rules(root, conversion, on_target, alone):
    """{path: text} of the rules that are not ours, those for these Nics widened to any hardware, in the initrd too."""
    texts = {}
    for path, text in _rules(root).items():
        if udev_rules.is_ours(path):
            continue
        texts[path] = udev_rules.widened(text, on_target, alone)
        if texts[path] == text:
            continue
        root.write(path, texts[path], "the rule asked for hardware that only the source has")
        # initramfs-tools' hook for udev copies /etc/udev/rules.d/*.rules. Where the copy misses the NIC, udev names it
        # by its place on the bus, and a rule with KERNEL=="eth*" does not match any more.
        conversion.initrd_edits.append(
            (
                rf"(?:usr/)?lib/udev/rules\.d/{re.escape(posixpath.basename(path))}",
                lambda copy: udev_rules.widened(copy, on_target, alone),
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
