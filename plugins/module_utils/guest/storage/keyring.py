# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of encrypted devices: which of them are tried on which device, and what came of it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum

from ...appliance.appliance import Appliance
from ...appliance.failures import ApplianceError, CallFailed
from ...appliance.secret import Secret
from ...devices.letters import letters
from ...errors import GuestconvError
from ...texts import luks_header
from ...texts.luks_header import Header
from .layers.filesystem import Filesystem

# Bytes of a key file; cryptsetup reads no more (cryptsetup(8): --keyfile-size).
KEY_LIMIT = 8 * 1024 * 1024

_MAPPER = "/dev/mapper/"
# Where a key lies that libguestfs's own call cannot pass, in a filesystem in memory. It is private to the appliance.
_KEY_FILE = "/key"
# What cryptsetup ends with (cryptsetup(8), RETURN CODES), in the words of libguestfs.
_WRONG_KEY = "cryptsetup exited with status 2"
_NO_MEMORY = "cryptsetup exited with status 3"
_STATUS = "cryptsetup exited with status "
# What the device mapper has as it is, and a shell takes as one word.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+:=@-]{0,126}\Z")
# Of its sentence, what is not its own.
_LONGEST = 200


@dataclass(frozen=True)
class Key:
    """A key that was given, or found in the guest.

    secret: its bytes, exactly. device: the guest's name of the device, or uuid: that of its header, that it is for; it is
    tried on all devices where both are empty. source: what messages call it ("keys[0]"). is_given: by the option keys.
    """

    secret: bytes = field(repr=False)
    source: str
    device: str = ""
    uuid: str = ""
    is_given: bool = True

    @property
    def is_for_all(self) -> bool:
        """Whether it is tried on every device."""
        return not self.device and not self.uuid

    def is_for(self, locked: Filesystem) -> bool:
        """Whether it was given for this device."""
        if self.uuid:
            return _digits(self.uuid) == _digits(locked.uuid)
        names = (self.device, f"/dev/{self.device}")
        parent = locked.parents[0]
        return any(parent.is_called(name) or f"UUID={locked.uuid}" == name for name in names if self.device)


class Why(Enum):
    """Why a device stays closed. FAILED: cryptsetup is missing, or reports something else than a wrong key."""

    WRONG_KEY = "wrong key"
    NO_MEMORY = "no memory"
    FAILED = "failed"


@dataclass(frozen=True)
class Refusal:
    """A device that a key did not open. detail: what cryptsetup reports. hint: what to do about that."""

    locked: Filesystem
    key: Key
    why: Why
    detail: str = ""
    hint: str = "Check the device in the guest."


class NotSupported(GuestconvError):
    """libguestfs on this machine cannot open encrypted devices."""


