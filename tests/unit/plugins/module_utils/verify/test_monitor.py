# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import struct
import threading
import zlib

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.qemu.qmp import Monitor
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import display, firmware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.display import png_from_ppm
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.firmware import Firmware

GREETING = b'{"QMP": {"version": {}, "capabilities": []}}\r\n'


@pytest.fixture
def qemu():
    """qemu(first, *answers) is a Monitor whose QEMU says first, and then an answer per command."""
    sockets = []
    threads = []

    def serve(peer, answers):
        for answer in answers:
            json.loads(peer.recv(4096))
            peer.sendall(answer)
        peer.close()

    def start(first, *answers):
        ours, peer = socket.socketpair()
        sockets.extend((ours, peer))
        peer.sendall(first)
        threads.append(threading.Thread(target=serve, args=(peer, answers), daemon=True))
        threads[-1].start()
        return Monitor(ours)

    yield start
    for thread in threads:
        thread.join(timeout=10)
    for one in sockets:
        one.close()


def test_a_session_begins_with_the_greeting(qemu):
    monitor = qemu(GREETING, b'{"return": {}}\r\n', b'{"return": {"status": "running"}}\r\n')
    monitor.open()
    assert monitor.execute("query-status") == {"status": "running"}


def test_events_between_the_answers_are_kept(qemu):
    event = b'{"event": "RESET", "data": {"guest": true}}\r\n'
    monitor = qemu(GREETING + event, event + b'{"return": {}}\r\n' + event)
    monitor.open()
    while monitor.receive():
        pass
    assert [event["event"] for event in monitor.events] == ["RESET"] * 3


def test_a_refused_command_is_an_error_with_its_description(qemu):
    monitor = qemu(b"", b'{"error": {"class": "GenericError", "desc": "no such device"}}\r\n')
    with pytest.raises(GuestconvError, match="screendump: no such device"):
        monitor.execute("screendump", filename="/tmp/x")


def test_the_answer_to_a_command_that_was_given_up_is_not_that_to_the_next(qemu):
    late = b'{"return": "registers", "id": 1}\r\n'
    monitor = qemu(b"", b'{"error": {"desc": "busy"}, "id": 1}\r\n', late + b'{"return": [], "id": 2}\r\n')
    with pytest.raises(GuestconvError, match="busy"):
        monitor.execute("human-monitor-command")
    assert monitor.execute("query-blockstats") == []


@pytest.mark.parametrize("size, is_text", [("720 400", True), ("640 400", False), ("1024 768", False)])
def test_a_picture_of_the_text_mode_is_known_by_its_size(size, is_text):
    assert display.is_text_mode(f"P6\n{size}\n255\n".encode()) == is_text
    assert not display.is_text_mode(b"P5")


def test_a_qemu_that_dies_before_its_greeting_is_an_error(qemu):
    with pytest.raises(GuestconvError) as caught:
        qemu(b"").open()
    assert caught.value.code == "qemu-failed"


def test_a_picture_becomes_a_png_of_the_same_pixels():
    pixels = bytes(range(18))
    png = png_from_ppm(b"P6\n3 2\n255\n" + pixels)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (3, 2)
    length = struct.unpack(">I", png[33:37])[0]
    assert zlib.decompress(png[41 : 41 + length]) == b"\0" + pixels[:9] + b"\0" + pixels[9:]


@pytest.mark.parametrize(
    "ppm", [b"", b"P5\n1 1\n255\n0", b"P6\n3 2\n255\n" + bytes(17), b"P6\n1 1\n65535\n" + bytes(6)]
)
def test_anything_else_is_no_picture(ppm):
    with pytest.raises(ValueError):
        png_from_ppm(ppm)


def test_the_first_firmware_that_the_host_has_is_taken_and_its_variables_copied(tmp_path):
    (tmp_path / "code").write_bytes(b"code")
    (tmp_path / "variables").write_bytes(b"variables")
    candidates = (
        Firmware(str(tmp_path / "code"), str(tmp_path / "none")),
        Firmware(str(tmp_path / "code"), str(tmp_path / "variables"), "qcow2"),
    )
    (tmp_path / "work").mkdir()
    found = firmware.prepare(str(tmp_path / "work"), candidates)
    assert found == Firmware(str(tmp_path / "code"), str(tmp_path / "work" / "uefi-variables"), "qcow2")
    assert (tmp_path / "work" / "uefi-variables").read_bytes() == b"variables"


def test_a_host_without_uefi_firmware_is_told_what_to_install(tmp_path):
    with pytest.raises(GuestconvError) as caught:
        firmware.prepare(str(tmp_path), ())
    assert caught.value.code == "uefi-firmware-not-found"
    assert "ovmf" in caught.value.hint
