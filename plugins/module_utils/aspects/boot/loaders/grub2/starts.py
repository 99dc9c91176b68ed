# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which script GRUB starts with, by what is on the disks: its modules, its EFI programs, and where its stubs are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .....guest.root import GuestRoot
from ...evidence import Evidence
from ...system_partition import SystemPartition
from .paths import RootFiles
from .script.menus import Start

CONFIGURATION = "grub.cfg"

# Of Debian, Ubuntu, Arch; of Red Hat and SUSE, which rename it.
DIRECTORIES = ("/boot/grub", "/boot/grub2")

# What grub-mkimage puts into a program: the prefix as it is, and grub-install's load.cfg.
_PREFIX = re.compile(rb"\(,?[a-z0-9,/_-]*\)(/[!-~]{0,100})\x00")
_VENDOR = re.compile(rb"\0/EFI/([!-.0-~]{1,60})\0", re.IGNORECASE)
_LOADED = re.compile(
    rb"search\.(fs_uuid|file|fs_label) ([!-~]{1,200}) root[^\n]*\nset prefix=\(\$root\)'?([!-&(-~]{1,200})"
)
# Enough of a program: they are about 4 MiB at most.
_PROGRAM = 8 * 1024 * 1024

_CPUS = {"aarch64": "arm64", "i386": "i386", "i686": "i386"}


@dataclass(frozen=True)
class Candidate:
    """A script that GRUB may start with. is_for: the firmware."""

    path: str
    start: Start
    is_for: str


def candidates(root: GuestRoot, files: RootFiles, evidence: Evidence) -> list[Candidate]:
    """The scripts that are there, the most likely one first."""
    cpu = _CPUS.get(str(root.info.get("arch")), "x86_64")
    found: list[Candidate] = []
    by_efi = _of_efi(root, files, evidence.partition, evidence.program) if evidence.partition else iter(())
    uefi = [_candidate(files, path, "uefi", "efi", cpu) for path in (*by_efi, *_of_modules(root, "-efi"))]
    bios = [_candidate(files, path, "bios", "pc", "i386") for path in _of_modules(root, "i386-pc")]
    for each in [*uefi, *bios] if evidence.firmware == "uefi" else [*bios, *uefi]:
        if all(each.path != other.path for other in found) and root.is_file(each.path):
            found.append(each)
    return found


def _candidate(files: RootFiles, path: str, is_for: str, platform: str, cpu: str) -> Candidate:
    device, directory = files.place(path.rpartition("/")[0])
    return Candidate(path, Start(device, f"({device}){directory}", platform, cpu), is_for)


def _of_efi(root: GuestRoot, files: RootFiles, partition: SystemPartition, started: str) -> Iterator[str]:
    """Scripts that the programs on the EFI system partition start with. started: the path of the one that boots, or "".

    A stub next to the program leads on; EL 7 has the whole menu there. Where there is none, the program says it.
    """
    names = [posixpath.basename(directory) for directory in partition.with_file(CONFIGURATION)]
    scripts = {name.casefold(): f"{partition.path}/{name}/{partition.names(name)[CONFIGURATION]}" for name in names}
    if started:
        data = _content(root, started)
        yield from _of_program(files, data)
        # One that is signed knows the directory of its vendor, wherever it was started from.
        directories = [*_vendors(data), started.split("/")[-2].casefold()]
        yield from (scripts[each] for each in directories if each in scripts)
    yield from scripts.values()
    for directory in (*partition.vendors, partition.fallback):
        for name, spelt in partition.names(directory).items():
            if name.startswith("grub") and name.endswith(".efi"):
                yield from _of_program(files, _content(root, f"{partition.path}/{directory}/{spelt}"))


def _vendors(data: bytes) -> list[str]:
    """The names, in lower case, of the directories in EFI that a program (data) has as its prefix."""
    return [match[1].decode("ascii", "replace").casefold() for match in _VENDOR.finditer(data)]


def _content(root: GuestRoot, path: str) -> bytes:
    return root.head(path, min(root.size(path), _PROGRAM)) if root.is_file(path) else b""


def _of_program(files: RootFiles, data: bytes) -> Iterator[str]:
    """The scripts that a program (data) starts with."""
    for match in _LOADED.finditer(data):
        kind, value, directory = (each.decode("ascii", "replace") for each in match.groups())
        device = files.search(kind.replace("_", "-"), value)
        found = files.path(device, f"{directory}/{CONFIGURATION}") if device else None
        if found:
            yield found
    for match in _PREFIX.finditer(data):
        directory = match[1].decode("ascii", "replace")
        if directory.startswith(("/boot/", "/grub")):
            found = files.path("", f"{directory}/{CONFIGURATION}")
            if found:
                yield found


def _of_modules(root: GuestRoot, platform: str) -> list[str]:
    """The script in GRUB's directory, which is the one where the modules for the platform are.

    Where that says nothing, it is what the root's distribution calls it.
    """
    names = sorted(DIRECTORIES, reverse=root.info.get("package_format") == "rpm")
    with_modules = [path for path in names if any(name.endswith(platform) for name in root.list(path))]
    return [f"{directory}/{CONFIGURATION}" for directory in (with_modules if len(with_modules) == 1 else names)]
