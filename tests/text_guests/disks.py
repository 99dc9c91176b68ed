# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disks of a case: a directory of this machine for each filesystem, and the appliance over them."""

from __future__ import annotations

import dataclasses
import errno
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import Disk
from tests.text_guests import arrays, labels, luks, lvm, sectors
from tests.text_guests.appliance import FAT, SIZE, StandIn, Storage
from tests.text_guests.contents import Directory, Fifo, Link
from tests.text_guests.model import Case, CaseError, Volume
from tests.text_guests.namespace import Mounted, Namespace, Place

_SIZE = 10 << 30
_MOST_LINKS = 40
_EXT = ("ext2", "ext3", "ext4")


class Disks:
    """What is on the disks, while a conversion changes it.

    images: as a module opens them. appliance: the stand-in over them. before: {device: {path: content}} at the beginning.
    """

    def __init__(self, case: Case, top: Path) -> None:
        self._storages: dict[str, Storage] = {}
        # What is in an encrypted device stands after it in the case.
        for volume in reversed(case.volumes):
            self._storages[volume.device] = _with_inside(_storage(case, volume, top), case, volume, self._storages)
        self._storages = {volume.device: self._storages[volume.device] for volume in case.volumes}
        made = [volume for volume in case.volumes if volume.is_array]
        for array in made:
            self._add_superblocks(case, array)
        names = list(dict.fromkeys(volume.disk for volume in case.volumes if volume.disk))
        self.images = [Disk(f"/images/{name}.raw", "raw", name, _SIZE) for name in names]
        partitions: dict[tuple[int, int], Storage] = {}
        for index, name in enumerate(names):
            volumes = [volume for volume in case.volumes if volume.disk == name]
            # The loader that the case names is the one of the first disk.
            others = "blank" if case.boot_code == "blank" else "empty"
            sector = _sector(case.boot_code if index == 0 else others, volumes)
            image = sectors.core_image(case.core) if case.core and index == 0 else {}
            partitions[index, 0] = Storage(
                {}, first_sector=sectors.started(sector) if image else sector, superblocks=image
            )
            for volume in volumes:
                storage = self._storages[volume.device]
                partitions[index, volume.number] = (
                    storage if volume.number or storage.inside else dataclasses.replace(storage, first_sector=sector)
                )
        started = [
            (self._storages[array.device], [_place(case, name, names) for name in array.option("members")])
            for array in made
            if array.is_started
        ]
        self.appliance = StandIn(self.images, partitions, self._volumes(case), started, case.answers)
        for volume in case.volumes:
            for path, flags in volume.attributes.items():
                self.appliance.limits.attributes[self._local(path, volume.device)] = flags
            if volume.labelled_at:
                self._label(volume)
        self.appliance.labels.lacking += case.lacking
        for program, path in case.written:
            self.appliance.labels.note(program, path)
        self.before = {device: dict(self._files(device)) for device in self._storages}

    def _volumes(self, case: Case) -> dict[str, Storage]:
        return {volume.device: self._storages[volume.device] for volume in case.volumes if volume.is_volume}

    def _add_superblocks(self, case: Case, volume: Volume) -> None:
        """Make the devices that an array is made of its members."""
        array, roles = volume.array
        for name, role in zip(volume.option("members"), roles):
            before = self._storages[f"/dev/{name}"]
            tags = {**before.tags, **arrays.blkid(array)}
            events = 3 if role in volume.outdated else 10
            data = arrays.superblock(array, role, events, "rebuilding" in volume.options and role == roles[-1])
            place = arrays.place(array.metadata, SIZE)
            self._storages[f"/dev/{name}"] = dataclasses.replace(before, tags=tags, superblocks={place: data})

    def _files(self, device: str) -> Iterator[tuple[str, bytes]]:
        directory = self._storages[device].directory
        for above, _directories, names in os.walk(directory) if directory else ():
            for local in (os.path.join(above, name) for name in names):
                if not os.path.islink(local) and os.path.isfile(local):
                    yield local[len(directory or "") :], Path(local).read_bytes()

    def write(self, path: str, content: bytes, device: str) -> None:
        """Write a file that is there, before the conversion."""
        Path(self._local(path, device)).write_bytes(content)
        self.before[device][path] = content

    def read(self, path: str, device: str = "") -> bytes | None:
        """The content of a file now; None when there is none.

        path: from the top of its filesystem. device: that of the filesystem; by default of the first that has the path.
        """
        for name, storage in self._storages.items():
            if storage.directory and device in ("", name):
                try:
                    place = Namespace(Mounted(storage.directory, storage.is_fat)).find(path)
                    return Path(place.local).read_bytes()
                except OSError as error:
                    if error.errno == errno.EISDIR:
                        raise
        return None

    def attributes(self, path: str, device: str = "") -> str:
        """The attributes of chattr(1) that a file has now. path, device: as of read(), and the file is there."""
        there = self.appliance.limits.attributes
        names = [device] if device else [name for name, storage in self._storages.items() if storage.directory]
        return "".join(there.get(self._local(path, name), "") for name in names)

    def _label(self, volume: Volume) -> None:
        """Give all that is on a volume the label that the guest's policy says, as setfiles(8) does."""
        top = str(self._storages[volume.device].directory)
        policies = (self.read("/etc/selinux/targeted/contexts/files/file_contexts", name) for name in self._storages)
        policy = next(filter(None, policies), b"").decode()
        for above, directories, names in os.walk(top):
            for local in (above, *(os.path.join(above, name) for name in (*directories, *names))):
                path = posixpath.normpath(posixpath.join(volume.labelled_at, os.path.relpath(local, top)))
                self.appliance.labels.put(local, labels.context(policy, path, os.lstat(local).st_mode))

    def label(self, path: str, device: str = "") -> str:
        """The SELinux label of a file; "" when it has none, or is not there. path, device: as of read()."""
        names = [device] if device else [name for name, storage in self._storages.items() if storage.directory]
        found = ""
        for name in names:
            with suppress(OSError):
                found = found or self.appliance.labels.of(self._local(path, name)) or ""
        return found

    def _local(self, path: str, device: str) -> str:
        storage = self._storages[device]
        return Namespace(Mounted(str(storage.directory), storage.is_fat)).find(path, follow=False).local

    def read_before(self, path: str, device: str = "") -> bytes | None:
        """What read() returned at the beginning, for a path without symbolic links."""
        contents = (files[path] for name, files in self.before.items() if device in ("", name) and path in files)
        return next(contents, None)


