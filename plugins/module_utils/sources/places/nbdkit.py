# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that runs nbdkit, which makes an NBD export of a disk that SSH, HTTPS or VMware's library gives access to.

Each value is given as key=value, so that none is mistaken for an option. A secret is passed through a file in memory, because a command
line is read by everybody on the machine. nbdkit ends with us, however we end.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
from collections.abc import Mapping

from ...disks.nodes import Node
from ...errors import GuestconvError

# Seconds. VMware's library looks for its plugins and logs in before it is ready.
_READY_SECONDS = 120
_END_SECONDS = 5
# EL and Fedora have it in /usr/sbin, which is not on everybody's PATH.
_MORE_PATH = "/usr/bin:/usr/sbin:/usr/local/sbin"
# struct sockaddr_un has room for 108 bytes.
_MAX_SOCKET = 100


class NbdkitFailed(GuestconvError):
    """nbdkit ended before it was ready."""


class Server:
    """A context manager around one nbdkit that serves one export, read-only, on a Unix socket.

    Args: plugin: of nbdkit; settings: its and the filters' parameters, {key: value}, those that are None left out;
    filters: names, the one that is nearest to the client first; secret: the value of the parameter `password`, or None.
    Errors on entering: nbdkit-missing, nbdkit-failed.
    """

    def __init__(
        self, plugin: str, settings: Mapping[str, object], filters: tuple[str, ...] = (), secret: str | None = None
    ) -> None:
        self._plugin = plugin
        self._settings = {key: value for key, value in settings.items() if value is not None}
        self._filters = filters
        self._secret = secret
        self._folder = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return os.path.join(self._folder, "socket")

    @property
    def node(self) -> Node:
        """QEMU's block node of the export."""
        return {"driver": "nbd", "server": {"type": "unix", "path": self.socket}}

    def __enter__(self) -> Server:
        self._folder = tempfile.mkdtemp(prefix="guestconv-nbdkit-")
        if len(os.fsencode(self.socket)) > _MAX_SOCKET:
            os.rmdir(self._folder)
            self._folder = tempfile.mkdtemp(prefix="guestconv-nbdkit-", dir="/tmp")
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def complaint(self) -> str:
        """Its last error message, for people; "" when there is none."""
        try:
            with open(os.path.join(self._folder, "log"), encoding="utf-8", errors="replace") as stream:
                lines = [line.strip() for line in stream if "error:" in line]
        except OSError:
            return ""
        return lines[-1].partition("error: ")[2] if lines else ""

    def _start(self) -> None:
        program = _program()
        # It writes its process number there when it is ready, and the pipe ends when it ended before.
        reader, writer = os.pipe()
        secret = self._secret_file()
        try:
            command = [program, *self._arguments(writer, secret)]
            with open(os.path.join(self._folder, "log"), "wb") as log:
                self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=dict(os.environ, LC_ALL="C"),
                    pass_fds=[writer] if secret is None else [writer, secret],
                )
            os.close(writer)
            writer = -1
            ready, _writable, _failed = select.select([reader], [], [], _READY_SECONDS)
            if not ready or not os.read(reader, 32):
                reason = self.complaint() or "it gave no reason"
                raise NbdkitFailed(
                    "nbdkit-failed",
                    f"nbdkit {self._plugin} did not start: {reason}",
                    hint=f"Check that the plugin is installed: `nbdkit {self._plugin} --dump-plugin`. The documentation of "
                    "guestconv_fetch names its package.",
                )
        finally:
            for descriptor in (reader, writer, secret):
                if descriptor is not None and descriptor >= 0:
                    os.close(descriptor)

    def _arguments(self, pid_file: int, secret: int | None) -> list[str]:
        """nbdkit's arguments. pid_file, secret: descriptors."""
        settings = dict(self._settings, **({} if secret is None else {"password": f"+/dev/fd/{secret}"}))
        return [
            *("--foreground", "--exit-with-parent", "--readonly"),
            *("--unix", self.socket),
            *("--pidfile", f"/dev/fd/{pid_file}"),
            *(f"--filter={name}" for name in self._filters),
            self._plugin,
            *(f"{key}={value}" for key, value in settings.items()),
        ]

    def _secret_file(self) -> int | None:
        """A descriptor of a file in memory with the secret, None without one.

        nbdkit gets its name under /dev/fd and not the bare descriptor (`password=-FD`): the plugin of VDDK starts
        itself anew after it has read its parameters, and then reads them once more.
        """
        if self._secret is None:
            return None
        descriptor = os.memfd_create("guestconv-secret")
        os.write(descriptor, self._secret.encode("utf-8"))
        return descriptor


def _program() -> str:
    program = shutil.which("nbdkit", path=f"{os.environ.get('PATH', '')}:{_MORE_PATH}")
    if program is None:
        raise GuestconvError(
            "nbdkit-missing",
            "nbdkit was not found on this machine.",
            hint="Install nbdkit (on EL and Fedora nbdkit-curl-plugin, nbdkit-ssh-plugin and nbdkit-nbd-plugin, too).",
        )
    return program
