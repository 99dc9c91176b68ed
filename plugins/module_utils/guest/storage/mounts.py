# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest mounts, by its fstab. Pure; mounter.py does it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...texts import fstab
from ...texts.fstab import Entry
from .. import device_names
from .graph import EFI_SYSTEM_PARTITION, EXTENDED_BOOT_LOADER_PARTITION, SELECTING, TOP, Graph
from .layers.filesystem import Filesystem
from .layers.subvolume import Subvolume

# What conversion reads and writes; without most of them the guest does not start either.
NEEDED = ("/", "/boot", "/boot/efi", "/usr", "/var", "/etc")

# Where systemd mounts the partitions that boot loaders read, without a line in fstab: in the first of these directories
# that is there and empty (systemd-gpt-auto-generator(8)). The last is where others have it.
_AUTOMATIC = (
    (EXTENDED_BOOT_LOADER_PARTITION, ("/boot",)),
    (EFI_SYSTEM_PARTITION, ("/efi", "/boot", "/boot/efi")),
)
AUTOMATIC_PATHS = ("/efi", "/boot", "/boot/efi")

_TAGS = ("UUID", "LABEL", "PARTUUID", "PARTLABEL")
_SWAP = ("swap", "swsuspend")

# Lines whose first field is no disk, whatever stands there: /dev/pts may be bound into a chroot.
_BINDS = frozenset(("bind", "rbind", "move"))
_WITHOUT_DEVICE = frozenset(("tmpfs", "ramfs", "devtmpfs", "devpts", "proc", "sysfs", "overlay", "mqueue", "hugetlbfs"))


@dataclass(frozen=True)
class Mount:
    """Something to be mounted at path. options: those that select a subvolume, as mount(8) takes them.

    node: what is shown there; without options that select one, a btrfs shows its default subvolume.
    entry: the line of fstab; None for the root, and for what systemd mounts by itself.
    """

    path: str
    node: Filesystem | Subvolume
    options: str = ""
    entry: Entry | None = None

    @property
    def filesystem(self) -> Filesystem:
        """The filesystem, of which a subvolume may be mounted."""
        return self.node.filesystem if isinstance(self.node, Subvolume) else self.node

    @property
    def is_needed(self) -> bool:
        """Whether there is no conversion without it."""
        return self.path in NEEDED and (self.entry is not None or self.path == "/")

    @property
    def is_written_to(self) -> bool:
        """Whether conversion changes files there, other than by the scripts of packages that it removes.

        /usr may be an image, or a volume as large as what is in it.
        """
        return self.is_needed and self.path != "/usr"

    @property
    def is_tried(self) -> bool:
        """Whether it is mounted: what init does not mount is left alone, unless it is needed."""
        partition = self.filesystem.partition
        # Whether anything boots with UEFI is looked up there, be it mounted on demand only (noauto,x-systemd.automount).
        is_system = partition is not None and partition.type in EFI_SYSTEM_PARTITION
        return self.is_needed or is_system or self.entry is None or self.entry.is_tried


@dataclass(frozen=True)
class NotMounted:
    """A mount that failed, and why."""

    mount: Mount
    reason: str


@dataclass(frozen=True)
class MountPlan:
    """What a root mounts, itself first, and the lines of its fstab that the guest waits for in vain.

    claimed: what on the root's own filesystem its fstab calls the root; None where it does not say. A snapshot of a
    system calls what it was taken of so.
    """

    mounts: tuple[Mount, ...] = ()
    missing: tuple[Entry, ...] = ()
    claimed: Filesystem | Subvolume | None = None

    @property
    def root(self) -> Mount:
        """The root itself."""
        return self.mounts[0]

    @property
    def boot(self) -> Mount:
        """What has /boot."""
        return next((mount for mount in self.mounts if mount.path == "/boot"), self.root)

    @property
    def mountpoints(self) -> dict[str, str]:
        """The guest's names of the filesystems, by mountpoint. Those that cannot be mounted are among them."""
        return {mount.path: mount.filesystem.name for mount in self.mounts}

    def only(self, *paths: str) -> list[Mount]:
        """Those of the mounts that are at these paths."""
        return [mount for mount in self.mounts if mount.path in paths]


