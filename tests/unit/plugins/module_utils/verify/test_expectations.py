# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import socket
import time
from contextlib import contextmanager

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import hardware
from ansible_collections.virttools.guestconv.plugins.module_utils.verify import expectations
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.expectations import Expected

STATIC = [{"driver": "e1000", "addresses": ["10.0.2.15/24"]}]
DHCP = [{"driver": "e1000"}]
SERIAL = {"driver": "isa-serial"}


def machine(**more):
    return hardware.from_dict(dict({"disks": [{"driver": "ahci"}]}, **more))


@pytest.mark.parametrize(
    "value, more, expected",
    [
        (None, {"interfaces": STATIC}, Expected(port=22)),
        ({}, {"interfaces": STATIC, "console": SERIAL}, Expected(port=22)),
        (None, {"interfaces": DHCP, "console": SERIAL}, Expected(login=True)),
        (None, {"interfaces": [dict(DHCP[0], addresses=["fd00::5/64"])], "console": SERIAL}, Expected(login=True)),
        (None, {"interfaces": STATIC, "console": SERIAL, "windows": "10.0.18362"}, Expected(login=True)),
        # As a module's suboptions arrive.
        ({"port": None, "banner": None, "login": None, "agent": None}, {"console": SERIAL}, Expected(login=True)),
        ({"port": 25, "banner": "220 "}, {"interfaces": DHCP}, Expected(port=25, banner="220 ")),
        ({"banner": "SSH-2.0"}, {"interfaces": DHCP}, Expected(port=22, banner="SSH-2.0")),
        ({"login": True, "agent": True}, {"console": SERIAL}, Expected(login=True, agent=True)),
        ({"agent": True}, {}, Expected(agent=True)),
    ],
)
def test_what_is_expected(value, more, expected):
    assert expectations.from_dict(value, machine(**more)) == expected


@pytest.mark.parametrize(
    "value, more, path",
    [
        ({"port": 22}, {}, "expect.port"),
        ({"login": True}, {"interfaces": STATIC}, "expect.login"),
        (None, {}, "expect.login"),
        ({"port": 22, "banner": ""}, {"interfaces": STATIC}, "expect.banner"),
        ({"port": 70000}, {"interfaces": STATIC}, "expect.port"),
        ({"port": 0}, {"interfaces": STATIC}, "expect.port"),
        ({"port": 0, "agent": True}, {"interfaces": STATIC}, "expect.port"),
    ],
)
def test_what_the_hardware_cannot_show_is_refused_before_the_boot(value, more, path):
    with pytest.raises(GuestconvError) as caught:
        expectations.from_dict(value, machine(**more))
    assert (caught.value.code, caught.value.path) == ("expectation-impossible", path)


@contextmanager
def server():
    """A listening socket, and the Service that looks for SSH- there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(60)
        service = expectations.Service(listening.getsockname()[1], "SSH-", "10.0.2.15 port 22")
        try:
            yield listening, service
        finally:
            service.close()


def check_until(service, condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        service.check()


def test_a_service_that_says_the_banner_is_met():
    with server() as (listening, service):
        service.check()
        guest, _address = listening.accept()
        with guest:
            # In two parts, as an emulated guest may send it.
            guest.sendall(b"SS")
            check_until(service, lambda: service._heard)
            assert not service.met
            guest.sendall(b"H-2.0-OpenSSH_9.2\r\n")
            check_until(service, lambda: service.met)
        assert service.met


def test_a_connection_that_is_accepted_and_silent_is_not_met():
    with server() as (_listening, service):
        for _count in range(3):
            service.check()
        assert not service.met
        assert service.missing() == "nothing answered at 10.0.2.15 port 22"


def test_another_service_is_not_met_and_what_it_said_is_the_reason():
    with server() as (listening, service):
        service.check()
        guest, _address = listening.accept()
        with guest:
            guest.sendall(b"220 mail\r\n")
        check_until(service, lambda: service._heard)
        assert service.missing() == "10.0.2.15 port 22 answered '220 mail\\r\\n', not 'SSH-'"
        assert not service.met


def test_a_guest_that_refuses_is_asked_again(monkeypatch):
    monkeypatch.setattr(expectations, "_RETRY", 0)
    with server() as (listening, service):
        service.check()
        listening.accept()[0].close()
        service.check()
        guest, _address = listening.accept()
        with guest:
            guest.sendall(b"SSH-2.0\r\n")
            check_until(service, lambda: service.met)
        assert service.met


def test_a_port_that_nobody_listens_at_is_not_met():
    # Bound, so that nobody else listens there meanwhile.
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        service = expectations.Service(bound.getsockname()[1], "SSH-", "10.0.2.15 port 22")
        service.check()
        assert not service.met


class Part:
    def __init__(self, met, text):
        self.met = met
        self.missing = lambda: text


@pytest.mark.parametrize("met", [True, False])
def test_one_of_several_is_enough(met):
    several = expectations.AnyOf([Part(False, "nothing at a"), Part(met, "nothing at b")])
    assert several.met is met
    assert several.missing() == "nothing at a, nothing at b"


def test_a_login_prompt_once_seen_stays_seen():
    console = Console()
    login = expectations.Login(console)
    login.check()
    assert not login.met
    console.feed(b"\r\nweb01 login: ")
    login.check()
    console.feed(b"x" * 200000)
    login.check()
    assert login.met


def test_of_windows_the_end_of_its_first_boot_is_missing_and_no_prompt():
    console = Console()
    login = expectations.Login(console, is_windows=True)
    assert "first boot" in login.missing() and "prompt" not in login.missing()
    console.feed(b"guestconv: All steps are done\r\n")
    login.check()
    assert login.met


@pytest.mark.parametrize("answer, met", [(b'{"return": {}}\n', True), (b'{"error": {}}\n', False), (b"\xff7\n", False)])
def test_the_guest_agent_is_met_when_it_answers_the_ping(answer, met):
    ours, guest = socket.socketpair()
    with ours, guest:
        agent = expectations.Agent(ours)
        agent.check()
        assert json.loads(guest.recv(4096)) == {"execute": "guest-ping"}
        guest.sendall(answer[:4])
        agent.check()
        guest.sendall(answer[4:])
        agent.check()
        assert agent.met is met
