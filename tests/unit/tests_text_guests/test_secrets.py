# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No key is in anything that a module returns or writes."""

from __future__ import annotations

import json
import re
import subprocess
from types import SimpleNamespace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.appliance import Appliance
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.failures import ApplianceError, CallFailed
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.secret import Secret
from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.trace import Trace
from ansible_collections.virttools.guestconv.plugins.module_utils.commands import convert, guest_run, inspect
from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.run.progress import Progress
from ansible_collections.virttools.guestconv.plugins.modules import guestconv_convert, guestconv_inspect
from ansible_collections.virttools.guestconv.plugins.plugin_utils import resume
from tests.text_guests import case
from tests.text_guests.disks import Disks

PASSPHRASE = "tr0ub4dor-and-3"
WRONG = "c0rrect-horse"
KEY_FILE = b"st4ple-key\n"
SECRETS = re.compile(r"tr0ub4dor|c0rrect|st4ple", re.IGNORECASE)
GUEST = f"""\
@os deb
@part sda1 type=ext4 uuid=u-boot
@kernel 6.1.0-50-amd64 path=/vmlinuz-6.1.0-50-amd64 initrd=/initrd.img-6.1.0-50-amd64
@file /grub/grub.cfg
menuentry 'Debian' {{
  linux  /vmlinuz-6.1.0-50-amd64 root=/dev/mapper/root ro
  initrd  /initrd.img-6.1.0-50-amd64
}}
@part sda2 uuid=11111111-2222-3333-4444-555555555555
@luks sda2 key={PASSPHRASE} type=ext4 uuid=u-root
@system
@kernel 6.1.0-50-amd64 path=none
@directory /boot
@file /etc/fstab
/dev/mapper/root / ext4 defaults 0 1
UUID=u-boot /boot ext4 defaults 0 2
@file /etc/crypttab
root /dev/sda2 none luks
data /dev/sda3 /etc/key luks,nofail
@file /etc/key
{KEY_FILE.decode().strip()}
@part sda3 uuid=99999999-2222-3333-4444-555555555555
@luks sda3 key=hex:{KEY_FILE.hex()} type=ext4 uuid=u-data
@directory /x
@expect converts
"""


class Module:
    """What commands use of a module. warnings: those that it was given."""

    def __init__(self, spec, check_mode=False, **params):
        self.params = {name: option.get("default") for name, option in spec.items()} | params
        self.check_mode = check_mode
        self.warnings = []

    def warn(self, warning):
        self.warnings.append(warning)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(command, spec, keys, ...) -> all that a run returned or wrote, as one text."""
    commands = []

    class Recorded(subprocess.Popen):
        def __init__(self, argv, *arguments, **options):
            commands.append([argv, options.get("env")])
            super().__init__(argv, *arguments, **options)

    monkeypatch.setattr(subprocess, "Popen", Recorded)

    def run(command, spec, keys, name, **params):
        disk = tmp_path / f"{name}.raw"
        disk.write_bytes(bytes(1 << 20))
        appliance = Disks(case.parse(GUEST, "guest", "guest"), tmp_path / name).appliance
        monkeypatch.setattr(type(appliance), "__enter__", lambda self: self)
        monkeypatch.setattr(guest_run, "Appliance", lambda disks, **_options: appliance)
        module = Module(
            spec, disks=[{"path": str(disk), "format": "raw"}], keys=keys, accelerator="tcg", target="kvm", **params
        )
        progress_file = tmp_path / "progress.json"
        progress = Progress([str(progress_file)], command.STEPS)
        try:
            result = getattr(command, command.__name__.rpartition(".")[2])(module, progress)
        except GuestconvError as error:
            result = error.as_result()
        written = progress_file.read_text() if progress_file.exists() else ""
        assert written or result.get("code") == "key-invalid"
        return result, json.dumps([result, module.warnings, written, commands], default=repr)

    return run


def test_a_run_that_ends_well_shows_no_key(run):
    keys = [{"device": "/dev/sda2", "passphrase": WRONG}, {"all": True, "passphrase": PASSPHRASE}]
    result, shown = run(inspect, guestconv_inspect.ARGUMENT_SPEC, keys, "a")
    assert list(result["guest"]["roots"]) == ["/dev/mapper/root"]
    assert not SECRETS.search(shown) and "<guestconv" in result["xml"] and result["timeline"]["calls"]


def test_a_conversion_shows_no_key_in_its_changes_and_diff(run):
    keys = [{"all": True, "passphrase": PASSPHRASE}]
    result, shown = run(
        convert, guestconv_convert.ARGUMENT_SPEC, keys, "b", check_mode=True, guest=None, dest=None, dest_format=None
    )
    assert result["changed"] and any(each["path"] == "/etc/crypttab" for each in result["changes"])
    assert not SECRETS.search(shown) and "qemu-img" in shown


@pytest.mark.parametrize("passphrase", (WRONG, ""), ids=("wrong", "empty"))
def test_a_run_that_fails_shows_no_key(run, tmp_path, passphrase):
    keys = [{"device": "/dev/sda2", "passphrase": passphrase}]
    result, shown = run(inspect, guestconv_inspect.ARGUMENT_SPEC, keys, "c")
    assert result["code"] == ("key-wrong" if passphrase else "key-invalid")
    assert not SECRETS.search(shown)


def test_a_trace_has_no_key(tmp_path):
    path = tmp_path / "trace.json"
    appliance = Appliance([], read_only=True)
    appliance._trace = Trace(str(path), pytest.fail)

    def fail(*_arguments):
        raise RuntimeError("cryptsetup exited with status 2: No key available with this passphrase.")

    appliance._handle = SimpleNamespace(cryptsetup_open=fail, write=lambda *_arguments: None)
    with pytest.raises(CallFailed):
        appliance.cryptsetup_open("/dev/sda2", Secret(PASSPHRASE), "guestconva")
    appliance.write("/key", KEY_FILE)
    shown = path.read_text(encoding="utf-8")
    assert "<secret>" in shown and "<11 bytes>" in shown and not SECRETS.search(shown)


def test_an_error_of_the_binding_has_no_key():
    appliance = Appliance([], read_only=True)

    def refuse(*_arguments):
        raise ValueError("embedded null character")

    appliance._handle = SimpleNamespace(cryptsetup_open=refuse)
    with pytest.raises(ApplianceError) as caught:
        appliance.cryptsetup_open("/dev/sda2", Secret(PASSPHRASE), "guestconva")
    assert not SECRETS.search(json.dumps(caught.value.as_result()))


def test_only_the_passphrase_is_hidden_by_ansible_and_not_the_names_of_devices():
    for module in (guestconv_inspect, guestconv_convert):
        option = module.ARGUMENT_SPEC["keys"]
        hidden = {name for name, suboption in option["options"].items() if suboption.get("no_log")}
        assert hidden == {"passphrase"} and option["no_log"] is False


def test_a_result_that_is_kept_to_resume_depends_on_the_devices_and_not_on_the_passphrase():
    def digest(**key):
        return resume.digest("guestconv_inspect", {"disks": ["a"], "keys": [key]})

    assert digest(all=True, passphrase=PASSPHRASE) == digest(all=True, passphrase=WRONG) != digest(device="/dev/sda2")
