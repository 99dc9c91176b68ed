# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""crypttab(5), as systemd-cryptsetup-generator and Debian's cryptsetup read it; and dm-crypt on the kernel's command line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from . import fstab, tables

# With such a key the mapping is made anew at each start.
RANDOM_KEYS = ("/dev/urandom", "/dev/random", "/dev/hw_random")
# What stands for no key file: a person, or a token, is asked (systemd, src/cryptsetup/cryptsetup-generator.c; Debian's
# cryptdisks-functions).
_NO_KEY = ("", "-", "none")
# Options after which what is on the device is written over when the guest starts, or that say that it has no header.
_WITHOUT_HEADER = frozenset(("plain", "swap", "tmp"))
# Formats other than LUKS, of which the device may have a header, and no UUID that udev knows.
_OTHER_FORMATS = frozenset(("tcrypt", "tcrypt-hidden", "tcrypt-system", "tcrypt-veracrypt", "bitlk"))
# Debian's scripts that print a file that the third field names.
_PRINTING = ("cat", "passdev")
_OF_TOKENS = {"tpm2-device": "TPM", "fido2-device": "FIDO2 token", "pkcs11-uri": "smart card"}

# A name that the device mapper can have, and that a person can read.
_NAME = re.compile(r"(?=[!-~]{1,127}\Z)[^/]+\Z")
# The device with a key file, behind the path: systemd's form, and that of Debian's passdev (device first).
_ON_DEVICE = re.compile(r"(?P<path>/[^:]*):(?P<device>(?:UUID|LABEL|PARTUUID|PARTLABEL)=.+|/dev/.+)\Z", re.DOTALL)
_PASSDEV = re.compile(r"(?P<device>/dev/[^:]+):(?P<path>/[^:]*)(?::\d+)?\Z", re.DOTALL)


@dataclass(frozen=True)
class File:
    """A key file that crypttab names. device: the one that it is on; "" for the root and its mounts."""

    path: str
    device: str = ""


@dataclass(frozen=True)
class Entry:
    """A mapping: its name below /dev/mapper, the device as it is named, the third field, the options."""

    name: str
    device: str
    key: str = ""
    options: tuple[str, ...] = ()

    def option(self, name: str) -> str | None:
        """The value of an option ("" for one without a value), of several that of the last; None where it is not there."""
        values = dict(option.partition("=")[::2] for option in self.options)
        return values.get(name)

    @property
    def has_random_key(self) -> bool:
        """Whether what is on the device is lost at each start."""
        return self.key in RANDOM_KEYS

    @property
    def has_header(self) -> bool:
        """Whether the device has a header of its own, with a UUID, as far as the line says."""
        is_elsewhere = self.option("header") is not None
        return not (self.has_random_key or is_elsewhere or _WITHOUT_HEADER.intersection(self.options))

    @property
    def is_luks(self) -> bool:
        """Whether the line is about a device with LUKS, as far as it says."""
        return _OTHER_FORMATS.isdisjoint(self.options)

    @property
    def is_waited_for(self) -> bool:
        """Whether the guest waits for it when it starts (crypttab(5))."""
        return {"noauto", "nofail", "_netdev"}.isdisjoint(self.options)

    @property
    def names_no_key(self) -> bool:
        """Whether the third field leaves open where the key is."""
        return self.key in _NO_KEY

    @property
    def key_file(self) -> File | None:
        """The file with the key; None where the line names none."""
        script = self.option("keyscript")
        is_file = script is None or script.rpartition("/")[2] in _PRINTING
        return _file(self.key) if is_file and not self.names_no_key and not self.has_random_key else None

    @property
    def token(self) -> str:
        """The hardware by which it is opened, in words ("TPM"); "" where the line names none."""
        return next((words for name, words in _OF_TOKENS.items() if self.option(name)), "")


def parse(text: str) -> list[Entry]:
    """The entries of a crypttab (text), in order. A row of one field is none."""
    return [found for found in map(entry, tables.rows(text)) if found]


def entry(row: tables.Row) -> Entry | None:
    """What a row of a crypttab says; None where it lacks a field."""
    if len(row.fields) < 2:
        return None
    name, device, key, options = (fstab.unescaped(field) for field in (*row.fields, "", "")[:4])
    return Entry(name, device, key, tuple(option for option in options.split(",") if option))


def is_name(text: str) -> bool:
    """Whether a mapping can be called so."""
    return _NAME.match(text) is not None and text not in (".", "..", "control")


def from_arguments(arguments: Iterable[str]) -> list[Entry]:
    """What arguments of the kernel's command line have the initrd open, and how that is called.

    systemd-cryptsetup-generator(8): rd.luks.name=UUID=NAME; mkinitcpio's hook encrypt: cryptdevice=DEVICE:NAME[:OPTIONS];
    Debian's cryptsetup-initramfs: cryptopts=target=NAME,source=DEVICE; genkernel: crypt_root=DEVICE opens `root`;
    Alpine's mkinitfs-bootparam(7): cryptroot=DEVICE cryptdm=NAME.
    """
    arguments = list(arguments)
    return [found for found in [*map(_of_argument, arguments), _of_alpine(arguments)] if found]


def _of_argument(argument: str) -> Entry | None:
    key, _equals, value = argument.partition("=")
    if key in ("rd.luks.name", "luks.name"):
        uuid, _equals, name = value.partition("=")
        return Entry(name, f"UUID={uuid}") if name else None
    if key == "cryptdevice":
        device, _colon, name = value.partition(":")
        name = name.partition(":")[0]
        return Entry(name, device) if name else None
    if key == "cryptopts":
        words = dict(word.partition("=")[::2] for word in value.split(","))
        return Entry(words.get("target", "cryptroot"), words["source"]) if words.get("source") else None
    names: Mapping[str, str] = {"crypt_root": "root", "crypt_swap": "swap"}
    return Entry(names[key], value) if key in names and value else None


def _of_alpine(arguments: Iterable[str]) -> Entry | None:
    words = dict(argument.partition("=")[::2] for argument in arguments)
    device, name = words.get("cryptroot"), words.get("cryptdm")
    return Entry(name, device) if device and name else None


def _file(text: str) -> File:
    found = _ON_DEVICE.match(text) or _PASSDEV.match(text)
    return File(found["path"], found["device"]) if found else File(text)
