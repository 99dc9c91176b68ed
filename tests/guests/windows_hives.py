# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hives of real Windows machines, and hives that are made of them with hivex, on this machine.

The real ones are in ../shared/hives next to the clone. They are SYSTEM hives only; SOFTWARE, DRIVERS and the BCD are
made of one that was emptied, so that their format is what Windows writes.
"""

from __future__ import annotations

import functools
import importlib.util
import lzma
import shutil
import struct
import tempfile
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "hives"
WINDOWS_7 = "windows-7-x86-vmware"
WINDOWS_8 = "windows-8.1-x64-virtualbox"
WINDOWS_10 = "windows-10-1903-x64-vmware"
NAMES = (WINDOWS_7, WINDOWS_8, WINDOWS_10)


def _missing():
    if not all((SHARED / f"{name}.SYSTEM.xz").is_file() for name in NAMES):
        return f"there are no hives in {SHARED}"
    needed = [name for name in ("hivex", "Registry") if importlib.util.find_spec(name) is None]
    needed += [name for name in ("reglookup", "xorriso", "ntfscat", "ntfsls") if shutil.which(name) is None]
    return f"not installed: {', '.join(needed)}" if needed else ""


# Why tests with them are skipped; empty where all is there.
MISSING = _missing()

# Types of values (winnt.h).
NONE, STRING, EXPAND, BINARY, DWORD, MULTI = 0, 1, 2, 3, 4, 7

# Of the base block (Windows registry file format specification): the two sequence numbers, the words that the checksum
# is of, and its place.
_SEQUENCES = (4, 8)
_CHECKED = 508


@functools.cache
def taken_live(name):
    """The bytes of a real SYSTEM hive as it was copied: most were in use, so that their sequence numbers differ."""
    return lzma.decompress((SHARED / f"{name}.SYSTEM.xz").read_bytes())


@functools.cache
def system(name):
    """The bytes of a real SYSTEM hive as a Windows that was shut down leaves it: both sequence numbers are equal."""
    return _with_sequences(taken_live(name), 1, 1)


def dirty(hive):
    """The bytes of the hive as if it had not been written completely."""
    return _with_sequences(hive, 2, 1)


def _with_sequences(hive, first, second):
    changed = bytearray(hive)
    for place, number in zip(_SEQUENCES, (first, second)):
        struct.pack_into("<I", changed, place, number)
    checksum = 0
    for (word,) in struct.iter_unpack("<I", changed[:_CHECKED]):
        checksum ^= word
    struct.pack_into("<I", changed, _CHECKED, checksum)
    return bytes(changed)


def text(value, kind=STRING):
    """A value of a text: its type and data."""
    return kind, value.encode("utf-16-le") + b"\0\0"


def texts(*values):
    """A value of several texts."""
    return MULTI, b"".join(value.encode("utf-16-le") + b"\0\0" for value in values) + b"\0\0"


def number(value):
    """A value of 32 bits."""
    return DWORD, struct.pack("<I", value)


def changed(hive, keys, emptied=False):
    """The bytes of the hive with these keys, which are made where they are not there: {path: {name: value}}.

    emptied: without all other keys.
    """
    # Only who makes hives needs the binding.
    import hivex

    with tempfile.TemporaryDirectory(prefix="hive-") as directory:
        path = Path(directory, "hive")
        path.write_bytes(hive)
        editor = hivex.Hivex(str(path), write=True)
        top = editor.root()
        if emptied:
            for key in editor.node_children(top):
                editor.node_delete_child(key)
        for key_path, values in keys.items():
            key = top
            for name in key_path.split("\\"):
                key = editor.node_get_child(key, name) or editor.node_add_child(key, name)
            for name, (kind, data) in values.items():
                editor.node_set_value(key, {"key": name, "t": kind, "value": data})
        editor.commit(None)
        return path.read_bytes()


def made(keys):
    """The bytes of a hive with just these keys, as above."""
    return changed(system(WINDOWS_8), keys, emptied=True)


def software(name, product, current_version, build, edition="Professional", uninstall=True):
    """The bytes of a SOFTWARE hive that belongs to the real SYSTEM hive of this name.

    product: its ProductName, which is that of Windows 10 for Windows 11, too. current_version: "6.1", or a pair of numbers
    from Windows 10 on. uninstall: whether VMware's tools are installed.
    """
    newer = isinstance(current_version, tuple)
    version = {
        "ProductName": text(product),
        "EditionID": text(edition),
        "InstallationType": text("Client"),
        "CurrentVersion": text("6.3" if newer else current_version),
        "CurrentBuild": text(build),
        "CurrentBuildNumber": text(build),
        "SystemRoot": text("C:\\Windows"),
        "PathName": text("C:\\Windows"),
        "RegisteredOwner": text("A person"),
    }
    if newer:
        version["CurrentMajorVersionNumber"] = number(current_version[0])
        version["CurrentMinorVersionNumber"] = number(current_version[1])
        version["ReleaseId"] = text("1903")
        version["UBR"] = number(720)
    current = "Microsoft\\Windows\\CurrentVersion"
    keys = {
        "Classes\\.txt": {"": text("txtfile")},
        "Microsoft\\Windows NT\\CurrentVersion": version,
        current: {
            "DevicePath": text("%SystemRoot%\\inf", EXPAND),
            "ProgramFilesDir": text("C:\\Program Files"),
            "CommonFilesDir": text("C:\\Program Files\\Common Files"),
        },
        f"{current}\\Component Based Servicing": {"Version": text("10.0.18362.1")},
        f"{current}\\WindowsUpdate\\Auto Update": {},
        f"{current}\\Uninstall\\7-Zip": {
            "DisplayName": text("7-Zip 19.00"),
            "DisplayVersion": text("19.00"),
            "Publisher": text("Igor Pavlov"),
        },
        "Policies": {},
    }
    if name == WINDOWS_10:
        keys["WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall"] = {}
    if uninstall:
        # UninstallString has /I: https://bugzilla.redhat.com/1917760
        code = "{748D3A12-9B82-4B08-A0FF-CFDE83612E87}"
        keys[f"{current}\\Uninstall\\{code}"] = {
            "DisplayName": text("VMware Tools"),
            "DisplayVersion": text("10.3.10.12406962"),
            "Publisher": text("VMware, Inc."),
            "UninstallString": text(f"MsiExec.exe /I{code}", EXPAND),
            "WindowsInstaller": number(1),
        }
    return made(keys)
