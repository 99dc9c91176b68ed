# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.virttools.guestconv.plugins.inventory import guests
from ansible_collections.virttools.guestconv.plugins.module_utils.sources import discovery
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import libvirt_domains
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.kinds.entries import without_facts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.sources.storage import (
    GIB,
    domain,
    ova,
    place,
    qcow2,
    vmdk,
    vmx,
)

COLLECTIONS = Path(guests.__file__).parents[5]
RAW = b"\xeb\x63" * 512


def run(folder, *configurations, arguments=("--list",)):
    """The finished `ansible-inventory` with these configurations, each a dict or a text."""
    command = [sys.executable, "-m", "ansible", "inventory", *arguments]
    for number, configuration in enumerate(configurations):
        path = folder / f"{number}.guests.yml"
        text = (
            configuration
            if isinstance(configuration, str)
            else json.dumps({"plugin": "virttools.guestconv.guests", **configuration})
        )
        path.write_text(text, encoding="utf-8")
        command += ["-i", str(path)]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_NOCOLOR": "1",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
    }
    return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)


def listed(finished):
    """(variables of the hosts, {group: its hosts}, all warnings as one line)."""
    assert finished.returncode == 0, finished.stderr
    groups = plain(json.loads(finished.stdout))
    variables = groups.pop("_meta")["hostvars"]
    hosts = {name: group.get("hosts", []) for name, group in groups.items()}
    return variables, hosts, " ".join(finished.stderr.split())


