# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The room on a filesystem of a guest; and the errors where it is not enough, or cannot be written to at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..errors import GuestconvError
from ..model.concerns import Concern

# Where what a boot loader reads is, be it a filesystem of its own or not.
_BOOT = ("/boot", "/efi")


class FilesystemFull(GuestconvError):
    """A filesystem of the guest has too little room for what must be written. is_boot: for what a boot loader reads."""

    is_boot = False


@dataclass(frozen=True)
class Space:
    """The room for a file.

    path: of the file, or its directory. mountpoint: where the filesystem is mounted. name: the guest's name of it.
    free: bytes that anyone may write, so without those that are reserved for root. inodes: files that can be created;
    None where the filesystem (btrfs, FAT) has no limit. block: bytes in which it gives room to a file.
    """

    path: str
    mountpoint: str
    name: str
    free: int
    inodes: int | None = None
    block: int = 1

    def has(self, needed: int, files: int = 0) -> bool:
        """Whether there is room for `needed` more bytes, in this number of new files."""
        return self.free >= needed and (self.inodes is None or self.inodes >= files)

    def taken_by(self, sizes: Iterable[int]) -> int:
        """The bytes that new files of these sizes take: each takes whole blocks."""
        return sum(-(-size // self.block) * self.block for size in sizes)

    def full(self, needed: int, purpose: str) -> FilesystemFull:
        """The error that `needed` bytes are not there. purpose: what for, as "to write /etc/fstab"."""
        on_it = "" if not self.name else f" ({self.name})"
        without_inodes = ", and no inode for a new file" if self.inodes == 0 else ""
        message = (
            f"{self.mountpoint} in the guest{on_it} has {self.free >> 10} KiB free{without_inodes}; "
            f"{-(-needed // 1024)} KiB are needed {purpose}."
        )
        hint = "Remove files that are not needed on this filesystem in the guest."
        is_boot = any(self.path == top or self.path.startswith(f"{top}/") for top in _BOOT)
        if is_boot:
            hint = "Remove an old kernel in the guest, or make room on its EFI system partition."
        error = FilesystemFull(
            "boot-full" if is_boot else "filesystem-full",
            message,
            hint=hint,
            extra={"needed": needed, "available": self.free},
        )
        error.is_boot = is_boot
        return error


def concern(full: FilesystemFull, is_error: bool, also: str = "") -> Concern:
    """The concern that is known before conversion ends with this error. also: a further sentence."""
    return Concern(
        "boot-full" if full.is_boot else "filesystem-full",
        "error" if is_error else "warning",
        f"{full.message} {also}".rstrip(),
        full.hint,
    )


def space(path: str, mountpoint: str, name: str, status: Mapping[str, int]) -> Space:
    """The Space of a path by the result of statvfs(3)."""
    # What counts no inodes reports 0 of 0.
    inodes = status.get("favail", 0) if status.get("files") else None
    block = status["frsize"]
    return Space(path, mountpoint, name, status["bavail"] * block, inodes, block)


def read_only(mountpoint: str, name: str, path: str = "") -> GuestconvError:
    """The error that a filesystem, the guest's name of which this is, cannot be written to."""
    return GuestconvError(
        "filesystem-read-only",
        f"{name}, which the guest mounts at {mountpoint}, cannot be written to: it is read-only."
        + (f" Conversion must change{path} on it." if path else ""),
        hint="Make it writable in the guest before it moves: a btrfs subvolume with `btrfs property set PATH ro false`, a "
        "logical volume with `lvchange --permission rw`, ext4 with `tune2fs -O ^read-only`. A system whose root "
        "filesystem is an image (squashfs, EROFS) cannot be converted.",
    )
