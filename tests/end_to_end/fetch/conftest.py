# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real disks, and real servers of them, as small as they may be: nothing is booted."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks import slices
from tests.sources.guests import converted, raw_disk, stream_optimized
from tests.sources.servers import SSHD, SshServer, WebServer, certificate, fake_nbdkit


@pytest.fixture(autouse=True)
def noted(monkeypatch):
    """Copies are noted after each slice, as after a long one, and the first is short."""
    monkeypatch.setattr(slices, "_NOTED", 0)
    monkeypatch.setattr(slices, "_NEAR", slices._SMALLEST)


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """A folder with one disk in several forms."""
    folder = tmp_path_factory.mktemp("exports")
    disk = raw_disk(folder / "disk.raw")
    converted(disk, "qcow2", folder / "disk.qcow2", "-c")
    stream_optimized(disk, folder / "disk.vmdk")
    return folder


@pytest.fixture(scope="module")
def raw(exports):
    """The disk as the guest sees it."""
    return exports / "disk.raw"


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    """The paths of a certificate and its key."""
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def web(exports, tls):
    """(WebServer of the exports, its URL)."""
    server = WebServer(exports)
    with server.running(*tls) as url:
        yield server, url


@pytest.fixture
def ssh(tmp_path):
    """A running SshServer."""
    if not os.path.exists(SSHD):
        pytest.skip("OpenSSH's server is not installed")
    (tmp_path / "ssh").mkdir()
    with SshServer(tmp_path / "ssh").running() as server:
        yield server


@pytest.fixture
def spied(tmp_path, monkeypatch):
    """A function that returns the command lines of nbdkit so far."""
    return fake_nbdkit(tmp_path, monkeypatch, "")