def _storage(case: Case, volume: Volume, top: Path) -> Storage:
    is_fat = volume.tags.get("TYPE") in FAT
    members = [
        each.tags.get("UUID", "")
        for each in case.volumes
        if each.tags.get("TYPE") == "LVM2_member" and each.options.get("vg") in (None, _group(volume))
    ]
    sector = sectors.of_partition(sectors.OF_PARTITION[volume.boot_code or ("fat" if is_fat else "empty")])
    if volume.tags.get("TYPE") in _EXT:
        journal = int(volume.options.get("journal", "0"), 16)
        sector = sectors.with_superblock(sector, "errors" in volume.options, "readonly" in volume.options, journal)
    storage = Storage(
        {**volume.tags, **_entry_tags(case, volume)},
        str(top / volume.device.strip("/").replace("/", "_")) if volume.files else None,
        sector,
        volume.option("subvolumes"),
        volume.options.get("default", ""),
        int(volume.options.get("room", Storage.room)),
        int(volume.options.get("inodes", Storage.inodes)),
        "readonly" in volume.options,
        lvm=_lvm(volume),
        members=members if volume.is_volume else (),
        missing=volume.option("missing") if volume.is_volume else (),
    )
    if storage.directory:
        _fill(case, volume, Mounted(storage.directory, storage.is_fat))
    return storage


def _with_inside(storage: Storage, case: Case, volume: Volume, storages: Mapping[str, Storage]) -> Storage:
    """An encrypted device with its header, and what is in it; any other as it is."""
    inside = next((storages[each.device] for each in case.volumes if each.locked is volume), None)
    if volume.tags.get("TYPE") != "crypto_LUKS":
        return storage
    header = luks.header(volume.tags.get("UUID", ""), volume.options)
    key = luks.key(volume.options.get("key", ""))
    return dataclasses.replace(storage, first_sector=header, key=key, inside=inside)


