# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's units: what they mount and wait for (systemd.mount(5), systemd.unit(5)).

Those of packages and images count where they mount a disk. They stay as they are, and an edited copy in /etc replaces them.

A device becomes udev's link of a UUID there, and not UUID=: systemd waits for paths alone in all of its versions.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from functools import partial

from ....guest import device_names
from ....guest.root import GuestRoot
from ....model.concerns import Concern
from ....texts import sections
from ....texts.fstab import Entry
from ... import searched
from ...plan import Plan
from .. import software_made, specs
from ..names import Names, lost
from . import conditions

_OWN = "/etc/systemd/system"
_DIRECTORIES = (_OWN, "/usr/local/lib/systemd/system")
_OF_PACKAGES = tuple(directory for directory in searched.UNITS if directory not in _DIRECTORIES)
_MOUNTS = (".mount", ".swap")
_UNITS = (*_MOUNTS, ".automount", ".service", ".target")

_MOUNTED = ("Mount", "What")
# Keys of [Unit] with the names of units, and with paths.
_DEPENDENCIES = frozenset(("Requires", "Requisite", "BindsTo", "Wants", "PartOf", "Upholds", "After", "Before"))
_CONDITIONS = frozenset(f"{kind}Path{what}" for kind in ("Condition", "Assert") for what in ("Exists", "IsReadWrite"))
_ESCAPED = re.compile(r"-|\\x([0-9a-fA-F]{2})")
# What systemd-escape(1) leaves as it is, in a path.
_PLAIN = re.compile(r"[A-Za-z0-9:_.]")
_DEVICE = ".device"
# Units that are called after a path below /dev; the latter what systemd makes of fstab.
_CALLED_AFTER = (_DEVICE, ".swap")
# Services for one device, called after it.
_OF_ONE_DEVICE = re.compile(
    r"(?P<service>systemd-(?:fsck|growfs|mkswap|makefs)@)(?P<path>dev-.+)(?P<ending>\.service)\Z"
)

Rename = Callable[[str], "str | None"]


def texts(root: GuestRoot) -> dict[str, str]:
    """The units, and what is dropped in for those that mount something."""
    return of_kinds(root, _UNITS)


def of_kinds(root: GuestRoot, kinds: tuple[str, ...]) -> dict[str, str]:
    """The units of these kinds (endings of their names), and what is dropped in for those that mount something."""
    paths: list[str] = []
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            path = posixpath.join(directory, name)
            if name.endswith(kinds):
                paths.append(path)
            elif name.endswith(tuple(f"{kind}.d" for kind in _MOUNTS if kind in kinds)):
                paths += [posixpath.join(path, each) for each in root.list(path) if each.endswith(".conf")]
    places: dict[str, str] = {}
    for path in paths:
        place = root.real_path(path)
        if _is_own(path, place):
            places.setdefault(place, path)
    paths = [*places.values(), *(path for path in _mounts_of_packages(root) if path.endswith(kinds))]
    found = {path: root.read(path) for path in paths}
    return {path: text for path, text in found.items() if text is not None}


def is_of_package(path: str) -> bool:
    """Whether a file is a unit that a package or an image has, and not the administrator."""
    return posixpath.dirname(path) in _OF_PACKAGES


def is_replaced(root: GuestRoot, path: str) -> bool:
    """Whether a unit of a package has no effect, because the administrator has one of its name, or masks it.

    A link to the unit of the package itself changes nothing (src/basic/unit-file.c, unit_file_resolve_symlink).
    """
    same = [posixpath.join(directory, posixpath.basename(path)) for directory in _DIRECTORIES]
    return any(root.exists(each) and root.real_path(each) != root.real_path(path) for each in same)


def _is_own(path: str, place: str) -> bool:
    """Whether the file at path, which is at place where path is a link, is the administrator's, and has an effect.

    A unit may be linked to from anywhere, under its own name. Other links are to units of packages, or of another name
    (what mounts has no other), or mask (/dev/null).
    """
    is_dropped_in = path.endswith(".conf") and place != "/dev/null"
    return not is_of_package(place) and (is_dropped_in or posixpath.basename(place) == posixpath.basename(path))


