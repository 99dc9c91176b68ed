# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the playbooks make of a fleet, on conversion hosts that answer with recorded results; test_fleet.py is real."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import yaml

from tests.benchmark import fleet

GUEST = "guest0001"
PHASES = ["fetch", "inspect", "convert", "verify"]
GONE = {"GUESTCONV_RECORDED_GONE": "1"}


@pytest.fixture
def place(tmp_path):
    """A fleet.Fleet of one guest."""
    return fleet.prepare(tmp_path / "fleet", 1)


def play(place, playbook, *arguments, variables=None, environment=None):
    """Run a playbook with these extra variables. Returns the ended process, its output as text."""
    command, usual = place.command(playbook, 2, *arguments, "-e", json.dumps(variables or {}))
    surroundings = {**os.environ, **usual, **(environment or {})}
    ended = subprocess.run(command, env=surroundings, cwd=place.scratch, capture_output=True, text=True, check=False)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended


def outcome(place, directory="run", guest=GUEST):
    return json.loads((place.scratch / directory / "outcomes" / f"{guest}.json").read_text(encoding="utf-8"))


def resumed(place):
    """{phase: whether its result was there before the run}."""
    return {phase["name"]: phase["resumed"] for phase in outcome(place)["phases"]}


def said(ended):
    return " ".join((ended.stdout + ended.stderr).split())


def test_a_guest_whose_disk_is_gone_is_fetched_and_converted_again(place):
    assert play(place, "migrate").returncode == 0
    assert play(place, "migrate").returncode == 0
    assert resumed(place) == dict.fromkeys(PHASES, True)
    assert play(place, "migrate", environment=GONE).returncode == 0
    assert resumed(place) == dict.fromkeys(PHASES, False)


def test_check_says_what_was_not_tried_and_leaves_the_report_alone(place):
    assert play(place, "migrate").returncode == 0
    files = {path: path.read_bytes() for path in (place.scratch / "run").rglob("*") if path.is_file()}
    tried = play(place, "migrate", "--check", environment=GONE)
    assert tried.returncode == 0, said(tried)
    assert "1 guest: 1 not tried. Report: " in said(tried) and (place.scratch / "run/check/index.html").exists()
    assert {path: path.read_bytes() for path in files} == files
    found = outcome(place, "run/check")
    assert (found["outcome"], found["check_mode"]) == ("skipped", True)
    assert "The disks are not on the conversion host" in found["message"]


def test_check_tells_what_would_be_converted(place):
    disks = {"guestconv_disks": ["/exports/guest0001.qcow2"]}
    tried = play(place, "migrate", "--check", variables=disks)
    assert tried.returncode == 0 and "1 guest: 1 would be converted. Report: " in said(tried)
    assert list(outcome(place, "run/check")["devices"]["after"]["network"]) == ["ens192"]
    assert list((place.scratch / "run" / "outcomes").iterdir()) == []


