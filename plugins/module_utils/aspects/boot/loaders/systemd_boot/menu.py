# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd-boot offers: the entries of the Boot Loader Specification, and the unified kernel images.

Source: systemd's src/boot/boot.c.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .....guest import boot_menu
from .....guest.root import GuestRoot
from .....texts import kernel_arguments
from ... import unified
from ...bls import EntryFile, Place, Reader, as_systemd_boot, parse
from ...unified import Image
from .. import places

# The machine in the words of UEFI, as `architecture` has it.
_MACHINES = {"x86_64": "x64", "i686": "ia32", "aarch64": "aa64", "riscv64": "riscv64"}

ENTRIES = "loader/entries"
_IMAGES = "EFI/Linux"
_INITRD = "initrd="
# What has arguments that are added to those of all images.
_ADDONS = "loader/addons"


@dataclass(frozen=True)
class Offered:
    """An entry of systemd-boot's menu. id, place: what it is called, and sorted by.

    entry: None where it boots no Linux. starts: what it starts, for a message. path: of the file that says it.
    """

    id: str
    place: Place
    entry: boot_menu.Entry | None
    starts: str
    path: str


def offered(root: GuestRoot, tops: Sequence[str]) -> list[Offered]:
    """The entries in the order of the menu. tops: where the partitions are mounted that systemd-boot reads."""
    found: list[Offered] = []
    for top in tops:
        found += filter(None, (_of_file(root, top, file) for file in entry_files(root, top)))
        found += _of_images(root, top)
    return as_systemd_boot(found, lambda each: each.place)


def entry_files(root: GuestRoot, top: str) -> list[EntryFile]:
    """The entries' files on the partition that is mounted at top."""
    directory = posixpath.join(top, ENTRIES)
    texts = {name: root.read(f"{directory}/{name}") for name in root.list(directory) if _is_read(name, ".conf")}
    return [parse(text, name, Reader.SYSTEMD_BOOT) for name, text in texts.items() if text is not None]


def _is_read(name: str, suffix: str) -> bool:
    return name.lower().endswith(suffix) and not name.startswith(".") and not name.lower().startswith("auto-")


def path_of(top: str, name: str) -> str:
    """The path in the root of a file that an entry on the partition mounted at top names."""
    return places.below(top, name.replace("\\", "/"))


def initrds_of(file: EntryFile) -> list[str]:
    """The paths of an entry's initrds, as the file has them: by its key, or by the arguments that the kernel's own stub has.

    The stub goes by its arguments where the boot loader gives it none (drivers/firmware/efi/libstub/file.c).
    """
    named = file.initrds
    if named:
        return named
    arguments = kernel_arguments.split(file.options or "")
    return [each[len(_INITRD) :] for each in arguments if each.startswith(_INITRD)]


def _of_file(root: GuestRoot, top: str, file: EntryFile) -> Offered | None:
    """What a file offers: None where systemd-boot does not show it, as its kernel is not there or for other machines."""
    machine = _MACHINES.get(str(root.info.get("arch")))
    architecture = file.value("architecture")
    if file.program is None or (architecture and machine and architecture.lower() != machine):
        return None
    kind, name = file.program
    path = path_of(top, name)
    if not root.is_file(path):
        return None
    place = Place(file.name, file.value("sort-key"), file.value("machine-id"), file.value("version"))
    entry = _entry(root, top, file, kind, path)
    return Offered(file.id, place, entry, f"{kind} {name}", posixpath.join(top, ENTRIES, file.name))


def _entry(root: GuestRoot, top: str, file: EntryFile, kind: str, path: str) -> boot_menu.Entry | None:
    images = unified.read(root, path)
    if images:
        image = next((each for each in images if str(each.profile) == file.value("profile")), images[0])
        title = file.value("title") or ""
        if file.options is not None:
            # systemd-stub takes them in the place of its own, unless it has some and Secure Boot is on.
            return image.entry(file.options, title, is_fixed=False)
        return image.entry(_arguments(root, top, image), title)
    if kind != "linux" or not places.is_linux(root, path):
        return None
    initrds = tuple(path_of(top, each) for each in initrds_of(file))
    # kernel-install has TOKEN/VERSION/linux.
    version = file.value("version") or posixpath.basename(posixpath.dirname(path)) or None
    return boot_menu.Entry(path, initrds, file.options or "", file.value("title") or file.name, version)


def _of_images(root: GuestRoot, top: str) -> Iterator[Offered]:
    directory = posixpath.join(top, _IMAGES)
    for name in root.list(directory):
        path = f"{directory}/{name}"
        if not _is_read(name, ".efi"):
            continue
        for image in unified.read(root, path):
            # Without a name, a version or an id it shows none.
            if image.title:
                yield _of_image(root, top, image, name)


def _of_image(root: GuestRoot, top: str, image: Image, name: str) -> Offered:
    release = image.release
    identifier = f"{name}@{image.profile_id or image.profile}" if image.profile else name
    # bootspec_pick_name_version_sort_key() of systemd.
    version = _first(release, "IMAGE_VERSION", "VERSION", "VERSION_ID", "BUILD_ID")
    place = Place(name, _first(release, "IMAGE_ID", "ID"), None, version, image.profile)
    entry = image.entry(_arguments(root, top, image))
    return Offered(identifier.lower(), place, entry, f"the unified kernel image {name}", image.path)


def _first(release: Mapping[str, str], *keys: str) -> str | None:
    return next((release[key] for key in keys if release.get(key)), None)


def _arguments(root: GuestRoot, top: str, image: Image) -> str:
    return unified.with_addons(root, image, [posixpath.join(top, _ADDONS)])