def _mounts_of_packages(root: GuestRoot) -> list[str]:
    """The units of packages that mount a disk which they name by its name in the kernel, or by a link of hardware."""
    found = [path for path in searched.paths(root) or () if is_of_package(path) and path.endswith(_MOUNTS)]
    return [path for path in found if not is_replaced(root, path)]


def concerns(root: GuestRoot, texts: Mapping[str, str], names: Names, disks: Mapping[str, str]) -> list[Concern]:
    """A concern for each unit that mounts what is not there, or what cannot be named otherwise."""
    named = [(path, name) for path, text in texts.items() for name in mounted(text)]
    makers = software_made.Makers(root, names)
    # An error where another unit, such as local-fs.target, fails with it.
    required = set(map(posixpath.basename, _links(root, ("requires",)))) if named else set()
    found = [
        _concern(names, disks, makers, path, name, severity)
        for path, name in named
        for severity in ["error" if _unit(path) in required else "warning"]
        if names.filesystems(name) or not _may_be_absent(texts[path], severity == "error")
    ]
    return [concern for concern in found if concern] + conditions.concerns(texts, root.guest.target)


def convert(root: GuestRoot, texts: Mapping[str, str], plan: Plan, names: Names, removed: Collection[str]) -> None:
    """Name devices by UUID, and leave no unit that mounts what is on the removed disks."""
    for path, text in texts.items():
        on_removed = any(names.are_on(name, removed) for name in mounted(text))
        if on_removed and path.endswith(_MOUNTS):
            _remove(root, path)
        else:
            new = edited(text, partial(specs.stable_path, names), {_unit(each) for each in texts})
            if is_of_package(path) and new != text:
                path = posixpath.join(_OWN, posixpath.basename(path))
                # If it is there, it is a link to the one of the package.
                root.remove(path, "replaced with an edited copy")
            root.write(path, new, "named each device by UUID instead of by hardware")


def mounted(text: str) -> list[str]:
    """What a unit (text) mounts, or uses as swap space: as it is written, without systemd's specifiers."""
    entries = (entry for entry in sections.parse(text, continued=True) if entry.key == "What")
    return [entry.value.replace("%%", "%") for entry in entries if entry.value and entry.section in ("Mount", "Swap")]


def entries(texts: Mapping[str, str]) -> list[tuple[str, Entry]]:
    """(path, what it mounts, as fstab would have it) of each unit that names that by hardware."""
    found = []
    for path, text in texts.items():
        what, where, kind, options = _of_mount(text, "What", "Where", "Type", "Options")
        if device_names.is_of_hardware(what):
            # What a unit mounts is not waited for where no other requires it.
            found.append((path, Entry(what, where, kind, (*options.split(","), "nofail"))))
    return found


def edited(text: str, rename: Rename, stay: Collection[str] = ()) -> str:
    """text of a unit with each device having the name that rename gives of its path, where it gives one.

    What= of a swap space stays: its unit must be called after it (systemd.swap(5)). stay: units that are called as they are.
    """

    def renamed_path(path: str) -> str:
        new = rename(path.replace("%%", "%"))
        return path if new is None else new.replace("%", "%%")

    def renamed_unit(name: str) -> str:
        service = _OF_ONE_DEVICE.match(name)
        if service:
            device = renamed_unit(service["path"] + _DEVICE)[: -len(_DEVICE)]
            return f"{service['service']}{device}{service['ending']}"
        path = None if name in stay else path_of(name)
        new = rename(path) if path else None
        return name if new is None else unit_of(new, posixpath.splitext(name)[1])

    def renamed(entry: sections.Entry) -> Callable[[str], str] | None:
        if (entry.section, entry.key) == _MOUNTED or (entry.section == "Unit" and entry.key in _CONDITIONS):
            return renamed_path
        return renamed_unit if entry.section == "Unit" and entry.key in _DEPENDENCIES else None

    parts, position = [], 0
    for entry in sections.parse(text, continued=True):
        change = renamed(entry)
        if change:
            parts += [text[position : entry.start], _each_word(change, text[entry.start : entry.end])]
            position = entry.end
    return "".join([*parts, text[position:]])


