# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for the appliance, over directories of this machine. It does what guestfs(3) says each call does.

What it does not play: programs of the guest (they are recorded, and each succeeds and does nothing, but for grub-mkimage,
which writes its image, those that a guest names with @writes, and matchpathcon), libguestfs's own inspection (which
finds nothing), and Augeas.
"""

from __future__ import annotations

import errno
import filecmp
import fnmatch
import itertools
import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import Appliance, label
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import CallFailed, TextNotUtf8
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.letters import letters
from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import Disk
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import labels
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import lvm_report, md_superblock
from tests import host_hivex
from tests.text_guests import lvm, sectors
from tests.text_guests.labels import Labels, context
from tests.text_guests.limits import Limits
from tests.text_guests.model import Answer
from tests.text_guests.namespace import Mounted, Namespace, Place

FAT = ("vfat", "msdos")
# Bytes of a device that may be a member of an array.
SIZE = 1 << 30
_ROOM = 1 << 30
_INODES = 1 << 20
# Btrfs's number of the top of a filesystem, and of its first subvolume.
_TOP = 5
_FIRST_SUBVOLUME = 256
# Types that the appliance's kernel mounts.
_MOUNTABLE = ("ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "jfs", "reiserfs", "vfat", "iso9660")
# Bytes of a message of libguestfs's protocol (GUESTFS_MESSAGE_MAX).
_MESSAGE = 4 * 1024 * 1024
# Bytes of a file that a program reads.
_MOST_READ = 1024 * 1024


@dataclass(frozen=True)
class Storage:
    """What is on a device.

    tags: as blkid prints them. directory: what is on the filesystem, None where it cannot be mounted.
    first_sector: its first 512 bytes. subvolumes: paths of a btrfs's. default: the one that is mounted if none is named.
    room, inodes: bytes and inodes that are free. is_read_only: what lies on it cannot be written to.
    superblocks: {offset: bytes} of a member of an array. lvm: of a logical volume, what LVM knows of it.
    members, missing: the UUIDs of its group's physical volumes, and of those that are on no disk.
    key: what opens an encrypted device, and inside: what is in it.
    """

    tags: Mapping[str, str]
    directory: str | None = None
    first_sector: bytes = b""
    subvolumes: Sequence[str] = ()
    default: str = ""
    room: int = _ROOM
    inodes: int = _INODES
    is_read_only: bool = False
    superblocks: Mapping[int, bytes] = field(default_factory=dict)
    lvm: lvm.Volume = lvm.Volume("")
    members: Sequence[str] = ()
    missing: Sequence[str] = ()
    key: bytes | None = None
    inside: Storage | None = None

    def with_inside(self) -> list[Storage]:
        """This one, and what is in it, one in the other."""
        return [self, *(self.inside.with_inside() if self.inside else ())]

    @property
    def is_fat(self) -> bool:
        """Whether it tells no upper case from lower."""
        return self.tags.get("TYPE") in FAT


class StandIn(host_hivex.Hivex, Appliance):
    """partitions: by the index of the disk in disks and their number; 0 for the disk. volumes: by name (/dev/VG/LV).

    arrays: what is in each, and which of the partitions it is made of.

    answers: what guest programs print. ran: the command lines of the guest's programs that were run. limits: what keeps files from being written.
    """

    def __init__(
        self,
        disks: Sequence[Disk],
        partitions: Mapping[tuple[int, int], Storage],
        volumes: Mapping[str, Storage],
        arrays: Sequence[tuple[Storage, Sequence[tuple[int, int]]]] = (),
        answers: Sequence[Answer] = (),
    ) -> None:
        super().__init__(disks, read_only=False)
        self._devices = {label(index): f"/dev/appl{letters(index)}" for index in range(len(disks))}
        self._volumes = dict(volumes)
        self._partitions = {
            f"{self.device(index)}{number or ''}": storage for (index, number), storage in sorted(partitions.items())
        }
        # The appliance calls them by other names than the guest.
        self._arrays = {f"/dev/md{127 - number}": storage for number, (storage, _members) in enumerate(arrays)}
        self._members = {
            name: [f"{self.device(index)}{number or ''}" for index, number in members]
            for name, (_storage, members) in zip(self._arrays, arrays)
        }
        self._mapped: dict[str, Storage] = {}
        self._stopped: dict[str, Storage] = {}
        self._tree = Namespace()
        self._tmpfs: dict[str, tempfile.TemporaryDirectory[str]] = {}
        self.ran: list[list[str]] = []
        self._answers = answers
        self.limits = Limits()
        self.labels = Labels()
        for storage in (*self._partitions.values(), *self._volumes.values(), *self._arrays.values()):
            for each in storage.with_inside():
                if each.directory:
                    self.limits.add(each.directory, each.room, each.inodes)

    def partition(self, index: int, sector: bytes) -> None:
        """Have what fills a disk in its first partition, with this first sector of the disk."""
        disk = self.device(index)
        filling = self._partitions[disk]
        uuid = f"{int.from_bytes(sector[440:444], 'little'):08x}-01"
        tags = {**filling.tags, "PART_ENTRY_SCHEME": "dos", "PART_ENTRY_NUMBER": "1", "PART_ENTRY_UUID": uuid}
        self._partitions[f"{disk}1"] = replace(filling, tags=tags, first_sector=b"")
        self._partitions[disk] = Storage({"PTTYPE": "dos"}, first_sector=sector)

    def call(self, name: str, *arguments: Any, **options: Any) -> Any:
        """See Appliance.call()."""
        self.calls += 1
        action = getattr(self, f"_do_{name}", None)
        if action is None:
            raise NotImplementedError(f"the stand-in for the appliance has no {name}; write it in {__file__}")
        _check_texts(name, arguments)
        try:
            result = action(*arguments, **options)
        except OSError as error:
            raise CallFailed("appliance-call-failed", f"{name}: {error.filename or ''}: {error.strerror}") from error
        _check_texts(name, result if isinstance(result, list) else ())
        return result

    # Devices

    def _storage(self, device: str) -> Storage:
        devices = {**self._partitions, **self._arrays, **self._mapped}
        storage = devices.get(device) or self._active_volumes().get(device)
        if storage is None:
            raise OSError(errno.ENOENT, "no such device", device)
        return storage

    def _do_list_partitions(self) -> list[str]:
        return [device for device in self._partitions if device not in self._devices.values()]

    def _do_list_md_devices(self) -> list[str]:
        return list(self._arrays)

    def _active_volumes(self) -> dict[str, Storage]:
        """The logical volumes of which no member is in a device that is closed."""
        there = [each.tags.get("UUID", "") for each in self._partitions.values()]
        there += [each.tags.get("UUID", "") for each in (*self._arrays.values(), *self._mapped.values())]
        there += [each.tags.get("UUID", "") for each in self._volumes.values()]
        return {name: each for name, each in self._volumes.items() if set(each.members) <= set(there)}

    # Encrypted devices

    def _do_feature_available(self, features: list[str]) -> bool:
        return features == ["luks"]

    def _do_cryptsetup_open(self, device: str, key: str, name: str) -> None:
        self._unlock(device, key.encode(), name)

    def _unlock(self, device: str, key: bytes, name: str) -> None:
        storage = self._storage(device)
        if f"/dev/mapper/{name}" in self._mapped or storage.inside in self._mapped.values():
            raise CallFailed("appliance-call-failed", f"cryptsetup exited with status 5: Device {device} is in use.")
        if storage.inside is None or storage.key != key:
            raise CallFailed(
                "appliance-call-failed",
                "cryptsetup_open: cryptsetup exited with status 2: No key available with this passphrase.",
            )
        self._mapped[f"/dev/mapper/{name}"] = storage.inside

    def _do_cryptsetup_close(self, device: str) -> None:
        self._mapped.pop(device)

    def _do_lvm_scan(self, _activate: bool) -> None:
        pass

    def _do_vg_activate_all(self, _activate: bool) -> None:
        pass

    def _do_md_detail(self, array: str) -> dict[str, str]:
        uuid = self._storage(self._members[array][0]).tags["UUID"].replace("-", "")
        return {"level": "raid1", "uuid": md_superblock.with_colons(uuid)}

    def _do_md_stop(self, array: str) -> None:
        inside = self._arrays[array].inside
        if inside and inside in self._mapped.values():
            raise CallFailed("appliance-call-failed", f"mdadm: Cannot get exclusive access to {array}.")
        self._stopped[array] = self._arrays.pop(array)

    def _do_blockdev_getsize64(self, _device: str) -> int:
        return SIZE

    def _do_vg_activate(self, _activate: bool, groups: list[str]) -> None:
        raise CallFailed("appliance-call-failed", f"vgchange: {groups}: what is not active cannot be activated.")

    def _lvm(self, script: str) -> str | None:
        """What LVM prints for the engine; None for other scripts."""
        volumes = self._active_volumes().values()
        if script == lvm_report.VOLUMES:
            return lvm.volumes(each.lvm for each in volumes)
        if script == lvm_report.MEMBERS:
            groups = {each.lvm.group_uuid: [*each.members, *each.missing] for each in volumes}
            return lvm.members(groups, (uuid for each in volumes for uuid in each.missing))
        return "" if "/sys/block/md" in script else None

    def _do_blkid(self, device: str) -> dict[str, str]:
        return dict(self._storage(device).tags)

    def _do_pread_device(self, device: str, count: int, offset: int) -> bytes:
        storage = self._storage(device)
        # Of the rest nothing is known.
        return storage.superblocks.get(offset, storage.first_sector[offset : offset + count]).ljust(count, b"\0")

    def _do_btrfs_subvolume_list(self, device: str) -> list[dict[str, Any]]:
        storage = self._storage(device)
        if storage.tags.get("TYPE") != "btrfs":
            raise OSError(errno.EINVAL, "not a btrfs filesystem", device)
        if storage.directory is None:
            raise OSError(errno.EINVAL, "cannot be mounted", device)
        numbers = {path: number for number, path in enumerate(storage.subvolumes, _FIRST_SUBVOLUME)}

        def parent(path: str) -> int:
            above = [each for each in numbers if path.startswith(f"{each}/")]
            return numbers[max(above, key=len)] if above else _TOP

        # The path of what is below the subvolume that is mounted begins there.
        below = f"{storage.default}/" if storage.default else ""
        return [
            {
                "btrfssubvolume_id": number,
                "btrfssubvolume_top_level_id": parent(path),
                "btrfssubvolume_path": path[len(below) :] if path.startswith(below) else path,
            }
            for path, number in numbers.items()
        ]

    def _do_blockdev_getro(self, device: str) -> bool:
        return self._storage(device).is_read_only

    def _do_btrfs_subvolume_show(self, path: str) -> dict[str, str]:
        device = self._tree.find(path).mounted.device
        return {"Flags": "readonly" if self._storage(device).is_read_only else "-"}

    def _do_btrfs_subvolume_get_default(self, device: str) -> int:
        storage = self._storage(device)
        return _FIRST_SUBVOLUME + list(storage.subvolumes).index(storage.default) if storage.default else _TOP

    def _do_filesystem_available(self, kind: str) -> bool:
        return kind in _MOUNTABLE

    def _do_inspect_os(self) -> list[str]:
        return []

    # Mounts

    def _do_mount_options(self, options: str, device: str, mountpoint: str) -> None:
        words = options.split(",")
        place = f"mount exited with status 32: mount: /sysroot{mountpoint}:"
        directory = self._mounted_directory(device, words)
        if directory is None or not os.path.isdir(directory):
            raise CallFailed("appliance-call-failed", f"{place} wrong fs type, bad option, bad superblock on {device}.")
        if mountpoint != "/" and not self._is_dir(mountpoint):
            raise CallFailed("appliance-call-failed", f"{place} mount point does not exist.")
        is_writable = "ro" not in words and not self._storage(device).is_read_only
        self._tree.mount(mountpoint, Mounted(directory, self._storage(device).is_fat, is_writable, device))

    def _mounted_directory(self, device: str, options: Iterable[str]) -> str | None:
        """The directory with what a mount with these options shows; None where there is nothing to be mounted."""
        storage = self._storage(device)
        if storage.directory is None:
            return None
        path = storage.default
        for key, _equals, value in (option.partition("=") for option in options):
            if key == "subvol":
                path = value.strip("/")
            elif key == "subvolid":
                numbers = {str(number): path for number, path in enumerate(storage.subvolumes, _FIRST_SUBVOLUME)}
                path = {str(_TOP): "", "0": "", **numbers}.get(value, "\0")
        return os.path.join(storage.directory, path).rstrip("/") if "\0" not in path else None

    def _do_remount(self, mountpoint: str, rw: bool) -> None:
        mounted = self._tree.find(mountpoint).mounted
        if rw and mounted.device and self._storage(mounted.device).is_read_only:
            why = f"cannot remount {mounted.device} read-write, is write-protected."
            raise CallFailed("appliance-call-failed", f"remount: {mountpoint}: remount,rw: mount: /sysroot: {why}")
        self._tree.mount(mountpoint, Mounted(mounted.directory, mounted.is_fat, rw, mounted.device))

    def _do_mount_vfs(self, _options: str, kind: str, _device: str, mountpoint: str) -> None:
        if kind != "tmpfs":
            raise NotImplementedError(f"the stand-in for the appliance mounts no {kind}")
        memory = self._tmpfs[mountpoint] = tempfile.TemporaryDirectory()
        self._tree.mount(mountpoint, Mounted(memory.name))
        self.limits.add(memory.name, _ROOM, _INODES)

    def _do_umount(self, path: str) -> None:
        self._tree.unmount(path)
        if path in self._tmpfs:
            self._tmpfs.pop(path).cleanup()

    def _do_umount_all(self) -> None:
        self._tree.unmount_all()
        while self._tmpfs:
            self._tmpfs.popitem()[1].cleanup()

    def _do_shutdown(self) -> None:
        self._do_umount_all()
        self._mapped.clear()
        self._arrays.update(self._stopped)
        self._stopped.clear()

    def _do_statvfs(self, path: str) -> dict[str, int]:
        room, inodes = self.limits.left(self._local(path))
        return {"bavail": room, "frsize": 1, "files": _INODES, "favail": inodes}

    # Files: reading

    def _local(self, path: str, follow: bool = True) -> str:
        return self._tree.find(path, follow).local

    def _is_dir(self, path: str) -> bool:
        try:
            return os.path.isdir(self._local(path))
        except OSError:
            return False

    def _do_exists(self, path: str) -> bool:
        try:
            return os.path.lexists(self._local(path, follow=False))
        except OSError:
            return False

    def _do_is_symlink(self, path: str) -> bool:
        return self._do_exists(path) and os.path.islink(self._local(path, follow=False))

    def _do_readlink(self, path: str) -> str:
        return os.readlink(self._local(path, follow=False))

    def _do_statns(self, path: str) -> dict[str, int]:
        found = os.stat(self._local(path))
        return {"st_mode": found.st_mode, "st_size": found.st_size}

    def _do_filesize(self, path: str) -> int:
        return os.stat(self._local(path)).st_size

    def _do_realpath(self, path: str) -> str:
        place = self._tree.find(path)
        os.stat(place.local)
        return place.path

    def _do_case_sensitive_path(self, path: str) -> str:
        parts = [part for part in path.split("/") if part]
        spelled = ""
        for number, part in enumerate(parts, 1):
            names = self._do_ls(spelled or "/")
            found = part if part in names else next((each for each in names if each.casefold() == part.casefold()), "")
            if not found and number < len(parts):
                raise CallFailed("appliance-call-failed", f"case_sensitive_path: {part}: not found")
            spelled += f"/{found or part}"
        return spelled or "/"

    def read_hive(self, path: str) -> bytes:
        """The content of a hive's file."""
        return Path(self._local(path)).read_bytes()

    def write_hive(self, path: str, content: bytes) -> None:
        """Write a hive's file."""
        self._do_write(path, content)

    def _do_ls(self, directory: str) -> list[str]:
        return sorted(os.listdir(self._local(directory)))

    def _do_ls0(self, directory: str, destination: str) -> None:
        with open(destination, "wb") as names:
            names.write(b"".join(os.fsencode(name) + b"\0" for name in sorted(os.listdir(self._local(directory)))))

    def _do_glob_expand(self, pattern: str, directoryslash: bool = True) -> list[str]:
        found = dict.fromkeys(path for each in _braces_expanded(pattern) for path in self._matching(each))
        return [path + "/" * (directoryslash and self._is_dir(path)) for path in found]

    def _matching(self, pattern: str) -> list[str]:
        found = [""]
        for part in filter(None, pattern.split("/")):
            found = [f"{above}/{name}" for above in found for name in self._names(above, part)]
        return found

    def _names(self, directory: str, pattern: str) -> list[str]:
        """The names in a directory that match glob(7)'s pattern, of which the stand-in knows no backslashes."""
        if not re.search(r"[*?\[]", pattern):
            return [pattern] if self._do_exists(f"{directory}/{pattern}") else []
        names = self._do_ls(directory or "/") if self._is_dir(directory or "/") else []
        return [each for each in names if fnmatch.fnmatchcase(each, pattern) and (each[0] != "." or pattern[0] == ".")]

    def _do_pread(self, path: str, count: int, offset: int) -> bytes:
        if count >= _MESSAGE:
            raise CallFailed("appliance-call-failed", f"pread: {path}: count is too large for the protocol")
        with open(self._local(path), "rb") as file:
            file.seek(offset)
            return file.read(count)

    def _do_equal(self, path: str, other: str) -> bool:
        return filecmp.cmp(self._local(path), self._local(other), shallow=False)

    def _do_lgetxattrs(self, path: str) -> list[dict[str, Any]]:
        local = self._local(path, follow=False)
        os.lstat(local)
        label = self.labels.of(local)
        return [{"attrname": labels.NAME, "attrval": f"{label}\0".encode()}] if label else []

    # Files: writing

    def _writable(self, path: str, follow: bool = True) -> Place:
        place = self._tree.find(path, follow)
        if not place.mounted.is_writable:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return place

    def _do_write(self, path: str, content: bytes) -> None:
        local = self._writable(path).local
        self.limits.write(local, len(content))
        with open(local, "wb") as file:
            file.write(content)

    def _do_write_append(self, path: str, content: bytes) -> None:
        local = self._writable(path).local
        self.limits.write(local, len(content), appends=True)
        with open(local, "ab") as file:
            file.write(content)

    def _do_chmod(self, mode: int, path: str) -> None:
        place = self._writable(path)
        if not place.mounted.is_fat:
            os.chmod(place.local, stat.S_IMODE(mode))

    def _do_cp(self, source: str, destination: str) -> None:
        local = self._writable(destination).local
        self.limits.write(local, os.path.getsize(self._local(source)))
        shutil.copy(self._local(source), local)

    def _do_mv(self, source: str, destination: str) -> None:
        before, after = (self._writable(path, follow=False).local for path in (source, destination))
        self.limits.enter(before, leaves=True)
        self.limits.enter(after, leaves=os.path.lexists(after))
        os.replace(before, after)
        self.labels.move(before, after)

    def _do_rm(self, path: str) -> None:
        local = self._writable(path, follow=False).local
        self.limits.enter(local, leaves=True)
        os.unlink(local)
        self.labels.forget(local)

    def _do_rm_rf(self, path: str) -> None:
        local = self._writable(path, follow=False).local
        self.limits.enter(local, leaves=True)
        if os.path.isdir(local) and not os.path.islink(local):
            shutil.rmtree(local)
        elif os.path.lexists(local):
            os.unlink(local)

    def _do_ln_s(self, target: str, path: str) -> None:
        local = self._writable(path, follow=False).local
        self.limits.write(local, 0)
        os.symlink(target, local)

    def _do_mkdir_p(self, path: str) -> None:
        for directory in itertools.accumulate(filter(None, path.split("/")), "{}/{}".format, initial=""):
            if directory and not self._is_dir(directory):
                local = self._writable(directory).local
                self.limits.write(local, 0)
                os.mkdir(local)

    def _do_truncate_size(self, path: str, size: int) -> None:
        os.truncate(self._writable(path).local, size)

    def _do_get_e2attrs(self, path: str) -> str:
        return self.limits.attributes.get(self._local(path, follow=False), "")

    def _do_set_e2attrs(self, path: str, attributes: str, clear: bool = False) -> None:
        local = self._writable(path, follow=False).local
        there = set(self.limits.attributes.get(local, ""))
        self.limits.attributes[local] = "".join(there - set(attributes) if clear else there | set(attributes))

    def _do_lsetxattr(self, name: str, value: str, length: int, path: str) -> None:
        assert (name, length) == (labels.NAME, len(value) + 1)
        place = self._writable(path, follow=False)
        if place.mounted.is_fat:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), path)
        self.labels.put(place.local, value)

    # Programs

    def _do_debug(self, subcommand: str, arguments: list[str]) -> str:
        """A script for the appliance's shell runs in this machine's, and sees the guest's root filesystem alone."""
        assert subcommand == "sh"
        if arguments[0] == labels.SCRIPT:
            return "".join(f".{path}\n" for path in self.labels.replaced if self._do_exists(path))
        printed = self._lvm(*arguments)
        if printed is not None:
            return printed
        if arguments[0].startswith("{ dmsetup rename "):
            return ""
        if arguments[0].startswith("cryptsetup open "):
            return self._opened_by_script(shlex.split(arguments[0].partition(" 2>&1")[0]))
        # The guest's own commands are none of it: they would be chrooted.
        environment = {**os.environ, "root": self._local("/")}
        ran = subprocess.run(["/bin/sh", "-c", *arguments], env=environment, stdout=subprocess.PIPE, check=True)
        return ran.stdout.decode()

    def _opened_by_script(self, words: list[str]) -> str:
        """What cryptsetup does and prints, called so: the key is in a file of the guest's tree."""
        key_file, device, name = words[words.index("--key-file") + 1], *words[-2:]
        key = self._do_pread(key_file.removeprefix("$root"), 1 << 20, 0)
        try:
            self._unlock(device, key, name)
        except CallFailed:
            return "No key available with this passphrase.\nstatus 2\n"
        return "status 0\n"

    def _do_command(self, arguments: list[str]) -> str:
        self._tree.find("/")
        if arguments[0] == "/usr/bin/timeout":
            # Its own options, and how long the program may take.
            arguments = arguments[4:]
        if arguments[0] in self.labels.lacking:
            raise CallFailed("appliance-call-failed", f"command: {arguments[0]}: No such file or directory")
        self.ran.append(list(arguments))
        if arguments[0].endswith("-mkimage"):
            # Of GRUB: the one program of which something is read that it wrote.
            self._do_write(arguments[arguments.index("-o") + 1], sectors.CORE)
        if arguments[0] == "matchpathcon":
            return self._matchpathcon(arguments[3:])
        for path in self.labels.run(arguments[0]):
            # As a program does that takes care: a new file is renamed to the old one.
            content = self._do_pread(path, _MOST_READ, 0) if self._do_exists(path) else b""
            self._do_write(f"{path}.new", content)
            self._do_mv(f"{path}.new", path)
        line = " ".join(arguments)
        answer = next((each for each in self._answers if line.startswith(each.beginning)), None)
        if answer and answer.fails:
            raise CallFailed("appliance-call-failed", answer.text)
        return answer.text if answer else ""

    def _matchpathcon(self, paths: Sequence[str]) -> str:
        text = self._do_pread("/etc/selinux/targeted/contexts/files/file_contexts", _MOST_READ, 0).decode()
        modes = {path: os.lstat(self._local(path, follow=False)).st_mode for path in paths}
        return "".join(f"{context(text, path, mode)}\n" for path, mode in modes.items())


def _check_texts(name: str, texts: Iterable[Any]) -> None:
    """Refuse what the binding cannot pass: text that is not UTF-8, or has a NUL."""
    for text in texts:
        try:
            fits = not isinstance(text, str) or b"\0" not in text.encode()
        except UnicodeEncodeError:
            fits = False
        if not fits:
            raise TextNotUtf8("guest-text-not-utf-8", f"{name}: the guest has a name or text there that is not UTF-8.")


def _braces_expanded(pattern: str) -> Iterator[str]:
    """The patterns of which one with braces, as glob(3) knows them with GLOB_BRACE, is made."""
    found = re.search(r"\{([^{}]*)\}", pattern)
    if not found:
        yield pattern
        return
    for word in found[1].split(","):
        yield from _braces_expanded(pattern[: found.start()] + word + pattern[found.end() :])
