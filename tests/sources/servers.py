# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that disks are fetched from: HTTPS with ranges, SSH, NBD."""

from __future__ import annotations

import base64
import getpass
import http.server
import json
import os
import re
import select
import signal
import socketserver
import ssl
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

SSHD = "/usr/sbin/sshd"
_CHUNK = 1 << 16


def certificate(folder):
    """A certificate for this machine that signed itself, with its key. Returns their paths."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(cert),
        ],
        check=True,
        capture_output=True,
    )
    return str(cert), str(key)


class WebServer:
    """The files of a folder over HTTPS, by ranges, to those who have the login ("user:password", None for all).

    served: bytes of files that were sent. stall_at: when that many were, the next ones wait for `going_on`, and
    `stalled` is set. etag: a function that tells the ETag of all files, or None. ranges: whether it gives
    parts of files. connections: how many are open; `closed` is notified when one is closed.
    """

    def __init__(self, folder, login=None):
        self.folder, self.login = Path(folder), login
        self.served, self.stall_at, self.etag, self.ranges = 0, None, lambda: '"1"', True
        self.stalled, self.going_on = threading.Event(), threading.Event()
        self.connections, self.closed = 0, threading.Condition()
        self.requests = []

    def go_on(self):
        """Serve what waits, and return when all connections are closed, those of clients that are gone among them."""
        self.stall_at = None
        self.going_on.set()
        with self.closed:
            assert self.closed.wait_for(lambda: not self.connections, 600)

    @contextmanager
    def counted(self):
        """Count a connection while it is open."""
        with self.closed:
            self.connections += 1
        try:
            yield
        finally:
            with self.closed:
                self.connections -= 1
                self.closed.notify_all()

    @contextmanager
    def running(self, cert, key):
        """Yield the URL of the folder."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        outer = self

        class Handler(_Handler):
            web = outer

        with _Https(("127.0.0.1", 0), Handler) as server:
            server.context, server.web = context, self
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"https://127.0.0.1:{server.server_address[1]}"
            finally:
                self.going_on.set()
                server.shutdown()
                thread.join()


class _Https(http.server.ThreadingHTTPServer):
    context = None
    web = None

    def finish_request(self, request, client_address):
        # In the connection's own thread, so that no client holds up the others by not finishing the handshake.
        try:
            with self.web.counted(), self.context.wrap_socket(request, server_side=True) as tls:
                super().finish_request(tls, client_address)
        except OSError:
            # The client went away, or does not trust the certificate: it is the client that tells.
            pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web = None

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, with_body):
        web = self.web
        web.requests.append((self.command, self.path, self.headers.get("Range")))
        if web.login is not None:
            expected = "Basic " + base64.b64encode(web.login.encode()).decode()
            if self.headers.get("Authorization") != expected:
                return self._refuse(401)
        path = web.folder / self.path.partition("?")[0].lstrip("/")
        if not path.is_file():
            return self._refuse(404)
        size = path.stat().st_size
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")) if web.ranges else None
        first, last = (int(match.group(1)), min(int(match.group(2)), size - 1)) if match else (0, size - 1)
        self.send_response(206 if match else 200)
        tag = web.etag()
        if tag is not None:
            self.send_header("ETag", tag)
        self.send_header("Content-Length", str(last - first + 1))
        if web.ranges:
            self.send_header("Accept-Ranges", "bytes")
        if match:
            self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.end_headers()
        if with_body:
            self._send(path, first, last + 1 - first)
        return None

    def _refuse(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, path, offset, left):
        web = self.web
        with path.open("rb") as stream:
            stream.seek(offset)
            while left:
                if web.stall_at is not None and web.served >= web.stall_at:
                    web.stalled.set()
                    web.going_on.wait()
                data = stream.read(min(left, _CHUNK))
                self.wfile.write(data)
                web.served += len(data)
                left -= len(data)


class SshServer:
    """OpenSSH's sshd with a configuration of its own, started for each connection as inetd would.

    host: how it is named in a URL. identity, known_hosts: paths of what a client needs.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        self.identity = str(self.folder / "user")
        self.known_hosts = str(self.folder / "known_hosts")
        self.host = None
        self.connections = 0

    @contextmanager
    def running(self):
        """Serve while the block runs."""
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)], check=True)
        configuration = self.folder / "sshd_config"
        configuration.write_text(
            f"HostKey {self.folder}/host\nAuthorizedKeysFile {self.folder}/user.pub\nStrictModes no\nUsePAM no\n"
            "PermitRootLogin prohibit-password\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n",
            "utf-8",
        )
        if os.geteuid() == 0:
            # Where it separates its privileges; the package's service would make it.
            os.makedirs("/run/sshd", exist_ok=True)
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.connections += 1
                subprocess.run(
                    [SSHD, "-i", "-f", str(configuration)],
                    stdin=self.request,
                    stdout=self.request,
                    stderr=subprocess.DEVNULL,
                    check=False,
                )

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
            port = server.server_address[1]
            key = (self.folder / "host.pub").read_text("utf-8")
            Path(self.known_hosts).write_text(f"[127.0.0.1]:{port} {key}", "utf-8")
            self.host = f"{getpass.getuser()}@127.0.0.1:{port}"
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


@contextmanager
def nbd_export(disk, image_format, folder, name=""):
    """Export an image by qemu-nbd. Yields the path of its socket, at which it is ready."""
    socket, pid = folder / "nbd.sock", folder / "nbd.pid"
    subprocess.run(
        [
            "qemu-nbd",
            "--fork",
            f"--pid-file={pid}",
            "--persistent",
            "--shared=8",
            "--read-only",
            f"--socket={socket}",
            f"--format={image_format}",
            f"--export-name={name}",
            str(disk),
        ],
        check=True,
    )
    try:
        yield str(socket)
    finally:
        process = os.pidfd_open(int(pid.read_text()))
        signal.pidfd_send_signal(process, signal.SIGTERM)
        # It holds its socket and its file of the pid until it has ended, and the next one may have the same.
        select.select([process], [], [])
        os.close(process)


def fake_nbdkit(tmp_path, monkeypatch, stand_in):
    """Put a program called nbdkit before the real one that notes its arguments and goes through stand_in, a piece of
    Python that may change `arguments`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    log = folder / "arguments"
    log.touch()
    (folder / "nbdkit").write_text(
        "#!/usr/bin/python3\nimport json, os, sys\narguments = sys.argv[1:]\n"
        f"with open({str(log)!r}, 'a') as stream:\n    stream.write(json.dumps(arguments) + '\\n')\n"
        f"{stand_in}\nos.environ['PATH'] = {os.environ['PATH']!r}\nos.execvp('nbdkit', ['nbdkit', *arguments])\n"
    )
    (folder / "nbdkit").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return lambda: [json.loads(line) for line in log.read_text().splitlines()]
