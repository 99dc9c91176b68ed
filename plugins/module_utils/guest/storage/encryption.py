# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest itself says of its encrypted devices: names of the mappings, and key files that lie in it.

Both are known only once its root is open, which may be on such a device. So roots are looked for, what they say is taken
in, and then they are looked for once more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...errors import GuestconvError
from ...texts import crypttab
from ...texts.crypttab import Entry, File
from .. import device_names
from ..root import GuestRoot
from .diagnosis import MountError
from .graph import Graph
from .keyring import KEY_LIMIT, Key, Refusal, Why
from .layers.encrypted import Encrypted
from .layers.filesystem import BITLOCKER, LUKS, Filesystem
from .mounts import Mount

if TYPE_CHECKING:
    from ..guest import Guest

# mkinitcpio puts the second into initrds as /etc/crypttab.
TABLES = ("/etc/crypttab", "/etc/crypttab.initramfs")
# Where the kernel's command line stands, or what it is made from.
_COMMAND_LINES = (
    "/etc/kernel/cmdline",
    "/etc/default/grub",
    "/etc/cmdline.d/*.conf",
    "/boot/loader/entries/*.conf",
    "/efi/loader/entries/*.conf",
    "/boot/grub/grub.cfg",
    "/boot/grub2/grub.cfg",
)
_WORD = re.compile(r"[^\s\"']+")
# Where systemd looks for a key file where crypttab names none (crypttab(5)).
_KEYS = "/etc/cryptsetup-keys.d/{}.key"
# A guest has a few; each attempt takes seconds.
_MOST_KEYS = 16
_MEBI = 1024
# What the appliance's kernel and programs take, in MiB.
_OWN_MEMORY = 512


def prepare(guest: Guest, search: Callable[[], Sequence[GuestRoot]]) -> None:
    """Learn from the roots that search finds how they call mappings, and open what their key files open."""
    if not any(each.type == LUKS for each in guest.storage.filesystems):
        return
    is_more = True
    while is_more:
        is_more = False
        for root in search():
            try:
                found = _told(guest, root)
            except MountError:
                continue
            _learn(guest.storage, found.entries)
            is_more |= _open(guest, found.keys)


class _Told(NamedTuple):
    """What a root says. keys: of devices that are closed."""

    entries: list[Entry]
    keys: list[tuple[Filesystem, Key]]


def _told(guest: Guest, root: GuestRoot) -> _Told:
    with guest.mounted(root, read_only=True):
        told, lines = entries(root), root.texts(_COMMAND_LINES).values()
        wanted = [(entry, locked) for entry in told for locked in _closed(guest.storage, entry)]
        found = [
            (locked, entry, file, _of_root(root, file))
            for entry, locked in wanted[:_MOST_KEYS]
            for file in [_key_file(entry)]
            if file
        ]
    words = dict.fromkeys(word for line in lines for word in _WORD.findall(line))
    keys = []
    for locked, entry, file, content in found:
        content = content or _of_device(guest, entry, file)
        if content:
            source = f"the guest's key file {file.path}"
            keys.append((locked, Key(_part(content, entry), source, uuid=locked.uuid, is_given=False)))
    return _Told([*told, *crypttab.from_arguments(words)], keys)


def tables(root: GuestRoot) -> tuple[str, ...]:
    """The paths of the crypttabs of a root, of which the first alone is looked at where nothing is encrypted."""
    is_encrypted = any(each.type == LUKS for each in root.guest.storage.filesystems)
    return TABLES if is_encrypted else TABLES[:1]


def entries(root: GuestRoot) -> list[Entry]:
    """What the crypttabs of a mounted root open."""
    return [entry for path in tables(root) for entry in crypttab.parse(root.read(path) or "")]


def devices(storage: Graph, found: Iterable[Entry], entry: Entry) -> list[Filesystem]:
    """The devices that an entry names. found: all entries, whose names of hardware are looked at together."""
    links = {each.device for each in found if device_names.is_of_hardware(each.device)}
    return storage.filesystems_called(entry.device, links)


def _closed(storage: Graph, entry: Entry) -> list[Filesystem]:
    return [each for each in devices(storage, [entry], entry) if each.type == LUKS and not storage.made_of(each)]


def _learn(storage: Graph, told: Sequence[Entry]) -> None:
    mappings = storage.of_kind(Encrypted)
    for entry in told:
        found = devices(storage, told, entry)
        for mapping in mappings:
            is_taken = any(entry.name in other.names for other in mappings)
            if mapping.locked in found and crypttab.is_name(entry.name) and not is_taken:
                mapping.names.append(entry.name)


def _open(guest: Guest, keys: Iterable[tuple[Filesystem, Key]]) -> bool:
    """Whether one of the keys opened a device."""
    is_open = False
    for locked, key in keys:
        if not guest.keyring.was_tried(locked, key):
            is_open |= guest.open(locked, key)
    return is_open


def _key_file(entry: Entry) -> File | None:
    """The key file of an entry; where it names none, the one that systemd looks for."""
    return entry.key_file or (File(_KEYS.format(entry.name)) if entry.names_no_key else None)