class Keyring:
    """The keys, and the devices that are open.

    refusals: what the keys did not open. unused: the keys that fit no device.
    """

    def __init__(self, appliance: Appliance, keys: Iterable[Key] = ()) -> None:
        self._appliance = appliance
        self._keys = list(keys)
        self._tried: set[str] = set()
        # Devices for which all keys were tried.
        self._attempted: set[str] = set()
        self._opened: dict[str, str] = {}
        self._headers: dict[str, Header] = {}
        self._is_able: bool | None = None
        self.refusals: list[Refusal] = []

    @property
    def unused(self) -> list[Key]:
        """The given keys for which there is no device."""
        return [key for key in self._keys if key.source not in self._tried]

    @property
    def has_opened(self) -> bool:
        """Whether anything is open."""
        return bool(self._opened)

    def header(self, locked: Filesystem) -> Header:
        """The header of a device that is encrypted with LUKS."""
        if locked.device not in self._headers:
            head = self.read(locked.device, 0, 16 * 1024)
            rest = self.read(locked.device, len(head), luks_header.size(head) - len(head))
            self._headers[locked.device] = luks_header.parse(head + rest) or Header(0)
        return self._headers[locked.device]

    def read(self, device: str, start: int, count: int) -> bytes:
        """count bytes of a device from start on; it is the appliance's name of the device."""
        pieces = []
        # A message of the appliance's protocol holds 4 MiB.
        for offset in range(start, start + count, 1 << 20):
            piece = self._appliance.pread_device(device, min(1 << 20, start + count - offset), offset)
            pieces.append(piece)
        return b"".join(pieces)

    def refusals_of(self, locked: Filesystem) -> list[Refusal]:
        """What did not open this device."""
        return [each for each in self.refusals if each.locked == locked]

    def was_tried(self, locked: Filesystem, key: Key) -> bool:
        """Whether this key did not open this device already."""
        return any(each.locked == locked and each.key == key for each in self.refusals)

    def opened(self, locked: Filesystem) -> str | None:
        """The appliance's name of what is in an encrypted device; None where no key opens it."""
        if locked.device in self._opened or locked.device in self._attempted:
            return self._opened.get(locked.device)
        self._attempted.add(locked.device)
        # Those that were given for this device come first: each attempt takes seconds.
        for key in sorted(self._keys, key=lambda key: key.is_for_all):
            if (key.is_for_all or key.is_for(locked)) and self.open(locked, key):
                return self._opened[locked.device]
        return None

    def open(self, locked: Filesystem, key: Key) -> bool:
        """Open a device with a key. Returns whether it is open.

        Raises NotSupported for a key that was given. Nobody asked for a device to be opened whose key is in the guest.
        """
        if locked.device in self._opened:
            return True
        self._tried.add(key.source)
        name = f"guestconv{letters(len(self._opened))}"
        try:
            self._require_ability(locked)
            self._unlock(locked.device, key.secret, name)
        except NotSupported as error:
            if key.is_given:
                raise
            self.refusals.append(Refusal(locked, key, Why.FAILED, error.message.rstrip("."), error.hint))
            return False
        except CallFailed as error:
            self.refusals.append(Refusal(locked, key, _why(error.message), _detail(error.message)))
            return False
        self._opened[locked.device] = _MAPPER + name
        return True

    def _unlock(self, device: str, secret: bytes, name: str) -> None:
        try:
            text = secret.decode("utf-8")
        except UnicodeDecodeError:
            text = "\0"
        if "\0" not in text:
            try:
                self._appliance.cryptsetup_open(device, Secret(text), name)
            except AttributeError as error:
                raise NotSupported(
                    "encryption-not-supported",
                    "libguestfs on this machine is older than 1.44, and cannot open encrypted devices of all kinds.",
                    hint="Run guestconv on a machine with a newer libguestfs.",
                ) from error
            return
        # The binding passes text only, and C's strings end at a NUL.
        with self._in_memory():
            self._appliance.write(_KEY_FILE, secret)
            path = shlex.quote(self._appliance.name_in_shell(device))
            opening = f'cryptsetup open --type luks --key-file "$root{_KEY_FILE}" {path} {name}'
            printed = self._appliance.shell(f'{opening} 2>&1; echo "status $?"').strip()
        said, _newline, status = printed.rpartition("status ")
        if status != "0":
            raise CallFailed("appliance-call-failed", f"{_STATUS}{status}: {said.strip()}")

    @contextmanager
    def _in_memory(self) -> Iterator[None]:
        self._appliance.umount_all()
        # libguestfs wants a device, of which tmpfs takes no notice.
        self._appliance.mount_vfs("mode=0700", "tmpfs", self._appliance.device(0), "/")
        try:
            yield
        finally:
            self._appliance.umount_all()

    def _require_ability(self, locked: Filesystem) -> None:
        if self._is_able is None:
            self._is_able = self._appliance.feature_available(["luks"])
        if not self._is_able:
            raise NotSupported(
                "encryption-not-supported",
                f"libguestfs on this machine has no cryptsetup to open {locked.name}, which is encrypted.",
                hint="Install cryptsetup on this machine, and let libguestfs build its appliance again.",
            )

    @contextmanager
    def called(self, names: Mapping[str, str]) -> Iterator[None]:
        """Have mappings ({the appliance's name: name below /dev/mapper}) called so while the block runs, for guest programs.

        Debian's cryptsetup-initramfs looks up in crypttab what the mapping with the root is called. A link with the old
        name stays, which is that of the mounts.
        """
        pairs = [(old.removeprefix(_MAPPER), new) for old, new in names.items() if _PLAIN_NAME.match(new)]
        there = [f"dmsetup rename -- {old} {new} && ln -sfn {new} {_MAPPER}{old}" for old, new in pairs]
        back = [f"dmsetup rename -- {new} {old}" for old, new in pairs]
        self._run_all(there)
        try:
            yield
        finally:
            self._run_all(back)

    def _run_all(self, commands: Iterable[str]) -> None:
        """Run commands in the appliance. One that fails is of no account: the appliance's own names stay."""
        script = "; ".join(commands)
        if script:
            with suppress(ApplianceError):
                self._appliance.shell(f"{{ {script}; }} >/dev/null 2>&1; true")

    def close(self, locked: Filesystem) -> None:
        """Close a device that is open, and on which nothing is."""
        device = self._opened.pop(locked.device, None)
        if device:
            # The appliance's shutdown writes out what cannot be closed, too.
            with suppress(ApplianceError):
                self._appliance.cryptsetup_close(device)


def _why(message: str) -> Why:
    if _WRONG_KEY in message:
        return Why.WRONG_KEY
    return Why.NO_MEMORY if _NO_MEMORY in message else Why.FAILED


def _detail(message: str) -> str:
    """The sentence of cryptsetup, without the appliance's names of devices."""
    sentence = re.sub(r"/dev/\S+", "the device", message.rpartition(_STATUS)[2] or message)
    return sentence.partition(": ")[2].strip()[:_LONGEST].rstrip(". ")


def _digits(uuid: str) -> str:
    return re.sub(r"[^0-9a-f]", "", uuid.lower())
