# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: what is read of them, and written."""

from __future__ import annotations

from typing import Any

from .caller import Caller


class FileCalls(Caller):
    """Calls about the files of what is mounted. Paths are the appliance's."""

    # Reading

    def exists(self, path: str) -> bool:
        """Whether there is anything at the path."""
        result: bool = self.call("exists", path)
        return result

    def is_symlink(self, path: str) -> bool:
        """Whether the path itself is a symbolic link."""
        result: bool = self.call("is_symlink", path)
        return result

    def statns(self, path: str) -> dict[str, int]:
        """stat(2), links followed: st_mode, st_size, ..."""
        result: dict[str, int] = self.call("statns", path)
        return result

    def filesize(self, path: str) -> int:
        """The size of a file in bytes."""
        result: int = self.call("filesize", path)
        return result

    def readlink(self, path: str) -> str:
        """Where a symbolic link leads, as it has it."""
        result: str = self.call("readlink", path)
        return result

    def realpath(self, path: str) -> str:
        """The path with all links resolved."""
        result: str = self.call("realpath", path)
        return result

    def case_sensitive_path(self, path: str) -> str:
        """The path as the filesystem spells it, where it may be written in any letter case. Its last part may be absent."""
        result: str = self.call("case_sensitive_path", path)
        return result

    def glob_expand(self, pattern: str, *, directoryslash: bool) -> list[str]:
        """The paths that match a pattern of the shell."""
        result: list[str] = self.call("glob_expand", pattern, directoryslash=directoryslash)
        return result

    def ls(self, directory: str) -> list[str]:
        """The names in a directory."""
        result: list[str] = self.call("ls", directory)
        return result

    def ls0(self, directory: str, destination: str) -> None:
        """Write the names in a directory, each ended by a NUL, to a file of this machine."""
        self.call("ls0", directory, destination)

    def pread(self, path: str, count: int, offset: int) -> bytes:
        """Up to `count` bytes of a file at `offset`."""
        result: bytes = self.call("pread", path, count, offset)
        return result

    def equal(self, path: str, other: str) -> bool:
        """Whether two files have the same content."""
        result: bool = self.call("equal", path, other)
        return result

    def lgetxattrs(self, path: str) -> list[dict[str, Any]]:
        """The extended attributes: attrname (str), attrval (bytes). A symbolic link is not followed."""
        result: list[dict[str, Any]] = self.call("lgetxattrs", path)
        return result

    # Writing

    def write(self, path: str, content: bytes) -> None:
        """Make a file with this content, or truncate one and write it."""
        self.call("write", path, content)

    def write_append(self, path: str, content: bytes) -> None:
        """Append to a file."""
        self.call("write_append", path, content)

    def chmod(self, mode: int, path: str) -> None:
        """Set the permissions."""
        self.call("chmod", mode, path)

    def cp(self, source: str, destination: str) -> None:
        """Copy a file."""
        self.call("cp", source, destination)

    def mv(self, source: str, destination: str) -> None:
        """Rename a file."""
        self.call("mv", source, destination)

    def rm(self, path: str) -> None:
        """Remove a file."""
        self.call("rm", path)

    def rm_rf(self, path: str) -> None:
        """Remove a file, or a directory with all that is in it. Symbolic links before its last part are not the guest's."""
        self.call("rm_rf", path)

    def ln_s(self, target: str, path: str) -> None:
        """Make a symbolic link at path that leads to target."""
        self.call("ln_s", target, path)

    def mkdir_p(self, path: str) -> None:
        """Make a directory, with its parents."""
        self.call("mkdir_p", path)

    def lsetxattr(self, name: str, value: str, length: int, path: str) -> None:
        """Set an extended attribute, of a symbolic link itself; length: bytes of the value that are taken."""
        self.call("lsetxattr", name, value, length, path)

    def truncate_size(self, path: str, size: int) -> None:
        """Give a file another size in bytes."""
        self.call("truncate_size", path, size)

    def get_e2attrs(self, path: str) -> str:
        """The attributes of chattr(1), as letters, of a file or directory. A symbolic link is not followed.

        It runs lsattr(1), which is not for ext2 alone: xfs and btrfs have them as well.
        """
        result: str = self.call("get_e2attrs", path)
        return result

    def set_e2attrs(self, path: str, attributes: str, *, clear: bool) -> None:
        """Set, or clear, these attributes."""
        self.call("set_e2attrs", path, attributes, clear=clear)
