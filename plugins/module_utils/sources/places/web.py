# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a web server says of a file before it is copied: nbdkit's curl plugin copies, but does not tell whether the file
is still the same."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import urllib.error
import urllib.request
from typing import Any

from ...errors import GuestconvError
from ...texts.disk_urls import Url
from ..kinds.kind import Access

_SECONDS = 60
_RANGE = re.compile(r"bytes 0-0/(\d{1,18})")


def identify(url: Url, access: Access) -> list[Any]:
    """[size in bytes, ETag, time of the last change] of the file at url (disk_urls.Url); the latter two as the server says.

    Raises GuestconvError `source-not-found`, `source-denied`, `source-not-trusted`, `source-unreachable`,
    `source-without-ranges`.
    """
    # Not HEAD: a signed URL of an object store is signed for GET. And so it shows whether ranges are understood.
    request = urllib.request.Request(url.text, headers={"Range": "bytes=0-0", "Accept-Encoding": "identity"})
    user = url.user or access.user
    if user is not None:
        login = base64.b64encode(f"{user}:{access.password or ''}".encode()).decode("ascii")
        # Not sent to where the server redirects to.
        request.add_unredirected_header("Authorization", f"Basic {login}")
    try:
        with _opener(access).open(request, timeout=_SECONDS) as answer:
            match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if answer.status != 206 or not match:
                raise GuestconvError(
                    "source-without-ranges",
                    f"The server of {url.shown} does not support range requests.",
                    hint="Use a server that supports them, such as Apache, nginx or an object store.",
                )
            return [int(match.group(1)), answer.headers.get("ETag"), answer.headers.get("Last-Modified")]
    except urllib.error.HTTPError as error:
        raise _refused(url, error) from error
    except (urllib.error.URLError, socket.timeout, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise GuestconvError(
                "source-not-trusted",
                f"The certificate of {url.host} is not trusted: {reason.verify_message}.",
                hint="Give the certificate of its authority as source.cafile.",
            ) from error
        raise GuestconvError(
            "source-unreachable",
            f"{url.shown} cannot be reached: {reason}.",
            hint="Try it with curl on the same machine.",
        ) from error


def _opener(access: Access) -> urllib.request.OpenerDirector:
    try:
        context = ssl.create_default_context(cafile=access.cafile)
    except OSError as error:
        raise GuestconvError(
            "source-invalid", f"source.cafile: {access.cafile} cannot be used: {error.strerror}.", path="source.cafile"
        ) from error
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _OnlyHttps())


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if not newurl.lower().startswith("https://"):
            raise urllib.error.URLError("it redirects to a URL that is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refused(url: Url, error: urllib.error.HTTPError) -> GuestconvError:
    if error.code in (401, 403, 407):
        return GuestconvError(
            "source-denied",
            f"{url.shown} denied access: HTTP status {error.code}.",
            hint="Give source.user and the option `password`.",
        )
    code = "source-not-found" if error.code in (404, 410) else "source-unreachable"
    return GuestconvError(
        code, f"{url.shown} cannot be read: HTTP status {error.code}.", hint="Try it with curl on the same machine."
    )
