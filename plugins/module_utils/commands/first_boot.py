# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option first_boot: what is to be done once, at the first boot of the guest on the target."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import GuestconvError
from ..model.first_boot import FirstBoot, PackageFile

# Bytes. A script is typed by a person; the largest agents of clouds have some 100 MiB.
_SCRIPT_LIMIT = 1024 * 1024
_PACKAGE_LIMIT = 512 * 1024 * 1024

# A package of Debian, RPM, Alpine, Arch or the Windows Installer, by the end of its file's name.
_KINDS = (
    ("deb", r"\.deb\Z"),
    ("rpm", r"\.rpm\Z"),
    ("apk", r"\.apk\Z"),
    ("pacman", r"\.pkg\.tar(?:\.[a-z0-9]+)?\Z"),
    ("msi", r"\.(?i:msi)\Z"),
)
# Of a package, also with its version or architecture, and of a group of dnf's ("@guest-agents").
_PACKAGE = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9@+._:~=-]*\Z")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@+._:~%=-]*\Z")
# Of a package of the Windows Installer. Vendors have blanks and brackets in such names; cmd.exe interprets percent signs.
_MSI_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 @+._~=()&,#{}\[\]-]*\Z")


def from_option(option: Mapping[str, Any] | None) -> FirstBoot | None:
    """What the option asks for; None where it asks for nothing. Errors: first-boot-invalid."""
    if not option:
        return None
    given = list(dict.fromkeys(str(each) for each in option.get("packages") or ()))
    files = [name for name in given if _is_path(name)]
    asked = FirstBoot(
        script=_script(option),
        packages=tuple(_name(name) for name in given if name not in files),
        files=_package_files(files),
        agent=bool(option.get("agent")),
    )
    return None if asked == FirstBoot() else asked


def _is_path(package: str) -> bool:
    return "/" in package or _kind(package) is not None


def _kind(name: str) -> str | None:
    return next((kind for kind, pattern in _KINDS if re.search(pattern, name)), None)


def _script(option: Mapping[str, Any]) -> bytes:
    """The bytes of the script, b"" where none is asked for."""
    if option.get("content") is not None:
        path = "first_boot.content"
        try:
            script = str(option["content"]).encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            raise _invalid(path, f"The script is not text: {error.reason}.") from error
        if len(script) > _SCRIPT_LIMIT:
            raise _invalid(path, f"The script has more than {_SCRIPT_LIMIT} bytes.")
    elif option.get("script"):
        path = "first_boot.script"
        script = _content(str(option["script"]), path, _SCRIPT_LIMIT)
    else:
        return b""
    if not script.strip():
        raise _invalid(path, "The script is empty.")
    if b"\0" in script:
        raise _invalid(path, "The script is not text.", "Give a script, which may install or start a program.")
    if script.startswith(b"#!") and b"\r" in script.partition(b"\n")[0]:
        raise _invalid(
            path,
            "The first line of the script ends with a carriage return, which is no part of the name of any program.",
            "Save the script with the line ends of Unix.",
        )
    return script


def _name(name: str) -> str:
    if not _PACKAGE.match(name):
        raise _invalid(
            "first_boot.packages", f"{name!r} is not the name of a package, and not the path of a package file."
        )
    return name


def _package_files(paths: Sequence[str]) -> tuple[PackageFile, ...]:
    """They are in one directory of the guest, where Windows knows names in any letter case."""
    known: dict[str, str] = {}
    for path in paths:
        other = known.setdefault(os.path.basename(path).casefold(), path)
        if other != path:
            raise _invalid(
                "first_boot.packages",
                f"{other} and {path} are copied into one directory of the guest, and have the same name.",
                "Give one of the files another name.",
            )
    return tuple(map(_package_file, paths))


def _package_file(path: str) -> PackageFile:
    name = os.path.basename(path)
    kind = _kind(name)
    if kind == "msi" and not _MSI_FILE.match(name):
        raise _invalid(
            "first_boot.packages",
            f"The name of {path} has characters that the script of the first boot cannot have.",
            "Give the file a name of letters without accents, digits, blanks, dots and hyphens.",
        )
    if kind is None or (kind != "msi" and not _FILE.match(name)):
        raise _invalid(
            "first_boot.packages", f"{path} is not the path of a file *.deb, *.rpm, *.apk, *.pkg.tar.* or *.msi."
        )
    return PackageFile(name, kind, _content(path, "first_boot.packages", _PACKAGE_LIMIT))


def _content(file: str, path: str, limit: int) -> bytes:
    """The bytes of a file of this machine."""
    try:
        # A pipe would make open() wait.
        if not stat.S_ISREG(os.stat(file).st_mode):
            raise _invalid(path, f"{file} is not a regular file.")
        with open(file, "rb") as stream:
            content = stream.read(limit + 1)
    except (OSError, ValueError) as error:
        # ValueError: the name has a character that no name of a file can have.
        reason = error.strerror if isinstance(error, OSError) else None
        raise _invalid(
            path,
            f"{file} cannot be read: {reason or error}.",
            "The file must be on the machine that runs the module (the conversion host).",
        ) from error
    if len(content) > limit:
        raise _invalid(path, f"{file} has more than {limit} bytes.")
    return content


def _invalid(path: str, message: str, hint: str = "") -> GuestconvError:
    return GuestconvError("first-boot-invalid", message, path=path, hint=hint)