def plain(value):
    """value without the marks that `ansible-inventory` sets at strings which are no templates."""
    if isinstance(value, dict):
        return value.get("__ansible_unsafe", {key: plain(one) for key, one in value.items()})
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Where guests of every kind are kept."""
    folder = tmp_path_factory.mktemp("exports")
    return place(
        folder,
        {
            "web01-disk1.qcow2": qcow2(20 * GIB),
            "web01-disk2.qcow2": qcow2(20 * GIB),
            "files.ova": ova(),
            "vmware/vm.vmx": vmx("My VM", "vm.vmdk"),
            "vmware/vm.vmdk": vmdk(300 * GIB),
            "db.xml": domain("db", folder / "db.raw", "raw"),
            "db.raw": RAW,
            "remote.xml": domain("remote", "/nowhere/x.qcow2"),
            "broken.ova": b"hello",
            "a-template.qcow2": qcow2(),
            "one/same.qcow2": qcow2(),
            "two/same.qcow2": qcow2(),
        },
    )


@pytest.fixture(scope="module")
def inventory(exports, tmp_path_factory):
    configuration = {
        "paths": [str(exports)],
        "exclude": ["*-template*", "remote-not"],
        "compose": {"total": "(guestconv_size // 1024 ** 3) ~ ' GiB'", "shown": "guestconv_name"},
        "groups": {"from_vmware": "'vmware' in guestconv_source.path | default('')"},
        "keyed_groups": [{"key": "guestconv_hardware.cpus | string", "prefix": "cpus"}],
    }
    return listed(run(tmp_path_factory.mktemp("inventory"), configuration))


def without_facts_of(variables):
    """The variables of a host less the further facts of its machine: see test_facts.py."""
    return {**variables, "guestconv_hardware": without_facts({"hardware": variables["guestconv_hardware"]})["hardware"]}


def same(exports, inventory):
    """The names of the two guests that are both called same."""
    return sorted(name for name in inventory[0] if name.startswith("same-"))


def test_guests_are_hosts(exports, inventory):
    assert sorted(inventory[0]) == sorted(["web01", "files", "My-VM", "db", "remote", *same(exports, inventory)])


def test_a_guest_of_disks_has_what_the_modules_take(exports, inventory):
    disks = [
        {"path": f"{exports}/web01-disk{number}.qcow2", "format": "qcow2", "device": device}
        for number, device in ((1, "sda"), (2, "sdb"))
    ]
    assert inventory[0]["web01"] == {
        "guestconv_source": {"type": "disks", "disks": disks},
        "guestconv_disks": disks,
        "guestconv_name": "web01",
        "guestconv_size": 40 * GIB,
        "total": "40 GiB",
        "shown": "web01",
    }


def test_a_guest_in_an_ova_has_no_disks_to_be_used_as_they_are(exports, inventory):
    assert without_facts_of(inventory[0]["files"]) == {
        "guestconv_source": {"type": "ova", "path": f"{exports}/files.ova"},
        "guestconv_hardware": {
            "firmware": "bios",
            "cpus": 2,
            "memory": 2048,
            "disks": [
                {
                    "controller": "ahci",
                    "bus": "sata",
                    "controller_number": 0,
                    "unit": 0,
                    "serial": "VB1df03ad7-a5f7d2d1",
                }
            ],
            "interfaces": [{"mac": "08:00:27:4b:dd:31", "driver": "e1000"}],
        },
        "guestconv_name": "files",
        "guestconv_size": GIB,
        "total": "1 GiB",
        "shown": "files",
    }


def test_a_guest_of_vmware_has_the_disks_beside_its_vmx(exports, inventory):
    variables = inventory[0]["My-VM"]
    assert variables["guestconv_name"] == "My VM"
    assert variables["guestconv_source"] == {"type": "vmx", "path": f"{exports}/vmware/vm.vmx"}
    assert variables["guestconv_disks"] == [{"path": f"{exports}/vmware/vm.vmdk", "format": "vmdk", "device": "sda"}]


def test_the_disks_of_a_domain_are_usable_where_they_are(exports, inventory):
    assert inventory[0]["db"]["guestconv_disks"] == [{"path": f"{exports}/db.raw", "format": "raw", "device": "vda"}]
    assert "guestconv_disks" not in inventory[0]["remote"]
    assert "guestconv_size" not in inventory[0]["remote"]


def test_groups_are_made_of_what_is_known(exports, inventory):
    groups = {name: sorted(hosts) for name, hosts in inventory[1].items() if hosts}
    twins = same(exports, inventory)
    assert groups == {
        "guestconv_guests": sorted(inventory[0]),
        "guestconv_source_disks": [*twins, "web01"],
        "guestconv_source_ova": ["files"],
        "guestconv_source_vmx": ["My-VM"],
        "guestconv_source_libvirt": ["db", "remote"],
        "guestconv_format_qcow2": ["remote", *twins, "web01"],
        "guestconv_format_raw": ["db"],
        "guestconv_format_vmdk": ["My-VM", "files"],
        "guestconv_firmware_bios": ["My-VM", "db", "files", "remote"],
        "guestconv_size_small": ["db", "files", *twins],
        "guestconv_size_medium": ["web01"],
        "guestconv_size_large": ["My-VM"],
        "from_vmware": ["My-VM"],
        "cpus_1": ["My-VM"],
        "cpus_2": ["db", "files", "remote"],
    }


def test_one_broken_guest_is_warned_of_and_hides_no_other(exports, inventory):
    assert f"{exports}/broken.ova" in inventory[2].replace(" ", "").replace("\n", "")
    assert "source-malformed" in inventory[2]


def test_guests_of_the_same_name_are_told_apart_by_where_they_are(exports, inventory):
    twins = same(exports, inventory)
    assert len(twins) == 2
    assert "2 guests are called same." in inventory[2]
    assert all(name in inventory[2] for name in twins)
    (first,) = discovery.find([str(exports / "one")]).guests
    assert f"same-{guests._suffix(first)}" in twins


def test_a_disk_that_two_guests_have_is_warned_of(tmp_path):
    disk = tmp_path / "web.raw"
    place(tmp_path, {"web.raw": RAW, "web.xml": domain("web", disk, "raw"), "clone.xml": domain("clone", disk, "raw")})
    variables, _groups, warnings = listed(run(tmp_path, {"paths": ["."]}))
    assert sorted(variables) == ["clone", "web"]
    assert "clone and web have the same disk" in warnings


def test_guests_with_disks_of_their_own_are_not_warned_of(exports, inventory):
    assert "have the same disk" not in inventory[2]


def test_a_configuration_that_names_no_place_is_warned_of(tmp_path):
    assert "Neither paths nor uri is set" in listed(run(tmp_path, {"exclude": ["x"]}))[2]


def test_the_graph_has_the_groups(exports, tmp_path):
    finished = run(tmp_path, {"paths": [str(exports / "files.ova")]}, arguments=("--graph",))
    assert finished.returncode == 0
    assert "@guestconv_source_ova:\n  |  |--files\n" in finished.stdout


def test_paths_are_relative_to_the_configuration(tmp_path):
    place(tmp_path, {"here/a.raw": RAW})
    variables, _groups, _warnings = listed(run(tmp_path, {"paths": ["here", "./here/*.raw"]}))
    assert variables["a"]["guestconv_source"]["disks"][0]["path"] == f"{tmp_path}/here/a.raw"


def test_with_strict_a_broken_guest_is_an_error(exports, tmp_path):
    finished = run(tmp_path, {"paths": [str(exports / "broken.ova")], "strict": True})
    assert finished.returncode != 0
    assert "not a tar archive" in " ".join(finished.stderr.split())
    assert "Traceback" not in finished.stderr


def test_a_name_is_never_evaluated(tmp_path):
    witness = tmp_path / "ran"
    hostile = "{{ lookup('pipe', 'touch " + str(witness) + "') }}"
    place(tmp_path, {"a.vmx": vmx(hostile, "a.vmdk"), "a.vmdk": vmdk()})
    configuration = {
        "paths": ["a.vmx"],
        "compose": {"shown": "guestconv_name ~ '!'"},
        "keyed_groups": [{"key": "guestconv_name", "prefix": "n"}],
    }
    (variables,) = listed(run(tmp_path, configuration))[0].values()
    assert (variables["guestconv_name"], variables["shown"]) == (hostile, hostile + "!")
    assert not witness.exists()


# libvirt


@pytest.fixture
def libvirt_uri(tmp_path):
    pytest.importorskip("libvirt", reason="libvirt's binding belongs to the distribution's Python, which this is not")
    place(tmp_path, {"pool/web.qcow2": qcow2(5 * GIB)})
    domains = b"".join(
        one.replace(b"kvm", b"test")
        for one in (
            domain("web", tmp_path / "pool" / "web.qcow2"),
            domain("db", "/nowhere/db.qcow2"),
            domain("test-1", "/nowhere/test.qcow2"),
            domain("odd", "/x")
            .replace(b"<source file='/x'/>", b"")
            .replace(b"device='disk'", b"device='floppy'")
            .replace(b"dev='vda' bus='virtio'", b"dev='fda' bus='fdc'"),
        )
    )
    place(
        tmp_path,
        {
            "node.xml": b"<node><cpu><mhz>1</mhz><model>x</model><active>1</active><nodes>1</nodes><sockets>1"
            b"</sockets><cores>1</cores><threads>1</threads></cpu><memory>1024</memory>" + domains + b"</node>"
        },
    )
    return f"test://{tmp_path}/node.xml"


def test_the_domains_of_a_libvirt_are_guests(tmp_path, libvirt_uri):
    configuration = {"uri": libvirt_uri, "paths": ["pool"], "exclude": ["test-*"]}
    variables, groups, warnings = listed(run(tmp_path, configuration))
    # The disk of a domain is no guest of its own.
    assert sorted(variables) == ["db", "web"] == sorted(groups["guestconv_source_libvirt"])
    assert without_facts_of(variables["web"]) == {
        "guestconv_source": {"type": "libvirt", "uri": libvirt_uri, "name": "web"},
        "guestconv_hardware": {
            "firmware": "bios",
            "cpus": 2,
            "memory": 512,
            "disks": [
                {
                    "controller": "virtio-blk-pci",
                    "boot_order": 1,
                    "bus": "virtio",
                    "storage": f"{tmp_path}/pool",
                }
            ],
            "interfaces": [],
        },
        "guestconv_disks": [{"path": f"{tmp_path}/pool/web.qcow2", "format": "qcow2", "device": "vda"}],
        "guestconv_name": "web",
        "guestconv_size": 5 * GIB,
    }
    assert "guestconv_disks" not in variables["db"]
    assert "odd describes no disk" in warnings


def test_a_libvirt_that_does_not_answer_is_an_error_and_not_an_empty_inventory(tmp_path):
    pytest.importorskip("libvirt", reason="libvirt's binding belongs to the distribution's Python, which this is not")
    finished = run(tmp_path, {"uri": "qemu+unix:///system?socket=/nowhere"})
    assert finished.returncode != 0
    assert "does not answer" in " ".join(finished.stderr.split())


# The documentation


def test_the_examples_are_configurations_that_work(exports, tmp_path):
    examples = list(yaml.safe_load_all(guests.EXAMPLES))
    options = yaml.safe_load(guests.DOCUMENTATION)["options"]
    assert len(examples) == 3
    texts = [
        part.replace("/exports", str(exports)).replace("/vmfs/volumes/datastore1", str(exports / "vmware"))
        for part in guests.EXAMPLES.split("\n---\n")
    ]
    place(tmp_path, {"appliances/a.ova": ova(name="appliance")})
    for example in examples:
        assert set(example) <= {*options, "compose", "groups", "keyed_groups"}
    variables, groups, _warnings = listed(run(tmp_path, *texts[:2]))
    assert {"appliance", "My-VM", "web01"} <= set(variables)
    assert variables["My-VM"]["guestconv_conversion_host"] == "conv1"
    assert groups["wave_1"] == ["appliance"]
    assert sorted(groups["folder_appliances"] + groups["folder_vmware"]) == ["My-VM", "appliance"]


def test_the_example_of_libvirt_works(tmp_path, libvirt_uri):
    text = guests.EXAMPLES.split("\n---\n")[2].replace("qemu:///system", libvirt_uri).replace("strict: true", "")
    assert {"web", "db"} <= set(listed(run(tmp_path, text))[0])


@pytest.mark.parametrize(
    ("name", "mine"),
    [
        ("exports.guests.yml", True),
        ("guests.yaml", True),
        ("kvm.guestconv.yml", True),
        ("guestconv.yaml", True),
        ("hosts.yml", False),
        ("guests.json", False),
        ("guests.yml.bak", False),
    ],
)
def test_a_configuration_is_known_by_its_name(tmp_path, name, mine):
    (tmp_path / name).write_text("")
    assert guests.InventoryModule().verify_file(str(tmp_path / name)) == mine


# Names


def named(name, origin="/exports/file.ova"):
    return guests.host_name(discovery.Guest({}, origin, {"name": name}))


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("web01", "web01"),
        ("web01.example.com", "web01.example.com"),
        ("My VM (old)", "My-VM--old"),
        ("web[1:3]", "web-1-3"),
        ("web:22", "web-22"),
        ("!all", "guest-all"),
        ("a,b&c", "a-b-c"),
        ("-rf", "rf"),
        ("Büro", "Büro"),
        ("Bu\u0308ro", "Büro"),
        ("日本", "日本"),
        ("localhost", "guest-localhost"),
        ("all", "guest-all"),
        ("  ", "file"),
        ("", "file"),
    ],
)
def test_the_name_of_a_guest_becomes_one_of_a_host(name, host):
    assert named(name) == host


def test_a_guest_without_any_name_is_a_guest():
    assert named("///", "/exports/---.ova") == "guest"


@given(st.text(max_size=30))
def test_no_name_of_a_host_is_a_pattern_a_range_or_an_option(name):
    host = named(name)
    assert host and host[0] not in "-.~!&@" and not set(host) & set(" :,[]{}*?&!@/\\\n\t'\"")


def test_the_size_of_a_guest_is_a_group_only_when_it_is_known():
    guest = discovery.Guest({"type": "ova"}, "/x.ova", {"name": "x", "disks": [{"format": "raw"}], "hardware": {}})
    sizes = [guests.groups_of(guest, size)[3:] for size in (None, 1, 32 * GIB, 32 * GIB + 1, 256 * GIB, 1 << 50)]
    assert sizes == [
        [],
        ["guestconv_size_small"],
        ["guestconv_size_small"],
        ["guestconv_size_medium"],
        ["guestconv_size_medium"],
        ["guestconv_size_large"],
    ]


def test_a_libvirt_elsewhere_has_no_disks_that_could_be_used_here(monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda _path: True)
    description = {"name": "x", "disks": [{"path": "/a.qcow2"}], "hardware": {}}
    here, there = (
        discovery.Guest({"type": "libvirt", "uri": uri, "name": "x"}, uri, description)
        for uri in ("qemu:///system", "qemu+ssh://kvm1/system")
    )
    assert guests.variables_of(here)["guestconv_disks"] == [{"path": "/a.qcow2"}]
    assert "guestconv_disks" not in guests.variables_of(there)
    assert libvirt_domains.is_local("qemu:///system")


def test_a_guest_whose_disk_is_below_that_of_another_is_a_warning(tmp_path):
    for name, backing in (("base", ""), ("web", "base.qcow2")):
        (tmp_path / f"{name}.qcow2").write_bytes(qcow2(backing=backing))
        (tmp_path / f"{name}.xml").write_bytes(domain(name, tmp_path / f"{name}.qcow2"))
    _variables, _groups, warnings = listed(run(tmp_path, {"paths": [str(tmp_path)]}))
    assert "is a backing file of web" in " ".join(warnings.split())


def test_a_disk_that_two_guests_name_by_different_paths_is_shared(tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "quorum.vmdk").write_bytes(vmdk())
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.vmx").write_bytes(vmx(name, "../shared/quorum.vmdk"))
    _variables, _groups, warnings = listed(run(tmp_path, {"paths": [str(tmp_path)]}))
    assert "a and b have the same disk" in " ".join(warnings.split())