def test_a_guest_under_way_stays_where_it_is_when_conversion_hosts_are_added(place):
    assert play(place, "migrate").returncode == 0
    first = outcome(place)["conversion_host"]
    hosts = json.loads((place.scratch / "hosts.json").read_text(encoding="utf-8"))
    machines = hosts["all"]["children"]["guestconv_conversion_hosts"]["hosts"]
    # By its name alone it would be the first one's, of three.
    machines["conv3"] = machines["conv1"]
    (place.scratch / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    assert play(place, "migrate").returncode == 0
    assert outcome(place)["conversion_host"] == first == "conv2" and resumed(place)["verify"] is True
    del machines[first]
    (place.scratch / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    assert play(place, "migrate").returncode == 0
    assert outcome(place)["conversion_host"] in machines


def test_a_relative_directory_is_where_the_person_is(place):
    ended = play(place, "migrate", variables={"guestconv_directory": "out"}, environment={"PWD": ""})
    assert ended.returncode == 0, said(ended)
    made = {path.name for path in (place.scratch / "out").iterdir()}
    assert {"index.html", "outcomes", "screenshots", "state"} <= made
    assert not (fleet.ROOT / "playbooks" / "out").exists()


@pytest.mark.parametrize("playbook", ["inspect", "migrate", "recover"])
def test_a_pattern_that_is_no_guest_is_an_error(place, playbook):
    ended = play(place, playbook, variables={"guestconv_guests": "wave_9"})
    assert ended.returncode == 2 and "no-guests: wave_9 does not match a guest of the inventory" in said(ended)


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"guestconv_platform": "libvrt"},
            "guestconv_platform of guest0001 is libvrt, but must be one of none, libvirt,",
        ),
        (
            {"guestconv_hardware": "memory=2048", "guestconv_platform_options": "{}", "guestconv_expect": None},
            "variable-invalid: guestconv_hardware of guest0001 must be a dictionary. guestconv_platform_options of guest0001 "
            "must be a dictionary.",
        ),
        ({"guestconv_verify": "flase"}, "guestconv_verify of guest0001 is flase, but must be true or false."),
        (
            {"guestconv_source_copies": 1},
            "guestconv_source_copies of guest0001 is 1, but must be at least 2: one for each conversion host.",
        ),
        (
            {"guestconv_source_copies": 2, "guestconv_conversion_host": "conv9"},
            "guestconv_conversion_host of guest0001 is conv9, but must be one of conv1, conv2, among which",
        ),
    ],
)
def test_a_misspelt_value_is_found_before_anything_is_done(place, variables, sentence):
    # The plan would be one of what migrate refuses.
    ended = play(place, "plan" if "guestconv_platform" in variables else "migrate", variables=variables)
    assert ended.returncode == 2 and sentence in said(ended)
    assert not (place.scratch / "run" / "state").exists()


def test_names_and_variables_that_cannot_be_are_refused(tmp_path):
    tasks = [{"ansible.builtin.import_tasks": str(fleet.ROOT / "playbooks" / "tasks" / "variables.yml")}]
    hosts = {
        "web/01": {},
        "..": {},
        "web 01": {"guestconv_target": "kmv"},
        "größe": {"guestconv_devices_host": "network", "guestconv_devices_group": {"network": {}}},
    }
    machines = {"hosts": {"conv1": {"guestconv_slot": {"count": 2}, "guestconv_slots": {"count": 2}}}}
    inventory = {"all": {"hosts": hosts, "children": {"guestconv_conversion_hosts": machines}}}
    inventory["all"]["children"]["guestconv_conversion_host"] = {"hosts": {"web 01": {}}}
    inventory["all"]["vars"] = {"guestconv_platfrom": "libvirt", "guestconv_keys": [], "own": 1}
    inventory["all"]["vars"]["guestconv_devices_all"] = [{"when": {"distribution": "debian"}, "netwrok": {}}]
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]), encoding="utf-8"
    )
    command = ["ansible-playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    rule = "is the name of a guest, but cannot be the name of a file: its disks, state and outcome are called so."
    assert ended.returncode == 2 and f"variable-invalid: web/01 {rule} .. {rule}" in said(ended)
    assert "guestconv_target of web 01 is kmv, but must be one of kvm, libvirt," in said(ended)
    assert "guestconv_devices_host of größe must be a list of rules, and a rule is a dictionary." in said(ended)
    assert "guestconv_devices_all of web/01 and 3 more has a rule with the key netwrok, but known are when," in said(
        ended
    )
    assert (
        "The inventory has the group guestconv_conversion_host, which the collection does not use. Did you mean "
        "guestconv_conversion_hosts? guestconv_platfrom is set for conv1 and 4 more, but the collection has no such variable. "
        "Did you mean guestconv_platform? guestconv_slot is set for conv1, but the collection has no such variable. "
    ) in said(ended)
    assert (
        "guestconv_keys" not in said(ended)
        and "guestconv_devices_group" not in said(ended)
        and "guestconv_slots is set" not in said(ended)
    )


def test_localhost_among_the_conversion_hosts_is_not_connected_to(tmp_path):
    tasks = [
        {"ansible.builtin.import_tasks": str(fleet.ROOT / "playbooks" / "tasks" / "conversion_hosts.yml")},
        {"ansible.builtin.ping": {}, "delegate_to": "localhost"},
    ]
    inventory = {"all": {"hosts": {"web01": {"ansible_host": "192.0.2.1"}}}}
    (tmp_path / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "web01", "gather_facts": False, "tasks": tasks}]), encoding="utf-8"
    )
    machines = json.dumps({"guestconv_conversion_hosts": ["localhost", "conv1"]})
    command = ["ansible-playbook", "-i", tmp_path / "hosts.json", tmp_path / "play.yml", "-e", machines]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, said(ended)


