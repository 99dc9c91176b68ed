# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What QEMU says of write errors becomes an error for a person. QEMU is a server here that says what QEMU would."""

from __future__ import annotations

import json
import os
import queue
import socket

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.write_errors import WriteErrors

SECONDS = 600


def event(name, **data):
    return {"event": name, "data": data}


def stopped(**data):
    return event("BLOCK_IO_ERROR", operation="write", action="stop", **data)


@pytest.fixture
def told():
    """The errors that were told."""
    return queue.Queue()


@pytest.fixture
def watch(told):
    watch = WriteErrors(["/overlays/sda.qcow2", "/overlays/sdb.qcow2"], told.put)
    watch.start()
    yield watch
    watch.end()


def qemu_says(watch, *messages):
    """Be QEMU at the end of the watch's options, and say these after the greeting."""
    path = dict(watch.qemu_options)["-qmp"].partition(":")[2].partition(",")[0]
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        connection, _address = server.accept()
    connection.sendall(json.dumps({"QMP": {}}).encode() + b"\n")
    assert json.loads(connection.recv(4096))["execute"] == "qmp_capabilities"
    # At once: whoever has heard enough hangs up.
    connection.sendall(b"".join(json.dumps(message).encode() + b"\n" for message in ({"return": {}}, *messages)))
    return connection


def test_qemu_is_told_to_stop_at_write_errors_of_every_disk(watch):
    options = watch.qemu_options
    assert ("-set", "drive.hd0.werror=stop") in options and ("-set", "drive.hd1.werror=stop") in options
    assert os.stat(os.path.dirname(options[-1][1].partition(":")[2])).st_mode & 0o077 == 0


def test_a_full_disk_is_told_with_its_directory(watch, told):
    with qemu_says(watch, event("RTC_CHANGE"), stopped(device="hd0", nospace=True, reason="No space left on device")):
        error = told.get(timeout=SECONDS)
    assert error.code == "no-space" and error.retryable
    assert "/overlays" in error.message and error.hint


def test_any_other_error_is_told_with_its_file_and_reason_and_once(watch, told):
    said = stopped(device="hd1", nospace=False, reason="Input/output error")
    with qemu_says(watch, event("BLOCK_IO_ERROR", device="hd1", action="report"), said, said):
        error = told.get(timeout=SECONDS)
    watch.end()
    assert error.code == "host-io-failed" and told.empty()
    assert "/overlays/sdb.qcow2" in error.message and "Input/output error" in error.message


def test_a_watch_ends_with_qemu_and_before_it_and_leaves_nothing(told):
    early = WriteErrors(["/x"], told.put)
    early.start()
    early.end()
    ended = WriteErrors(["/x"], told.put)
    ended.start()
    qemu_says(ended).close()
    ended.end()
    assert told.empty()
    for watch in (early, ended):
        assert not os.path.exists(os.path.dirname(watch.qemu_options[-1][1].partition(":")[2]))
