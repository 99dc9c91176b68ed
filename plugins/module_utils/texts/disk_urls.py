# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs of disks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from ..errors import GuestconvError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# What begins with a dash would be an option to some program; IPv6 addresses come without their brackets.
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9._:-]*")
_NBD_PORT = 10809
_PASSWORD = re.compile(r"[^/]*//[^/@:]*:([^/]+)@")
_LOGIN = re.compile(r"\A([^/]*//[^/@:]*):[^/]*@")
# Characters of a query that cannot be a signature. Ansible hides a secret wherever it occurs in the result.
_SHORTEST_SIGNATURE = 16


@dataclass(frozen=True)
class Url:
    """A URL in its parts. text: as it was given. path: decoded, with its first slash. socket: of nbd+unix."""

    scheme: str
    host: str
    port: int | None
    user: str | None
    path: str
    socket: str | None
    text: str

    @property
    def shown(self) -> str:
        """The part that can be shown to anyone: a query may contain a signature, which works like a password."""
        return self.text.partition("?")[0]


# The schemes of exports of NBD servers.
EXPORTS = ("nbd", "nbd+unix")


def is_export(text: str) -> bool:
    """Whether text is the URL of an export of an NBD server, and not the path of a file."""
    return is_url(text) and scheme_of(text) in EXPORTS


def is_url(text: str) -> bool:
    """Whether text is a URL and not the path of a file."""
    return bool(_URL.match(text))


def of_file(host: str, port: int | None, user: str | None, path: str) -> str:
    """The text of the ssh URL of the file path (absolute)."""
    login = f"{quote(user, safe='')}@" if user else ""
    address = f"[{host}]" if ":" in host else host
    return f"ssh://{login}{address}{f':{port}' if port else ''}{quote(path)}"


def scheme_of(text: str) -> str:
    """The scheme of a URL, in lower case."""
    return text.partition(":")[0].lower()


def secrets_in(option: Any) -> Iterator[str]:
    """What in the URLs of an option must not be shown: passwords, and queries, which may contain a signature.

    Args: option: a value as Ansible has it, of dicts, lists and texts.
    """
    if isinstance(option, (dict, list)):
        for item in option.values() if isinstance(option, dict) else option:
            yield from secrets_in(item)
    elif isinstance(option, str) and is_url(option) and not is_export(option):
        password, query = _PASSWORD.match(option), option.partition("?")[2]
        if password:
            yield password[1]
        if len(query) >= _SHORTEST_SIGNATURE:
            yield query


def without_secrets(option: Any) -> Any:
    """option, without the passwords and queries of its URLs, for what is kept or passed around."""
    if isinstance(option, dict):
        return {key: without_secrets(value) for key, value in option.items()}
    if isinstance(option, (list, tuple)):
        return [without_secrets(item) for item in option]
    if not isinstance(option, str) or not is_url(option):
        return option
    return _LOGIN.sub(r"\1@", option if is_export(option) else option.partition("?")[0])


def parse(text: str) -> Url:
    """The Url in text. Raises GuestconvError `source-url-invalid`."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _invalid(text, str(error)) from error
    if parts.password is not None:
        raise GuestconvError(
            "source-url-invalid",
            "The URL contains a password, which everybody would see.",
            hint="Give it in the option `password`, which is not logged.",
        )
    path, host = unquote(parts.path), parts.hostname or ""
    if "\0" in path or parts.fragment:
        raise _invalid(text, "it has a fragment or a NUL")
    if parts.scheme in EXPORTS and parts.username is not None:
        raise _invalid(text, "exports of NBD have no user")
    if parts.scheme == "nbd+unix":
        # As QEMU and libnbd decode it, a plus is one.
        query = parse_qs(parts.query.replace("+", "%2B"), keep_blank_values=True)
        socket = query.get("socket", [""])[0]
        if host or not socket.startswith("/") or len(query) > 1:
            raise _invalid(text, "it should be nbd+unix:///EXPORT?socket=/PATH")
        return Url(parts.scheme, "", None, None, path, socket, text)
    if not _HOST.fullmatch(host):
        raise _invalid(text, "it names no host")
    if parts.scheme in ("https", "ssh") and path in ("", "/"):
        raise _invalid(text, "it names no file")
    if parts.scheme == "nbd":
        if parts.query:
            raise _invalid(text, "it should be nbd://HOST:PORT/EXPORT, without a question mark")
        port = port or _NBD_PORT
    return Url(parts.scheme, host, port, unquote(parts.username) if parts.username else None, path, None, text)


def _invalid(text: str, reason: str) -> GuestconvError:
    return GuestconvError("source-url-invalid", f"{text.partition('?')[0]!r} is not the URL of a disk: {reason}.")
