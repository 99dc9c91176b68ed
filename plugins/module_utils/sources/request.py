# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `source` of guestconv_fetch, judged before anything is touched. Pure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ..disks import volumes
from ..disks.formats import probe
from ..errors import GuestconvError
from ..texts import disk_urls
from .kinds import registry as kinds
from .kinds.kind import ACCESS_KEYS, Access, DiskEntry, Keys, Request
from .places import registry as places

_DISK_KEYS = ("path", "format", "device", "backing")
_FILES = ("path", "libdir", "cafile", "identity", "known_hosts")
# As disks/images.py has it.
_DEVICE = re.compile(r"[a-z][a-z0-9]{1,31}")


def parse(source: Mapping[str, Any], password: str | None = None) -> Request:
    """The Request in a source, a dict that a person wrote.

    Raises GuestconvError `source-invalid`, `source-url-...`, its path saying which value: source.disks[0].path.
    """
    kind = kinds.by_type(source.get("type"))
    if kind is None:
        raise _invalid(
            "source.type", f"{source.get('type')!r} is not a type of source", f"Known are {', '.join(kinds.types())}."
        )
    keys = kind.KEYS
    _check_keys(source, keys.needed, ("type", *keys.needed, *keys.optional), "source")
    settings = {key: _text(value, f"source.{key}") for key, value in source.items() if key not in ("type", "disks")}
    for key in _FILES:
        if not settings.get(key, "/").startswith("/"):
            raise _invalid(f"source.{key}", f"{settings[key]!r} is not absolute", "Give the absolute path.")
    wrong = kind.check(settings)
    if wrong:
        raise _invalid(".".join(filter(None, ("source", wrong[0]))), wrong[1])
    if password is not None and not password.isprintable():
        raise _invalid("password", "it contains a line break or another control character")
    access = Access(password=password, **{key: settings.get(key) for key in ACCESS_KEYS})
    return Request(kind.TYPE, settings, _disks(source["disks"], keys) if "disks" in keys.needed else (), access)


def _check_keys(given: Iterable[str], needed: Iterable[str], known: Sequence[str], where: str) -> None:
    for key in given:
        if key == "password":
            raise _invalid(
                f"{where}.password",
                "a password must not be given here, where it would be logged",
                "Give it in the option `password`.",
            )
        if key not in known:
            raise _invalid(f"{where}.{key}", "there is no such key", f"Known are {', '.join(known)}.")
    for key in needed:
        if key not in given:
            raise _invalid(f"{where}.{key}", "it is missing")


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise _invalid(where, f"it must be text, not {value!r}")
    if "\0" in value or "\n" in value:
        raise _invalid(where, "it contains a line break or a NUL")
    return value


def _disks(disks: Any, keys: Keys) -> tuple[DiskEntry, ...]:
    if not isinstance(disks, list) or not disks:
        raise _invalid("source.disks", "it must be a list of at least one disk")
    entries, devices = [], set()
    seen: dict[object, int] = {}
    for number, item in enumerate(disks):
        where = f"source.disks[{number}]"
        entry = _disk({"path": item} if isinstance(item, str) else item, keys, where)
        device = entry.get("device")
        if device in devices:
            raise _invalid(f"{where}.device", f"two disks are called {device}")
        if device:
            devices.add(device)
        first = seen.setdefault(_identity(entry["path"]), number)
        if first != number:
            # The guest would get a copy in place of its other disk.
            raise GuestconvError(
                "source-disk-duplicate",
                f"{where}: {disk_urls.without_secrets(entry['path'])} is source.disks[{first}], too.",
                path=f"{where}.path",
                hint="Name each disk of the guest once.",
            )
        entries.append(entry)
    return tuple(entries)


def _identity(path: str) -> object:
    """The same for two names of one disk, as far as this machine can see that."""
    try:
        return path if disk_urls.is_url(path) else volumes.identity(path)
    except OSError:
        return os.path.normpath(path)


def _disk(item: Any, keys: Keys, where: str) -> DiskEntry:
    if not isinstance(item, dict):
        raise _invalid(where, f"it must be a path, or a dictionary with {', '.join(_DISK_KEYS)}")
    _check_keys(item, ("path",), _DISK_KEYS, where)
    path = _text(item["path"], f"{where}.path")
    is_remote = keys.remote_disks or disk_urls.is_url(path)
    if is_remote and not keys.remote_disks:
        try:
            places.parse_url(path)
        except GuestconvError as error:
            error.path = f"{where}.path"
            raise
    elif not is_remote and not path.startswith("/"):
        raise _invalid(f"{where}.path", f"{path!r} is neither absolute nor a URL", "Give the absolute path.")
    image_format = item.get("format")
    if image_format is not None and (image_format not in probe.SUPPORTED or keys.remote_disks):
        raise _invalid(
            f"{where}.format",
            f"{image_format!r} is not a format that can be fetched"
            + (" from a server that gives the disk as the guest sees it" if keys.remote_disks else ""),
            f"Known are {', '.join(probe.SUPPORTED)}." if not keys.remote_disks else "Leave it out.",
        )
    device = item.get("device")
    if device is not None and not (isinstance(device, str) and _DEVICE.fullmatch(device)):
        raise _invalid(
            f"{where}.device",
            f"{device!r} is not the name of a disk",
            "Give the name that the disk has in the guest, without /dev/: sda, vdb, nvme0n1.",
        )
    backing = item.get("backing")
    if backing is not None and (is_remote or not isinstance(backing, list)):
        raise _invalid(f"{where}.backing", "it must be a list of the backing files of a disk that is a local file")
    for below in backing or ():
        _text(below, f"{where}.backing")
    # Each of its keys is one of an entry's, and its value was checked.
    return cast(DiskEntry, {key: value for key, value in item.items() if value is not None})


def _invalid(where: str, what: str, hint: str = "") -> GuestconvError:
    return GuestconvError("source-invalid", f"{where}: {what}.", hint=hint, path=where)
