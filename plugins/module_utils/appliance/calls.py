# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of libguestfs that are used, typed (guestfs(3)). A further one is a further method here."""

from __future__ import annotations

import time
from typing import Any

from .failures import CallFailed
from .secret import Secret

# How often a mount that is in use is tried again, and after how many seconds.
_TRIES, _PAUSE = 15, 1.0


class Calls:
    """Each call of libguestfs as a method; call() does it. All raise ApplianceError, and GuestconvError `timeout`.

    Paths and devices are the appliance's.
    """

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """Call libguestfs's function `name`."""
        raise NotImplementedError

    # Disks, partitions, volumes

    def list_partitions(self) -> list[str]:
        """The partitions of all disks."""
        result: list[str] = self.call("list_partitions")
        return result

    def list_disk_labels(self) -> dict[str, str]:
        """{label of a disk, as given to add_drive: its device}."""
        result: dict[str, str] = self.call("list_disk_labels")
        return result

    def lvs(self) -> list[str]:
        """The devices of the logical volumes."""
        result: list[str] = self.call("lvs")
        return result

    def list_md_devices(self) -> list[str]:
        """The names of the arrays (md) that are started."""
        result: list[str] = self.call("list_md_devices")
        return result

    def md_detail(self, array: str) -> dict[str, str]:
        """What mdadm reports of an array: its names without MD_ and in small letters."""
        result: dict[str, str] = self.call("md_detail", array)
        return result

    def blockdev_getsize64(self, device: str) -> int:
        """The size of a device in bytes."""
        result: int = self.call("blockdev_getsize64", device)
        return result

    def lvuuid(self, device: str) -> str:
        """The UUID of a logical volume."""
        result: str = self.call("lvuuid", device)
        return result

    def vgpvuuids(self, group: str) -> list[str]:
        """The UUIDs of the physical volumes of a volume group."""
        result: list[str] = self.call("vgpvuuids", group)
        return result

    def blkid(self, device: str) -> dict[str, str]:
        """The tags of blkid(8): TYPE, UUID, LABEL, PART_ENTRY_UUID, ..."""
        result: dict[str, str] = self.call("blkid", device)
        return result

    def pread_device(self, device: str, count: int, offset: int) -> bytes:
        """Up to `count` bytes of a device at `offset`."""
        result: bytes = self.call("pread_device", device, count, offset)
        return result

    def blockdev_getro(self, device: str) -> bool:
        """Whether a device cannot be written to."""
        result: bool = self.call("blockdev_getro", device)
        return result

    def btrfs_subvolume_show(self, path: str) -> dict[str, str]:
        """What btrfs says of the subvolume that is mounted at path: Name, UUID, Flags ("readonly", "-"), ..."""
        result: dict[str, str] = self.call("btrfs_subvolume_show", path)
        return result

    def lvm_scan(self, activate: bool) -> None:
        """Search all devices for volume groups, and activate them."""
        self.call("lvm_scan", activate)

    def vg_activate_all(self, activate: bool) -> None:
        """Activate, or deactivate, all volume groups."""
        self.call("vg_activate_all", activate)

    def feature_available(self, features: list[str]) -> bool:
        """Whether the appliance has these optional features ("luks")."""
        result: bool = self.call("feature_available", features)
        return result

    def cryptsetup_open(self, device: str, key: Secret, name: str) -> None:
        """Open an encrypted device as /dev/mapper/name."""
        self.call("cryptsetup_open", device, key, name)

    def cryptsetup_close(self, device: str) -> None:
        """Close one that was opened: device is /dev/mapper/name."""
        self.call("cryptsetup_close", device)

    def inspect_os(self) -> list[str]:
        """The roots that libguestfs's own inspection finds."""
        result: list[str] = self.call("inspect_os")
        return result

    def inspect_get_type(self, root: str) -> str:
        """The kind of the operating system on root: "linux", "windows", "unknown"."""
        result: str = self.call("inspect_get_type", root)
        return result

    def inspect_get_distro(self, root: str) -> str:
        """The distribution of a root, after inspect_os."""
        result: str = self.call("inspect_get_distro", root)
        return result

    def inspect_get_product_name(self, root: str) -> str:
        """The product's name of a root, after inspect_os."""
        result: str = self.call("inspect_get_product_name", root)
        return result

    # Mounts

    def mount_options(self, options: str, device: str, mountpoint: str) -> None:
        """mount -o options device mountpoint."""
        self.call("mount_options", options, device, mountpoint)

    def mount_vfs(self, options: str, kind: str, device: str, mountpoint: str) -> None:
        """The same with the type of the filesystem."""
        self.call("mount_vfs", options, kind, device, mountpoint)

    def remount(self, mountpoint: str, *, rw: bool) -> None:
        """Make a mount writable, or read-only."""
        self.call("remount", mountpoint, rw=rw)

    def umount(self, path: str) -> None:
        """Unmount a device or mount point; see umount_all."""
        self._unmount("umount", path)

    def umount_all(self) -> None:
        """Unmount everything.

        What a guest's program left running keeps /dev in use, where libguestfs mounted it for that program. BusyBox's
        timeout(1) does so for up to a second: its watcher looks each second whether the program is still there.
        """
        self._unmount("umount_all")

    def _unmount(self, name: str, *arguments: Any) -> None:
        for left in range(_TRIES, 0, -1):
            try:
                self.call(name, *arguments)
                return
            except CallFailed as error:
                if not error.is_busy or left == 1:
                    raise
            time.sleep(_PAUSE)

    def statvfs(self, path: str) -> dict[str, int]:
        """statvfs(3): bavail, frsize, files, favail, ..."""
        result: dict[str, int] = self.call("statvfs", path)
        return result

    # Files: reading

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

    def shell(self, script: str) -> str:
        """What a script prints that the appliance's own shell runs. $root is where the guest is mounted.

        It is libguestfs's `debug sh`, which is for debugging: a build may come without.
        """
        result: str = self.call("debug", "sh", [script])
        return result

    # Files: writing

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

    # Programs of the guest

    def command(self, arguments: list[str]) -> str:
        """Run a program in the guest, without a shell. Returns: what it wrote to its standard output."""
        result: str = self.call("command", arguments)
        return result

    # Augeas

    def aug_init(self, root: str, flags: int) -> None:
        """Start Augeas on the files below root."""
        self.call("aug_init", root, flags)

    def aug_close(self) -> None:
        """End it."""
        self.call("aug_close")

    def aug_load(self) -> None:
        """Parse the files."""
        self.call("aug_load")

    def aug_save(self) -> None:
        """Write what was altered."""
        self.call("aug_save")

    def aug_match(self, path: str) -> list[str]:
        """The paths of the nodes that match."""
        result: list[str] = self.call("aug_match", path)
        return result

    def aug_get(self, path: str) -> str:
        """The value of a node."""
        result: str = self.call("aug_get", path)
        return result

    def aug_set(self, path: str, value: str) -> None:
        """Set the value of a node, making it when there is none."""
        self.call("aug_set", path, value)

    def aug_rm(self, path: str) -> int:
        """Remove the nodes that match, with all below them. Returns: how many."""
        result: int = self.call("aug_rm", path)
        return result

    def aug_insert(self, path: str, label: str, before: bool) -> None:
        """Make a sibling of the node at path, before or after it."""
        self.call("aug_insert", path, label, before)

    # The registry of Windows, as hivex(3) reads and writes it. One hive is open at a time. Nodes and values are handles.

    def hivex_open(self, path: str, *, write: bool) -> None:
        """Open the hive in a file."""
        self.call("hivex_open", path, write=write)

    def hivex_close(self) -> None:
        """Close the open hive, without what was altered in it."""
        self.call("hivex_close")

    def hivex_commit(self, path: str | None) -> None:
        """Write what was altered in the open hive to the file at path; None for its own."""
        self.call("hivex_commit", path)

    def hivex_root(self) -> int:
        """The topmost node."""
        result: int = self.call("hivex_root")
        return result

    def hivex_node_name(self, node: int) -> str:
        """The name of a node."""
        result: str = self.call("hivex_node_name", node)
        return result

    def hivex_node_children(self, node: int) -> list[dict[str, int]]:
        """The nodes below a node: hivex_node_h of each."""
        result: list[dict[str, int]] = self.call("hivex_node_children", node)
        return result

    def hivex_node_get_child(self, node: int, name: str) -> int:
        """The node of this name, in any letter case, below a node; 0 when there is none."""
        result: int = self.call("hivex_node_get_child", node, name)
        return result

    def hivex_node_add_child(self, parent: int, name: str) -> int:
        """Make a node below another, where none of this name is."""
        result: int = self.call("hivex_node_add_child", parent, name)
        return result

    def hivex_node_delete_child(self, node: int) -> None:
        """Delete a node with all below it."""
        self.call("hivex_node_delete_child", node)

    def hivex_node_values(self, node: int) -> list[dict[str, int]]:
        """The values of a node: hivex_value_h of each."""
        result: list[dict[str, int]] = self.call("hivex_node_values", node)
        return result

    def hivex_node_get_value(self, node: int, name: str) -> int:
        """The value of this name, in any letter case; 0 when there is none."""
        result: int = self.call("hivex_node_get_value", node, name)
        return result

    def hivex_node_set_value(self, node: int, name: str, kind: int, data: bytes) -> None:
        """Set a value of a node."""
        self.call("hivex_node_set_value", node, name, kind, data)

    def hivex_value_key(self, value: int) -> str:
        """The name of a value."""
        result: str = self.call("hivex_value_key", value)
        return result

    def hivex_value_type(self, value: int) -> int:
        """The type of a value."""
        result: int = self.call("hivex_value_type", value)
        return result

    def hivex_value_value(self, value: int) -> bytes:
        """The bytes of a value."""
        result: bytes = self.call("hivex_value_value", value)
        return result
