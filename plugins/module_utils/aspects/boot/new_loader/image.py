# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GRUB 2 for a BIOS, from the packages of the guest, or of this machine: what its boot sector starts.

grub-mkimage (GRUB's manual, "Invoking grub-mkimage") makes it of the files of one directory, and sees no disks. It has
all modules that menus commonly load, so that no files are needed in /boot but the menu.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Protocol

from ....errors import GuestconvError
from ....guest.root import GuestRoot
from ....guest.storage import mbr

_PLATFORM = "i386-pc"
# Of Debian, Arch, Red Hat; of SUSE, before and after it moved them.
_DIRECTORIES = tuple(f"{each}/{_PLATFORM}" for each in ("/usr/lib/grub", "/usr/share/grub2", "/usr/lib/grub2"))
_PROGRAMS = ("grub-mkimage", "grub2-mkimage")
_NEEDED = ("boot.img", "diskboot.img", "kernel.img", "biosdisk.mod", "part_msdos.mod", "normal.mod", "linux.mod")
# Those that a version does not have are left out.
_MODULES = (
    "biosdisk part_msdos part_gpt ext2 xfs btrfs lvm mdraid09 mdraid1x diskfilter normal configfile linux linux16 boot "
    "search search_fs_uuid search_fs_file search_label echo test true sleep reboot halt minicmd ls cat help read regexp "
    "loadenv probe keystatus date gettext all_video vbe vga video_bochs video_cirrus gfxterm gfxmenu font png jpeg tga "
    "serial terminal terminfo gzio xzio lzopio chain blscfg increment version"
).split()
_SECONDS = 120
# Directories in which the program needs nothing.
_PLACES = ("/tmp", "/mnt", "/media")


@dataclass(frozen=True)
class Image:
    """boot: the program in the boot sector. core: what it loads, from the sectors after it."""

    boot: bytes
    core: bytes


class Source(Protocol):
    """Where GRUB's files are."""

    def image(self, prefix: str) -> Image:
        """The image that finds its menu at prefix: "(,msdos1)/boot/grub". Raises GuestconvError."""


def source(root: GuestRoot) -> Source | None:
    """The guest's own GRUB 2, else that of this machine; None where neither has one for a BIOS."""
    if root.info.get("arch") not in (None, "x86_64", "i686", "i386"):
        return None
    for directory in _DIRECTORIES:
        programs = root.glob(*(f"/usr/{place}/{name}" for place in ("bin", "sbin") for name in _PROGRAMS))
        names = root.list(directory) if programs else []
        if all(name in names for name in _NEEDED):
            return _OfGuest(root, programs[0], directory, names)
    return _of_this_machine()


def _arguments(directory: str, names: list[str], prefix: str, output: str) -> list[str]:
    modules = [name for name in _MODULES if f"{name}.mod" in names]
    return ["-d", directory, "-O", _PLATFORM, "-o", output, "-p", prefix, *modules]


def _checked(boot: bytes | None, core: bytes | None) -> Image:
    """Errors: boot-loader-not-installed, where that is no GRUB that fits between boot sector and partition."""
    if not boot or not core or len(boot) < mbr.CODE:
        raise failed("its program made none")
    return Image(boot[: mbr.CODE], core)


def failed(reason: str) -> GuestconvError:
    """The error of a boot loader that cannot be installed, for a reason in words."""
    return GuestconvError(
        "boot-loader-not-installed",
        f"GRUB 2 could not be made for the guest: {reason}.",
        hint="Reinstall the package grub-pc (Debian, Ubuntu) or grub2-pc (EL, Fedora) in the guest.",
    )


@dataclass(frozen=True)
class _OfGuest:
    root: GuestRoot
    program: str
    directory: str
    names: list[str]

    def image(self, prefix: str) -> Image:
        """See Source."""
        # It has no place in the guest.
        place = next(filter(self.root.is_dir, _PLACES), "/boot")
        output = f"{place}/guestconv-core.img"
        with self.root.in_memory(place):
            arguments = _arguments(self.directory, self.names, prefix, output)
            self.root.run([self.program, *arguments], "made GRUB 2, which starts the guest")
            core = self.root.read_bytes(output)
        return _checked(self.root.read_bytes(f"{self.directory}/boot.img"), core)


@dataclass(frozen=True)
class _OfThisMachine:
    program: str
    directory: str
    names: list[str]

    def image(self, prefix: str) -> Image:
        """See Source."""
        with tempfile.TemporaryDirectory(prefix="guestconv-") as scratch:
            output = os.path.join(scratch, "core.img")
            command = [self.program, *_arguments(self.directory, self.names, prefix, output)]
            try:
                subprocess.run(
                    command, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True, timeout=_SECONDS
                )
                with open(output, "rb") as made, open(os.path.join(self.directory, "boot.img"), "rb") as boot:
                    return _checked(boot.read(), made.read())
            except subprocess.CalledProcessError as error:
                raise failed((error.stderr.splitlines() or ["no reason given"])[0].rstrip(".")) from error
            except (OSError, subprocess.SubprocessError) as error:
                raise failed(str(error).rstrip(".")) from error


def _of_this_machine() -> Source | None:
    programs = filter(None, map(shutil.which, _PROGRAMS))
    program = next(programs, None)
    for directory in _DIRECTORIES if program else ():
        names = os.listdir(directory) if os.path.isdir(directory) else []
        if program and all(name in names for name in _NEEDED):
            return _OfThisMachine(program, directory, names)
    return None
