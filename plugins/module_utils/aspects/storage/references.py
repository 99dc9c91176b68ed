# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fstab, crypttab, the kernel's command line: which filesystems they name, and how to say that on any hardware."""

from __future__ import annotations

from dataclasses import dataclass

from ...guest import device_names
from ...model.description import Concern
from . import resume


@dataclass(frozen=True)
class Reference:
    """Files that name filesystems: the Augeas lens that reads them, and the nodes whose values are the names."""

    path: str
    lens: str
    nodes: str
    named: str


REFERENCES = (
    Reference("/etc/fstab", "Fstab", "*/spec", "filesystem"),
    Reference("/etc/crypttab", "Crypttab", "*/device", "encrypted device"),
)

# Arguments of the kernel's command line that name a filesystem.
_ARGUMENTS = ("root", "resume")


def names_of_hardware(root):
    """All names of hardware (frozenset) that the files, and the boot menu's command lines, have."""
    texts = [root.read(reference.path) or "" for reference in REFERENCES]
    texts += [*resume.texts(root).values(), *_command_lines(root)]
    return frozenset().union(*map(device_names.of_hardware, texts))


def concerns(root, names):
    """A concern for every line, and argument of the kernel's, that names something which cannot be named otherwise."""
    found = []
    for reference in REFERENCES:
        if not _has_names_of_hardware(root, reference):
            continue
        tree = root.edit(reference.path, reference.lens, "")
        for node in tree.match(reference.nodes):
            name = tree.get(node) or ""
            if names.is_lost(name):
                severity = "error" if reference.lens == "Fstab" and _is_waited_for(tree, node) else "warning"
                found.append(_lost(names, reference.path, name, severity))
    for path, text in resume.texts(root).items():
        found += [_lost(names, path, name, "warning") for name in resume.devices(text) if names.is_lost(name)]
    return found + _concerns_of_arguments(root, names)


def rename(root, names, reference, removed):
    """Name by UUID what the hardware named, and comment out what is on the removed disks (a set of names)."""
    if not removed and not _has_names_of_hardware(root, reference):
        return
    tree = root.edit(reference.path, reference.lens, f"named each {reference.named} by UUID instead of by hardware")
    if tree is None:
        return
    # From the last to the first, so that a line which is taken out does not renumber those yet to be seen.
    for node in reversed(tree.match(reference.nodes)):
        name = tree.get(node) or ""
        if names.are_on(name, removed):
            _comment_out(tree, node)
        elif device_names.is_of_hardware(name):
            stable = names.stable(name)
            if stable:
                tree.set(node, stable)


def edit_argument(names, argument):
    """root= and resume= of the kernel's command line."""
    key, equals, value = argument.partition("=")
    if equals and key in _ARGUMENTS and device_names.is_of_hardware(value):
        return f"{key}={names.stable(value) or value}"
    return argument


def _has_names_of_hardware(root, reference):
    # A file without them need not be taken apart by Augeas.
    return bool(device_names.of_hardware(root.read(reference.path) or ""))


def _command_lines(root):
    menu = root.facts.get("bootloader")
    return [entry.arguments for entry in menu.entries] if menu else []


def _concerns_of_arguments(root, names):
    menu = root.facts.get("bootloader")
    default = menu.default.arguments.split() if menu and menu.default else []
    every = dict.fromkeys(argument for line in _command_lines(root) for argument in line.split())
    found = []
    for argument in every:
        key, _equals, name = argument.partition("=")
        if key in _ARGUMENTS and names.is_lost(name):
            # Only without its root the kernel stops.
            severity = "error" if key == "root" and argument in default else "warning"
            found.append(_lost(names, f"The kernel's command line ({key}=)", name, severity))
    return found


def _is_waited_for(tree, spec):
    """Whether the guest does not start without what this line of fstab mounts (systemd.mount(5))."""
    entry = spec.rpartition("/")[0]
    options = {tree.get(node) for node in tree.match(f"{entry}/opt")}
    is_mount = (tree.get(f"{entry}/file") or "").startswith("/") and tree.get(f"{entry}/vfstype") != "swap"
    return is_mount and not options & {"noauto", "nofail", "_netdev", "x-systemd.automount"}


def _lost(names, where, name, severity):
    """The concern about name, which stands in where (a file, or words for another place)."""
    ends = " The guest would not start without it." if severity == "error" else ""
    if names.filesystems(name):
        return Concern(
            "device-name-ambiguous",
            severity,
            f"{where} names {name}, which has no UUID or label that no other filesystem has too.{ends}",
            "Give it a UUID of its own in the guest (tune2fs -U, xfs_admin -U, swaplabel -U), as clones need one.",
        )
    return Concern(
        "device-name-unknown",
        severity,
        f"{where} names {name}, which is none of the disks' filesystems, as far as its name tells.{ends}",
        "Give all of the guest's disks, and as device the names that the guest knew them by (hda, xvda); if that was "
        "done, name the filesystem there by UUID in the guest, or remove the line.",
    )


def _comment_out(tree, node):
    """Put a comment in the place of an entry whose disk was removed."""
    entry = node.rpartition("/")[0] or node
    fields = " ".join(filter(None, (tree.get(field) for field in tree.match(f"{entry}/*"))))
    tree.insert(entry, "#comment", True)
    comment = tree.match(f"{entry}/preceding-sibling::#comment[1]")[0]
    tree.set(comment, f"removed with its disk: {fields or tree.get(entry)}")
    tree.remove(entry)
