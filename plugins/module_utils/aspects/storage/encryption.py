# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted devices: which stayed closed, and whether the guest can open them on the target."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import partial

from ...guest.root import GuestRoot
from ...guest.storage import encryption
from ...guest.storage.keyring import Key, Why
from ...guest.storage.layers.encrypted import Encrypted
from ...guest.storage.layers.filesystem import BITLOCKER, LUKS, Filesystem
from ...initrd.builders import initramfs_tools
from ...model.concerns import Concern
from ...texts import crypttab, fstab, luks_header, tables
from ...texts.crypttab import Entry
from ..plan import Plan
from . import references, specs
from .names import Names

# What initrds have of crypttab: dracut's and mkinitcpio's copy, Debian's, and that of Debian up to 9.
_COPIES = rf"etc/crypttab|{re.escape(initramfs_tools.CRYPTTAB)}"
_OLD_COPY = re.escape(initramfs_tools.OLD_CRYPTTAB)

# What opens the root in an initrd, by the last part of its path.
_PROGRAMS = ("cryptsetup", "systemd-cryptsetup")


def learn(root: GuestRoot) -> None:
    """Have the disks know what of crypttab is on a network."""
    for entry in encryption.entries(root):
        if fstab.ON_NETWORK in entry.options:
            root.guest.storage.learn_foreign(entry.device)


def concerns(root: GuestRoot, names: Names) -> list[Concern]:
    """The concerns about encrypted devices. What is so of the disks is the same for every root."""
    entries = encryption.entries(root)
    own = [*entries, *crypttab.from_arguments(root.boot_menu.arguments)]
    found: list[Concern] = []
    for locked in names.storage.filesystems:
        if locked.type == LUKS:
            found += _bound(
                root, names, locked, [each for each in own if locked in specs.filesystems(names, each.device)]
            )
    return [*found, *_closed(root), *map(_unused, root.guest.keyring.unused)]


def convert(root: GuestRoot, plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Have the initrd open what the root is in, by names that hold on the target. removed: ids of the disks that are."""
    mappings = _mappings(root)
    if mappings:
        plan.initrd.require(["dm_crypt"])
        plan.initrd.programs = _PROGRAMS
        called = {entry.name for entry in encryption.entries(root)}
        named = [called.intersection(mapping.names) for mapping in mappings]
        plan.initrd.mappings = tuple(frozenset(names) for names in named if names)
    if any(each.type == LUKS for each in names.storage.filesystems):
        row = partial(references.renamed, names, references.CRYPTTAB, removed, ())
        plan.initrd.edit(_COPIES, lambda text: tables.edited(text, row))
        plan.initrd.edit(_OLD_COPY, partial(_old_copy, names))


def _old_copy(names: Names, text: str) -> str:
    """What initrds of Debian up to 9 have: target=NAME,source=DEVICE,... on each line."""

    def word(text: str) -> str:
        key, equals, value = text.partition("=")
        return f"{key}={specs.stable(names, value) or value}" if equals and key == "source" else text

    return "\n".join(",".join(map(word, line.split(","))) for line in text.split("\n"))


def _mappings(root: GuestRoot) -> list[Encrypted]:
    """The encrypted devices that the initrd must open: what the root, or what it needs to start, is in."""
    storage, mounts = root.guest.storage, root.mount_plan.only("/", "/usr")
    mappings = storage.of_kind(Encrypted)
    return [each for each in mappings if any(storage.rests_on(mount.filesystem, each) for mount in mounts)]


def _is_waited_for(root: GuestRoot, locked: Filesystem, entries: Collection[Entry]) -> bool:
    """Whether the guest does not start without what is in a device. entries: those that open it."""
    plan = root.mount_plan
    paths = {f"/dev/mapper/{each.name}" for each in entries}
    on_it = (mount for mount in plan.mounts if root.guest.storage.rests_on(mount.filesystem, locked))
    is_mounted = any(mount.entry is None or mount.entry.is_waited_for for mount in on_it)
    return is_mounted or any(entry.spec in paths for entry in plan.missing)


def _closed(root: GuestRoot) -> Iterator[Concern]:
    guest = root.guest
    for locked in encryption.closed(guest.storage):
        refusals = guest.keyring.refusals_of(locked)
        if refusals:
            reason, message, hint = encryption.refusal(guest, refusals)
            message += " Conversion does not look at what is in it."
            if reason is Why.NO_MEMORY:
                yield Concern("encryption-needs-memory", "warning", message, hint)
            elif reason is Why.FAILED:
                yield _left_closed("warning", message, hint)
            else:
                yield Concern("key-wrong", "warning", message, hint)
        else:
            yield _without_key(locked, encryption.kind(guest, locked))


def _without_key(locked: Filesystem, kind: str) -> Concern:
    if locked.type == BITLOCKER:
        hint = "Nothing needs to be done: Windows opens it as before, or asks for its recovery key."
    else:
        hint = (
            "Nothing needs to be done if there are no system files in it: the guest opens it as before. To have it "
            "looked at, give its key with the option keys."
        )
    return _left_closed(
        "info",
        f"{locked.name} is encrypted with {kind}, and there is no key for it. It stays as it is, and conversion does not "
        "look at what is in it.",
        hint,
    )


def _left_closed(severity: str, message: str, hint: str) -> Concern:
    return Concern("encrypted-device-closed", severity, message, hint)


def _unused(key: Key) -> Concern:
    what = f" ({key.device or key.uuid})" if not key.is_for_all else ""
    return Concern(
        "key-unused",
        "info" if key.is_for_all else "warning",
        f"{key.source}{what} was not used: the disks have no encrypted device that it could be for.",
        "Check the name of the device, or the UUID. If the key is for other guests, nothing needs to be done.",
    )


def _bound(root: GuestRoot, names: Names, locked: Filesystem, entries: Collection[Entry]) -> Iterator[Concern]:
    """The concerns about a device that the guest opens by hardware, or from a server. entries: those that open it."""
    header = root.guest.keyring.header(locked)
    kinds = dict.fromkeys([*(token.kind for token in header.tokens), *(each.token for each in entries if each.token)])
    hardware = [kind for kind in kinds if kind != luks_header.NETWORK]
    if hardware:
        is_only = bool(header.version) and not header.free_keyslots
        severity = "error" if is_only and _is_waited_for(root, locked, entries) else "warning"
        yield Concern(
            "key-bound-to-hardware",
            severity,
            f"The guest opens {locked.name} (LUKS{header.version or ''}) with a key that is bound to a "
            f"{' or '.join(hardware)} of the old hardware. "
            + ("There is no other key slot." if is_only else "On the target it needs another key."),
            "Add a passphrase or a recovery key before the move (systemd-cryptenroll --recovery-key), and enroll the "
            "hardware of the target after it."
            if is_only
            else "Have the passphrase or recovery key of the other key slot at hand for the first start, and enroll the "
            "hardware of the target after it.",
        )
    if luks_header.NETWORK in kinds:
        yield Concern(
            "key-on-network",
            "warning",
            f"The guest opens {locked.name} with a key from a server on the network (clevis).",
            "Make sure that the guest reaches the server from the target, or that a person can type the passphrase.",
        )