def _copy_slots(folder, variables, own=None):
    """{conversion host: what its guests get as guestconv_copy_slots}, of four conversion hosts. own: {name: its slots}."""
    folder.mkdir()
    names = [f"conv{number}" for number in range(1, 5)]
    guests = {f"guest-of-{name}": {"guestconv_conversion_host": name} for name in names}
    inventory = {"all": {"vars": variables, "children": {}}}
    inventory["all"]["children"] = {
        "guestconv_conversion_hosts": {
            "hosts": {
                **dict.fromkeys(names),
                **{name: {"guestconv_copy_slots": slots} for name, slots in (own or {"conv1": {"count": 8}}).items()},
            }
        },
        "fleet": {"hosts": guests},
    }
    found = {
        "content": "{{ guestconv_copy_slots | default({}) | to_json }}",
        "dest": f"{folder}/{{{{ inventory_hostname }}}}",
    }
    tasks = [
        {"ansible.builtin.import_tasks": str(fleet.ROOT / "playbooks" / "tasks" / "place.yml")},
        {"ansible.builtin.copy": {**found, "mode": "0600"}, "delegate_to": "localhost"},
    ]
    tried = [{"hosts": "fleet", "gather_facts": False, "vars": {"guestconv_run": str(folder)}, "tasks": tasks}]
    (folder / "hosts.json").write_text(json.dumps(inventory), encoding="utf-8")
    (folder / "play.yml").write_text(yaml.safe_dump(tried), encoding="utf-8")
    command = ["ansible-playbook", "-i", folder / "hosts.json", folder / "play.yml"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, said(ended)
    return {name: json.loads((folder / f"guest-of-{name}").read_text(encoding="utf-8")) for name in names}


def test_what_a_source_permits_is_divided_among_the_conversion_hosts(tmp_path):
    slots = _copy_slots(tmp_path / "six", {"guestconv_source_copies": 6})
    assert {name: found["per_source"] for name, found in slots.items()} == {
        "conv1": 1,
        "conv2": 2,
        "conv3": 1,
        "conv4": 2,
    }
    assert slots["conv1"]["count"] == 8 and "count" not in slots["conv2"]
    # From -e it is text; and what a conversion host has by itself stays without it.
    slots = _copy_slots(tmp_path / "text", {"guestconv_source_copies": "11"})
    assert sum(found["per_source"] for found in slots.values()) == 11
    # The smaller one of what the machine and the source permit.
    own = {f"conv{number}": {"per_source": most} for number, most in ((1, 1), (2, 2), (3, 9), (4, None))}
    slots = _copy_slots(tmp_path / "own", {"guestconv_source_copies": 8}, own)
    assert [slots[name]["per_source"] for name in sorted(slots)] == [1, 2, 2, 2]
    slots = _copy_slots(tmp_path / "none", {})
    assert slots == {"conv1": {"count": 8}, "conv2": {}, "conv3": {}, "conv4": {}}


def test_names_that_a_map_lacks_are_one_error_before_anything_is_fetched(place):
    hardware = {"interfaces": [{"mac": "00:50:56:aa:bb:cc", "network": "VLAN 9"}], "disks": [{"storage": "ds1"}]}
    maps = {"guestconv_networks": {"VLAN 7*": "lan"}, "guestconv_storages": {"ds1": "fast"}}
    ended = play(place, "migrate", "--limit", GUEST, variables={"guestconv_hardware": hardware, **maps})
    assert ended.returncode == 2
    assert f"names-unmapped: The maps have no entry for: network 'VLAN 9' ({GUEST})." in said(ended)
    assert list((place.scratch / "run" / "outcomes").iterdir()) == []
    # The recorded guest has no facts of a source, so its names are those of the default.
    maps = {"guestconv_networks": {"default": {"bridge": "br7"}}, "guestconv_storages": {"default": "fast"}}
    options = {"guestconv_platform": "proxmox", "guestconv_verify": False, "define_disks": ["/images/web01.qcow2"]}
    ended = play(place, "migrate", variables={"guestconv_hardware": hardware, **maps, **options})
    assert ended.returncode == 0, said(ended)
    definition = yaml.safe_load((place.scratch / "run" / "definitions" / GUEST).read_text(encoding="utf-8"))
    assert definition["virtio"] == {"virtio0": "fast:0,import-from=/images/web01.qcow2"}
    assert definition["net"]["net0"].endswith(",bridge=br7")


@pytest.mark.parametrize("known", [{}, {"guestconv_hardware": {"memory": 4096}}])
def test_a_guest_whose_networks_are_not_known_is_looked_at_for_the_maps(place, known):
    ended = play(place, "migrate", variables={"guestconv_networks": {"lan": "lan"}, **known})
    assert ended.returncode == 2 and "Read what the source knows of the guest, without copying" in said(ended)
    assert f"a network that the source has no name for ({GUEST})" in said(ended)


def test_what_a_policy_gets_wrong_has_its_code_whatever_the_users_strategy_is(place):
    policy = {"guestconv_devices_all": [{"network": {"*": {"driver": "e100"}}}]}
    ended = play(place, "migrate", variables=policy, environment={"ANSIBLE_STRATEGY": "free"})
    assert ended.returncode == 2
    found = outcome(place)
    assert (found["phase"], found["code"]) == ("convert", "policy-not-possible")
    assert found["message"] == "network ens192 of this guest cannot have the driver e100."
    assert found["hint"] == "Allowed: virtio-net-pci, e1000e, e1000, rtl8139."
    where = f"(task: Convert the guest, conversion host: {found['conversion_host']})"
    assert f"policy-not-possible: {found['message']} What to do: {found['hint']} {where}" in said(ended)


def test_a_definition_that_fails_is_a_failure_of_that_phase(place):
    assert play(place, "migrate", variables={"guestconv_platform": "kubevirt"}).returncode == 2
    found = outcome(place)
    assert (found["phase"], found["code"]) == ("define", "argument-invalid")
    assert "volumes" in found["message"]


def test_a_cache_of_facts_does_not_take_the_copies_for_the_source(place):
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(place.scratch / "cache")}
    assert play(place, "migrate", environment=cache).returncode == 0
    (kept,) = [path for path in (place.scratch / "cache").iterdir() if path.name.endswith(GUEST)]
    facts = json.loads(kept.read_text(encoding="utf-8"))
    facts = json.loads(facts["__payload__"]) if "__payload__" in facts else facts
    assert set(facts) == {"guestconv_guest"}


def test_recover_fails_a_guest_whose_conversion_host_is_away(place):
    assert play(place, "migrate").returncode == 0
    hosts = json.loads((place.scratch / "hosts.json").read_text(encoding="utf-8"))
    # There nobody listens.
    away = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
    hosts["all"]["children"]["guestconv_conversion_hosts"]["hosts"] = {"conv1": away, "conv2": away}
    (place.scratch / "hosts.json").write_text(json.dumps(hosts), encoding="utf-8")
    ended = play(place, "recover")
    assert ended.returncode == 2
    assert "conversion-host-unreachable: The conversion host conv" in said(ended)
    assert f"{GUEST} : ok=" in said(ended) and "unreachable=0 failed=1" in said(ended)