def planned(
    entries: Iterable[Entry], storage: Graph, root: Mount, empty_directories: Collection[str] = ()
) -> MountPlan:
    """What a system mounts whose root is so mounted, and that has these entries in its fstab.

    empty_directories: those of AUTOMATIC_PATHS that are empty directories on root.
    """
    entries = [entry for entry in entries if entry.is_mount]
    links = {entry.spec for entry in entries if device_names.is_of_hardware(entry.spec)}
    of_root = {entry.spec for entry in entries if entry.path == "/"}
    if len(of_root) == 1:
        storage.learn(of_root.pop(), root.filesystem)
    for entry in entries:
        if fstab.ON_NETWORK in entry.options:
            storage.learn_foreign(entry.spec)
    mounts = {"/": root}
    missing = []
    claimed = None
    for entry in entries:
        found = storage.filesystems_called(entry.spec, links)
        if entry.path == "/":
            claimed = _claimed(entry, found, storage, root)
        elif found:
            mount = _mount(entry, found, storage, root)
            # Without a subvolume the root would be mounted over itself.
            if mount.filesystem.type not in _SWAP and (mount.options or mount.node != root.node):
                mounts[entry.path] = mount
        elif entry.is_waited_for and names_device(entry):
            missing.append(entry)
    for mount in _automatic(storage, root.filesystem, list(mounts.values()), empty_directories):
        mounts[mount.path] = mount
    return MountPlan(tuple(mounts.values()), tuple(missing), claimed)


def _claimed(entry: Entry, found: Sequence[Filesystem], storage: Graph, root: Mount) -> Filesystem | Subvolume | None:
    """What entry, the line of the root, is about; None where that is on another filesystem, or is not there.

    init remounts what the kernel has mounted as the root, whatever the line selects. So where it selects nothing, it is
    about any.
    """
    options = _selecting(entry)
    if root.filesystem not in found:
        return None
    if not options and root.options:
        return None
    node = storage.mountable(root.filesystem, options)
    is_lost = options and isinstance(node, Filesystem) and not any(TOP.fullmatch(each) for each in options)
    return None if is_lost else node


def _selecting(entry: Entry) -> list[str]:
    # The other options say how it is mounted, which does not matter here.
    return [option for option in entry.options if option.startswith(SELECTING)]


def _automatic(
    storage: Graph, root: Filesystem, mounts: Sequence[Mount], empty_directories: Collection[str]
) -> Iterator[Mount]:
    """What systemd mounts by itself: the partitions that boot loaders read, where no line of fstab mounts one."""
    disks = storage.disks_of(root)
    free = [path for path in empty_directories if all(mount.path != path for mount in mounts)]
    for types, paths in _AUTOMATIC:
        found = [each for each in storage.filesystems if each.partition and each.partition.type in types and each.type]
        path = next((each for each in paths if each in free), None)
        if not found or path is None or any(mount.filesystem in found for mount in mounts):
            continue
        free.remove(path)
        # It takes that on the root's own disk alone. Another one is what boots the guest where it is the only one.
        own = [each for each in found if not disks.isdisjoint(storage.disks_of(each))]
        if own or len(found) == 1:
            yield Mount(path, (own or found)[0])


def _mount(entry: Entry, found: Sequence[Filesystem], storage: Graph, root: Mount) -> Mount:
    # Of clones the one on a disk of the root's: it is what the guest was seen with.
    disks = storage.disks_of(root.filesystem)
    filesystem = min(found, key=lambda each: disks.isdisjoint(storage.disks_of(each)))
    options = _selecting(entry)
    return Mount(entry.path, storage.mountable(filesystem, options), ",".join(options), entry)


def names_device(entry: Entry) -> bool:
    """Whether a line of fstab is about a disk of the guest's own, be it one of those that were given or not.

    Names that the hardware gave are judged where they are renamed (aspects/storage/references.py).
    """
    is_without = entry.type in _WITHOUT_DEVICE or is_bound(entry)
    return is_device(entry.spec) and not is_without and not device_names.is_of_hardware(entry.spec)


def is_bound(entry: Entry) -> bool:
    """Whether a line of fstab has a directory at another place, too."""
    return entry.is_mount and not _BINDS.isdisjoint(entry.options)


def is_device(spec: str) -> bool:
    """Whether spec, as in fstab(5), is the path or the tag of a device."""
    return spec.startswith("/dev/") or is_tag(spec)


def is_tag(spec: str) -> bool:
    """Whether spec, as in fstab(5), is the tag of a device: "UUID=..."."""
    tag, equals, _value = spec.partition("=")
    return bool(equals) and tag in _TAGS
