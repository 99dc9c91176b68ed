# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of this machine a descriptor means by the names that it has for them.

A hypervisor names the disks of a guest by paths of its own: `/vmfs/volumes/5d8f.../web01/web01.vmdk`,
`[datastore1] web01/web01.vmdk`, `C:\\VMs\\web01.vmdk`. Exported together, they are next to the descriptor.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Sequence
from urllib.parse import unquote

from ...disks import disk_files
from ...errors import GuestconvError
from ...texts import hostile_xml
from . import metadata

# References of OVF, and files and devices of libvirt. Not parsed as XML: what is malformed names its files, too.
_NAMED = re.compile(
    r"""\b(?:href|file|dev)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"""
    # Variables of the firmware, and memory that is kept in a file.
    r"""|<(?:nvram|path)\b[^<>]*>\s*([^<\s][^<]*)"""
)


def named_in_xml(path: str) -> list[str]:
    """What the XML file path names as files; none if it cannot be read. It need not be well-formed."""
    try:
        data = metadata.read_file(path)
    except GuestconvError:
        return []
    known = hostile_xml.decoded(data)
    text = known if isinstance(known, str) else known.decode("utf-8", "replace")
    names = [html.unescape("".join(found)).strip() for found in _NAMED.findall(text)]
    return [*names, *(unquote(name) for name in names if "%" in name)]


def base_name(name: str) -> str:
    """The last part of a name of a file, of any hypervisor."""
    # A file of a datastore may be in none of its directories.
    return os.path.basename(re.sub(r"\A\[[^]]*\]\s*", "", slashed(name)))


def slashed(name: str) -> str:
    """The name of a file with slashes: VMware on Windows separates by backslashes."""
    return name.replace("\\", "/") if "/" not in name else name


def found_files(names: Sequence[str], descriptor: str) -> list[str]:
    """The paths of the files that names may mean, as far as they are there: as the names say, or next to descriptor.

    A disk that is called so in another case is among them: it may have come by way of a system where that is the same.
    """
    folder = os.path.dirname(descriptor)
    candidates = (
        os.path.join(folder, part) for name in names for part in (name, slashed(name), base_name(name)) if part
    )
    found: list[str] = []
    names_in = disk_files.known_names()
    for path in dict.fromkeys(candidates):
        if "\0" in path:
            continue
        if os.path.exists(path):
            found.append(path)
        elif os.path.splitext(path)[1].lower() in disk_files.EXTENSIONS:
            found += filter(None, [disk_files.in_other_case(path, names_in)])
    return found


def located(paths: Sequence[str], descriptor: str) -> list[str]:
    """The path of the file of each disk: as the descriptor has it or, if nothing is there, next to the descriptor.

    A file next to the descriptor is taken only for one disk, as two disks on two datastores often have the same name.
    What is not found stays as it is. Raises GuestconvError `source-disk-missing`, `source-disk-duplicate`.
    """
    folder = os.path.dirname(descriptor)
    found = {index: path for index, path in enumerate(paths) if os.path.lexists(path)}
    users = {_identity(path): path for path in found.values()}
    if len(users) < len(found):
        raise _same(descriptor, list(found.values()))
    for index, path in enumerate(paths):
        neighbour = os.path.join(folder, base_name(path))
        if index in found or not base_name(path) or not os.path.lexists(neighbour):
            continue
        if _identity(neighbour) in users:
            raise GuestconvError(
                "source-disk-missing",
                f"{descriptor} names {path}, which does not exist. {neighbour} is another disk of the guest with the "
                f"same name: {users[_identity(neighbour)]}.",
                path=descriptor,
                hint="Copy each disk to the path that the descriptor has for it, or rename the files, and correct it.",
            )
        users[_identity(neighbour)] = path
        found[index] = neighbour
    return [found.get(index, path) for index, path in enumerate(paths)]


def _identity(path: str) -> object:
    """The same for two names of one file or block device."""
    try:
        status = os.stat(path)
    except OSError:
        return os.path.realpath(path)
    return status.st_rdev or (status.st_dev, status.st_ino)


def _same(descriptor: str, paths: Sequence[str]) -> GuestconvError:
    twice = next(path for path in paths if sum(_identity(other) == _identity(path) for other in paths) > 1)
    return GuestconvError(
        "source-disk-duplicate",
        f"{descriptor} has {twice} as two disks.",
        path=descriptor,
        hint="Copy each disk into a file of its own.",
    )