def _is_on_device(file: File) -> bool:
    """Whether a key lies on a device of its own: in a file there, or on the bare device."""
    return bool(file.device) or file.path.startswith("/dev/")


def _of_root(root: GuestRoot, file: File) -> bytes | None:
    """The content of a key file in a mounted root; None where it is not there."""
    if _is_on_device(file):
        return None
    try:
        return root.read_bytes(file.path, KEY_LIMIT)
    except GuestconvError:
        return None


def _of_device(guest: Guest, entry: Entry, file: File) -> bytes | None:
    """The content of an entry's key file on a device of its own; None where it is not there."""
    if not _is_on_device(file):
        return None
    found = guest.storage.filesystem(file.device or file.path)
    if found is None:
        return None
    if not file.device:
        size = _number(entry.option("keyfile-size"))
        start = _number(entry.option("keyfile-offset")) or 0
        return guest.keyring.read(found.device, 0, start + size) if size and start + size <= KEY_LIMIT else None
    try:
        guest.mounter.show([Mount("/", found)], read_only=True)
        return GuestRoot(guest.appliance, found.name, guest).read_bytes(file.path, KEY_LIMIT)
    except GuestconvError:
        return None


def _part(content: bytes, entry: Entry) -> bytes:
    """The part of a key file that is the key (crypttab(5): keyfile-offset, keyfile-size)."""
    start = _number(entry.option("keyfile-offset")) or 0
    size = _number(entry.option("keyfile-size"))
    return content[start : start + size] if size else content[start:]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


# What stays closed


def closed(storage: Graph) -> list[Filesystem]:
    """The encrypted devices that were not opened."""
    return [each for each in storage.filesystems if each.type in (LUKS, BITLOCKER) and not storage.made_of(each)]


def errors(guest: Guest) -> Iterator[GuestconvError]:
    """An error for each closed device, for a guest that has no system elsewhere."""
    for locked in closed(guest.storage):
        refusals = guest.keyring.refusals_of(locked)
        yield _refused(guest, refusals) if refusals else _without_key(guest, locked)


def kind(guest: Guest, locked: Filesystem) -> str:
    """What encrypts a device, in words: "LUKS2"."""
    if locked.type == BITLOCKER:
        return "BitLocker"
    return f"LUKS{guest.keyring.header(locked).version or ''}"


def refusal(guest: Guest, refusals: Sequence[Refusal]) -> tuple[Why, str, str]:
    """Why these keys did not open a device: in short, in a sentence, and what to do."""
    locked, sources = refusals[0].locked, ", ".join(dict.fromkeys(each.key.source for each in refusals))
    what = f"{locked.name} ({kind(guest, locked)}, UUID {locked.uuid})"
    by_reason = {each.why: each for each in refusals}
    if Why.NO_MEMORY in by_reason:
        memory = guest.keyring.header(locked).memory // _MEBI
        return (
            Why.NO_MEMORY,
            f"{what} has a key slot that takes {memory} MiB of memory to open, and the appliance has too little.",
            f"Set the option memory to {memory + memory // 4 + _OWN_MEMORY} or more.",
        )
    if Why.FAILED in by_reason:
        failed = by_reason[Why.FAILED]
        detail = failed.detail or "cryptsetup does not say why"
        return Why.FAILED, f"{what} cannot be opened: {detail}.", failed.hint
    return (
        Why.WRONG_KEY,
        f"{what} cannot be opened with {sources}: that is not one of its keys.",
        "Check the key. A key file is used exactly as it is, with the newline at its end; a passphrase without one.",
    )


def _refused(guest: Guest, refusals: Sequence[Refusal]) -> GuestconvError:
    reason, message, hint = refusal(guest, refusals)
    if reason is Why.NO_MEMORY:
        return GuestconvError("encryption-needs-memory", message, hint, path="memory")
    if reason is Why.FAILED:
        return GuestconvError("disk-encrypted", message, hint)
    given = [each.key.source for each in refusals if each.key.is_given]
    return GuestconvError("key-wrong", message, hint, path=given[0] if given else "")


def _without_key(guest: Guest, locked: Filesystem) -> GuestconvError:
    if locked.type == BITLOCKER:
        return GuestconvError(
            "disk-encrypted",
            f"{locked.name} is encrypted with BitLocker, which guestconv does not open.",
            hint="Decrypt the drive in the guest (`manage-bde -off C:`) before it moves. To suspend BitLocker is not enough: "
            "the drive stays encrypted.",
        )
    unused = ", ".join(key.source for key in guest.keyring.unused)
    return GuestconvError(
        "disk-encrypted",
        f"{locked.name} is encrypted with {kind(guest, locked)} (UUID {locked.uuid}), and there is no key for it."
        + (f" What {unused} is for is not on the disks." if unused else ""),
        hint=f'Give its key with the option keys: [{{device: {locked.name}, passphrase: "{{{{ vault_key }}}}"}}], or a '
        "key file (file).",
        path="keys",
    )