def _has_gpt(volumes: Iterable[Volume]) -> bool:
    """Whether these partitions of a disk are of types that only a GPT knows."""
    return any("-" in volume.tags.get("PART_ENTRY_TYPE", "") for volume in volumes)


def _sector(code: str, volumes: Sequence[Volume]) -> bytes:
    """The first sector of a disk with these partitions. code: the name of its boot code."""
    entries = [
        sectors.Entry(
            volume.number,
            volume.tags.get("PART_ENTRY_TYPE") or volume.tags.get("TYPE", ""),
            volume.is_active,
        )
        for volume in volumes
        if volume.number
    ]
    return sectors.of_disk(sectors.OF_DISK[code], entries, _has_gpt(volumes))


def _entry_tags(case: Case, volume: Volume) -> dict[str, str]:
    """What blkid prints of the partition's entry in its table, but what the case says."""
    if not volume.number:
        return {}
    is_gpt = _has_gpt(each for each in case.volumes if each.disk == volume.disk)
    tags = {"PART_ENTRY_SCHEME": "gpt" if is_gpt else "dos", "PART_ENTRY_NUMBER": str(volume.number)}
    if volume.is_active:
        # In a GPT: "legacy BIOS bootable" (UEFI specification, 5.3.3).
        tags["PART_ENTRY_FLAGS"] = "0x4" if is_gpt else "0x80"
    return tags


def _group(volume: Volume) -> str:
    return volume.device.split("/")[2] if volume.is_volume else ""


def _lvm(volume: Volume) -> lvm.Volume:
    """What LVM knows of a logical volume; nothing for other volumes."""
    if not volume.is_volume:
        return lvm.Volume("")
    options = volume.options
    is_off = any(option in options for option in ("inactive", "skipped", "missing"))
    return lvm.Volume(
        volume.device,
        options.get("lvuuid", volume.device),
        not is_off,
        "skipped" in options,
        options.get("snapshot", ""),
        "missing" in options,
        options.get("vguuid", _group(volume)),
    )


def _place(case: Case, name: str, names: Sequence[str]) -> tuple[int, int]:
    """The index of the disk, and the number of the partition, of a member of an array."""
    volume = next(each for each in case.volumes if each.device == f"/dev/{name}")
    return names.index(volume.disk), volume.number


def _fill(case: Case, volume: Volume, mounted: Mounted) -> None:
    os.makedirs(mounted.directory)
    tree = Namespace(mounted)
    for path in volume.option("subvolumes"):
        _local(tree, f"/{path}/x")
    for path, placed in volume.files.items():
        try:
            place = _local(tree, path)
            if isinstance(placed.content, Directory):
                _make_directory(tree, path)
            elif isinstance(placed.content, Fifo):
                os.mkfifo(place.local)
            elif isinstance(placed.content, Link):
                if os.path.islink(place.local):
                    os.unlink(place.local)
                os.symlink(placed.content.target, place.local)
            else:
                # Through a symbolic link, as a guest writes.
                Path(tree.find(path).local).write_bytes(placed.content)
        except OSError as error:
            raise CaseError(f"{case.name}:{placed.line}: {path} cannot be made: {error.strerror}.") from error


def _local(tree: Namespace, path: str) -> Place:
    """Where path is to be, with all directories above, be they those that symbolic links lead to."""
    _make_directory(tree, posixpath.dirname(path))
    return tree.find(path, follow=False)


def _make_directory(tree: Namespace, path: str, links: int = 0) -> None:
    if path == "/":
        return
    _make_directory(tree, posixpath.dirname(path), links)
    place = tree.find(path, follow=False)
    if os.path.islink(place.local) and links < _MOST_LINKS:
        target = posixpath.join(posixpath.dirname(place.path), os.readlink(place.local))
        _make_directory(tree, posixpath.normpath(target), links + 1)
    elif not os.path.isdir(place.local):
        os.mkdir(place.local)
