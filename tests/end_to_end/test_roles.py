# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that need no appliance; test_fleet.py has the others."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from tests.appliance.test_verify_boot import HALT, LOGIN, boot_sector
from tests.conftest import ROOT
from tests.end_to_end.conftest import own_ansible_playbook

HARDWARE = {
    "firmware": "bios",
    "machine": "q35",
    "disks": [
        {"device": "sda", "driver": "virtio-blk-pci", "bus": "virtio", "boot_order": 1, "name_on_target": "/dev/vda"}
    ],
    "interfaces": [{"name": "ens192", "driver": "e1000", "mac": "00:50:56:aa:bb:cc", "addresses": [], "gateway": None}],
    "video": {"driver": "VGA"},
    "console": {"driver": "isa-serial"},
}


def run_role(directory, role, variables, *options):
    """Run a role on localhost, from an environment that has lxml. Returns the completed process, its output as text."""
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": variables,
        "tasks": [
            {"name": "Run the role", "ansible.builtin.import_role": {"name": f"virttools.guestconv.{role}"}},
            {
                "name": "Keep what it found out",
                "ansible.builtin.copy": {
                    "content": "{{ {'slots': guestconv_slots | default({}), 'fetched': fetch_result | default({})} | to_json }}",
                    "dest": str(directory / "facts.json"),
                    "mode": "0600",
                },
            },
        ],
    }
    playbook = directory / "playbook.yml"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    command = [own_ansible_playbook(), str(playbook), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


# A description that is good; see tests/unit.
DESCRIPTION = "tests/unit/plugins/module_utils/fixtures/description_debian12_vmware.json"


@pytest.mark.parametrize(
    "role, known, passed",
    [("inspect", "tcg", "tcg"), ("inspect", "kvm", "auto"), ("convert", "tcg", "tcg"), ("verify", "tcg", "tcg")],
)
def test_a_machine_without_working_kvm_does_not_find_that_out_again_for_each_guest(tmp_path, role, known, passed):
    variables = {
        "guestconv_disks": ["/nowhere/web01.qcow2"],
        "guestconv_guest": json.loads((ROOT / DESCRIPTION).read_text(encoding="utf-8")),
        "guestconv_accelerator": known,
        "guestconv_converted_hardware": HARDWARE,
        f"{role}_retries": 0,
    }
    failed = run_role(tmp_path, role, variables, "-vvv")
    assert "disk-not-found" in failed.stdout, failed.stdout
    assert f'"accelerator": "{passed}"' in failed.stdout


def test_a_picture_that_an_interrupted_run_did_not_fetch_is_fetched_by_the_next_and_not_missed_if_it_is_gone(tmp_path):
    disk, picture = tmp_path / "images" / "web01.raw", tmp_path / "screen.png"
    disk.parent.mkdir()
    disk.write_bytes(boot_sector(LOGIN, HALT).ljust(1024**2, b"\0"))
    devices = {"disks": [{"driver": "ahci", "boot_order": 1}], "console": {"driver": "isa-serial"}}
    variables = {
        "verify_disks": [{"path": str(disk), "format": "raw"}],
        "verify_hardware": {**devices, "video": {"driver": "VGA"}},
        "verify_screenshot": str(picture),
        "verify_resume": str(tmp_path / "verify.json"),
        "verify_accelerator": "tcg",
    }

    def verified(resumed):
        ended = run_role(tmp_path, "verify", variables, "-v")
        assert ended.returncode == 0 and f'"resumed": {resumed}' in ended.stdout, ended.stdout + ended.stderr
        return picture.exists()

    assert verified("false")
    picture.unlink()
    assert verified("true")
    picture.unlink()
    (disk.parent / "localhost-console.png").unlink()
    assert not verified("true")


def test_conversion_host_makes_the_directory_and_finds_the_slots_and_has_nothing_to_do_again(tmp_path):
    variables = {
        # What is missing here, script/lib.sh installs.
        "conversion_host_install": False,
        "conversion_host_images": str(tmp_path / "images"),
        "conversion_host_free": 0,
        "conversion_host_gib_per_slot": 1000000,
    }
    first = run_role(tmp_path, "conversion_host", variables)
    assert first.returncode == 0, first.stdout + first.stderr
    assert (tmp_path / "images").stat().st_mode & 0o777 == 0o700
    facts = json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))
    assert facts["slots"] == {"count": 1, "directory": "/run/lock/guestconv"}
    assert "changed=0 " in run_role(tmp_path, "conversion_host", variables).stdout


def test_conversion_host_says_what_is_too_little(tmp_path):
    variables = {
        "conversion_host_install": False,
        "conversion_host_images": str(tmp_path),
        "conversion_host_free": 1000000000,
    }
    run = run_role(tmp_path, "conversion_host", variables)
    assert run.returncode == 2
    assert '"code": "images-full"' in run.stdout


def test_fetch_looks_again_whether_the_disk_and_its_source_are_as_they_were(tmp_path):
    source, copy = tmp_path / "source.raw", tmp_path / "images" / "localhost.qcow2"
    source.write_bytes(bytes(1024**2))
    variables = {
        "fetch_source": {"type": "disks", "disks": [{"path": str(source), "format": "raw"}]},
        "fetch_dest": str(copy.parent),
        "fetch_resume": str(tmp_path / "state" / "fetch.json"),
        "fetch_delay": 0,
    }

    def fetched():
        ended = run_role(tmp_path, "fetch", variables)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads((tmp_path / "facts.json").read_text(encoding="utf-8"))["fetched"]

    assert fetched()["resumed"] is False
    kept = (tmp_path / "state" / "fetch.json").read_bytes()
    assert fetched()["resumed"] is True and (tmp_path / "state" / "fetch.json").read_bytes() == kept
    copy.unlink()
    again = fetched()
    assert (again["resumed"], again["changed"]) == (False, True) and copy.exists()
    source.write_bytes(bytes(2 * 1024**2))
    changed = run_role(tmp_path, "fetch", variables)
    assert changed.returncode == 2 and '"code": "source-changed"' in changed.stdout


@pytest.mark.parametrize(
    "platform, options, part",
    [
        ("kubevirt", {"volumes": ["web01-root"], "namespace": "shop"}, {"kind": "VirtualMachine"}),
        ("openstack", {"networks": {"ens192": "dmz"}}, {"hw_disk_bus": "virtio", "hw_vif_model": "e1000"}),
        ("proxmox", {"volumes": ["local-lvm:vm-100-disk-0"]}, {"bios": "seabios"}),
    ],
)
def test_define_writes_what_the_platform_takes_and_nothing_twice(tmp_path, platform, options, part):
    variables = {
        "define_platform": platform,
        "define_name": "web01",
        "define_hardware": HARDWARE,
        "define_options": options,
        "define_file": str(tmp_path / "web01.yml"),
    }
    first = run_role(tmp_path, "define", variables)
    assert first.returncode == 0, first.stdout + first.stderr
    written = yaml.safe_load((tmp_path / "web01.yml").read_text(encoding="utf-8"))
    assert part.items() <= written.items()
    ports = tmp_path / "web01.yml-ports"
    if platform == "openstack":
        port = {"name": "web01-ens192", "network": "dmz", "mac_address": "00:50:56:aa:bb:cc"}
        assert yaml.safe_load(ports.read_text(encoding="utf-8")) == [port]
    else:
        assert not ports.exists()
    assert "changed=0 " in run_role(tmp_path, "define", variables).stdout