def path_of(unit: str) -> str | None:
    r"""The path (/dev/sda1) that a unit (dev-sda1.device) is called after; None for units of other kinds."""
    if not unit.endswith(_CALLED_AFTER):
        return None
    name = posixpath.splitext(unit)[0].encode("utf-8", "surrogateescape").decode("latin-1")
    path = "/" + _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else "/", name)
    return path.encode("latin-1").decode("utf-8", "surrogateescape")


def unit_of(path: str, ending: str = _DEVICE) -> str:
    r"""The unit of a device (/dev/disk/by-uuid/a-b), as systemd-escape(1) names it (dev-disk-by\x2duuid-a\x2db.device)."""
    escaped = "".join(
        "-" if character == "/" else character if _PLAIN.match(character) else f"\\x{ord(character):02x}"
        for character in path.strip("/")
    )
    return escaped + ending


def _each_word(change: Callable[[str], str], value: str) -> str:
    """value, as it stands in the text, with each of its words changed. A condition's may begin with ! and |."""
    return re.sub(r"(?<![^\s!|])[^\s!|]\S*", lambda word: change(word.group()), value)


def _concern(
    names: Names, disks: Mapping[str, str], makers: software_made.Makers, path: str, name: str, severity: str
) -> Concern | None:
    """The concern about a name that a unit mounts; None where it holds, or is edited."""
    if not device_names.is_of_hardware(name):
        return _missing(names, makers, path, name, severity)
    if specs.stable_path(names, name) is None:
        return lost(names, path, name, severity)
    if ".swap" in path and names.on_target(name, disks) != name:
        return Concern(
            "device-name-left",
            "warning",
            f"{path} uses {name} as swap space, which is called otherwise on the target. The unit is called after it, "
            "and stays as it is: the guest waits for that device when it starts, and goes on without the swap space.",
            f"Use the swap space by a line in /etc/fstab that names it by UUID ({names.stable(name)}), in the place of "
            "the unit.",
        )
    return None


def _missing(names: Names, makers: software_made.Makers, path: str, name: str, severity: str) -> Concern | None:
    is_device = name.startswith(("/dev/", "UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="))
    if not is_device or names.filesystems(name) or software_made.is_made_at_each_start(name):
        return None
    maker = makers.of(name)
    is_known = makers.is_known(name)
    ends, hint = "The guest would wait for it in vain.", "If that was done, remove the unit in the guest."
    if maker:
        ends = f"It may come to be when the guest starts: {maker}. Conversion does not look there."
        hint = "If that was done, nothing needs to be done where the guest makes it by itself."
    return Concern(
        "mount-source-missing",
        "info" if is_known else "error" if severity == "error" and not maker else "warning",
        f"{path} mounts {name}, and no filesystem on the disks ({names.disks}) is called so. {ends}",
        f"Give all of the guest's disks. {hint}",
    )


def _may_be_absent(text: str, is_required: bool) -> bool:
    """Whether what a unit (text) mounts is on a network, or, if nothing requires it, a disc that is there at times."""
    kind, options = _of_mount(text, "Type", "Options")
    is_disc = set(kind.split(",")) <= {"iso9660", "udf"} and not is_required
    return is_disc or "_netdev" in options.split(",")


def _of_mount(text: str, *keys: str) -> list[str]:
    """What the section [Mount] of a unit (text) sets each of the keys to; "" where it does not."""
    said = {entry.key: entry.value for entry in sections.parse(text, continued=True) if entry.section == "Mount"}
    return [said.get(key, "") for key in keys]


def _links(root: GuestRoot, kinds: tuple[str, ...]) -> list[str]:
    """The links by which units pull in others, of these kinds ("requires": those that fail with them)."""
    return root.glob(*(f"{directory}/*.{kind}/*" for directory in (*_DIRECTORIES, *_OF_PACKAGES) for kind in kinds))


def _unit(path: str) -> str:
    """The name of the unit at path, or that the file at path is dropped in for."""
    return posixpath.basename(re.sub(r"\.d/[^/]*\Z", "", path))


def _remove(root: GuestRoot, path: str) -> None:
    detail = "removed with the disk that it mounts"
    for link in _links(root, ("wants", "requires")):
        if posixpath.basename(link) == _unit(path):
            root.remove(link, detail)
    if is_of_package(path):
        root.link(posixpath.join(_OWN, posixpath.basename(path)), "/dev/null", detail)
    else:
        root.remove(path, detail)
