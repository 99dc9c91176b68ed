# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option `source` of guestconv_fetch, judged before anything is touched. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..disks.formats import probe
from ..errors import GuestconvError
from .places import urls

# How servers are logged in to.
_ACCESS = ("user", "cafile", "identity", "known_hosts")

# {type: (keys that it needs, keys that it may have)} besides `type`.
_KEYS = {
    "disks": (("disks",), _ACCESS),
    "ova": (("path",), ()),
    "ovf": (("path",), ()),
    "vmx": (("path",), ()),
    "libvirt": ((), ("path", "uri", "name", *_ACCESS)),
    "vddk": (("server", "user", "thumbprint", "vm", "disks"), ("libdir",)),
}
TYPES = tuple(_KEYS)

_DISK_KEYS = ("path", "format", "device", "backing")
_FILES = ("path", "libdir", "cafile", "identity", "known_hosts")
# As disks/images.py has it.
_DEVICE = re.compile(r"[a-z][a-z0-9]{1,31}")


@dataclass(frozen=True)
class Access:
    """How servers are logged in to. cafile, identity, known_hosts: paths on this machine; each may be None."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)
    cafile: str | None = None
    identity: str | None = None
    known_hosts: str | None = None


@dataclass(frozen=True)
class Request:
    """A source that may be read. settings: its keys but `type` and `disks`. disks: entries as of sources/__init__.py,
    for the types that name them."""

    type: str
    settings: dict
    disks: tuple
    access: Access


def parse(source, password=None):
    """The Request in a source, a dict that a person wrote.

    Raises GuestconvError `source-invalid`, `source-url-...`, its path saying which value: source.disks[0].path.
    """
    kind = source.get("type")
    if kind not in _KEYS:
        raise _invalid("source.type", f"{kind!r} is no type of source", f"Known are {', '.join(TYPES)}.")
    needed, others = _KEYS[kind]
    _check_keys(source, needed, ("type", *needed, *others), "source")
    settings = {key: _text(value, f"source.{key}") for key, value in source.items() if key not in ("type", "disks")}
    for key in _FILES:
        if not settings.get(key, "/").startswith("/"):
            raise _invalid(f"source.{key}", f"{settings[key]!r} is not absolute", "Write it with its directory.")
    if kind == "libvirt" and ("path" in settings) == ("uri" in settings):
        raise _invalid("source", "a source of libvirt has either path (a domain's XML) or uri")
    if ("uri" in settings) != ("name" in settings):
        raise _invalid("source.name", "the domain's name belongs to a uri, and a uri has to have it")
    if password is not None and not password.isprintable():
        raise _invalid("password", "it has a line's end or another control character")
    access = Access(password=password, **{key: settings.get(key) for key in _ACCESS})
    return Request(kind, settings, _disks(source["disks"], kind) if "disks" in needed else (), access)


def _check_keys(given, needed, known, where):
    for key in given:
        if key == "password":
            raise _invalid(
                f"{where}.password",
                "a password does not belong here, where it would be logged",
                "Give it in the option `password`.",
            )
        if key not in known:
            raise _invalid(f"{where}.{key}", "this key is not known", f"Known are {', '.join(known)}.")
    for key in needed:
        if key not in given:
            raise _invalid(f"{where}.{key}", "it is missing")


def _text(value, where):
    if not isinstance(value, str) or not value:
        raise _invalid(where, f"it should be a text, and is {value!r}")
    if "\0" in value or "\n" in value:
        raise _invalid(where, "it has a line's end or a NUL")
    return value


def _disks(disks, kind):
    if not isinstance(disks, list) or not disks:
        raise _invalid("source.disks", "it should be a list of disks, and not an empty one")
    entries, devices = [], set()
    for number, item in enumerate(disks):
        where = f"source.disks[{number}]"
        entry = _disk({"path": item} if isinstance(item, str) else item, kind, where)
        device = entry.get("device")
        if device in devices:
            raise _invalid(f"{where}.device", f"two disks are called {device}")
        if device:
            devices.add(device)
        entries.append(entry)
    return tuple(entries)


def _disk(item, kind, where):
    if not isinstance(item, dict):
        raise _invalid(where, f"it should be a path, or a dict with {', '.join(_DISK_KEYS)}")
    _check_keys(item, ("path",), _DISK_KEYS, where)
    path = _text(item["path"], f"{where}.path")
    is_remote = kind == "vddk" or urls.is_url(path)
    if kind != "vddk" and is_remote:
        try:
            urls.parse(path)
        except GuestconvError as error:
            error.path = f"{where}.path"
            raise
    elif not is_remote and not path.startswith("/"):
        raise _invalid(f"{where}.path", f"{path!r} is neither absolute nor a URL", "Write it with its directory.")
    image_format = item.get("format")
    if image_format is not None and (image_format not in probe.SUPPORTED or kind == "vddk"):
        raise _invalid(
            f"{where}.format",
            f"{image_format!r} is not a format to be fetched"
            + (" by VDDK, which gives what the guest sees" if kind == "vddk" else ""),
            f"Known are {', '.join(probe.SUPPORTED)}." if kind != "vddk" else "Leave it out.",
        )
    device = item.get("device")
    if device is not None and not (isinstance(device, str) and _DEVICE.fullmatch(device)):
        raise _invalid(
            f"{where}.device",
            f"{device!r} is no name of a disk",
            "Give the name that the guest knew the disk by, without /dev/: sda, vdb, nvme0n1.",
        )
    backing = item.get("backing")
    if backing is not None and (is_remote or not isinstance(backing, list)):
        raise _invalid(f"{where}.backing", "it should be a list of the files below a disk that is a local file")
    for below in backing or ():
        _text(below, f"{where}.backing")
    return {key: value for key, value in item.items() if value is not None}


def _invalid(where, what, hint=""):
    return GuestconvError("source-invalid", f"{where}: {what}.", hint=hint, path=where)
