# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a definition says of the guest's system: libosinfo's id of it, a processor that it runs on, and names."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import (
    kubevirt,
    libvirt,
    openstack,
    osinfo,
    processors,
    proxmox,
)
from tests.unit.plugins.module_utils.platforms.samples import converted

NOWHERE = "/nonexistent"


def info(distribution, major=None, minor=None, product="", system="linux"):
    return {
        "os": system,
        "distribution": distribution,
        "product_name": product,
        "version": {"major": major, "minor": minor},
    }


def description(*infos):
    return {"roots": {f"/dev/sda{number}": {"info": each} for number, each in enumerate(infos)}}


@pytest.fixture(name="database")
def small_database(tmp_path):
    """A directory like osinfo-db's."""
    for name in ("debian.org/debian-11.xml", "debian.org/debian-12.xml", "debian.org/debian-testing.xml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return str(tmp_path)


@pytest.mark.parametrize(
    ("system", "found"),
    [
        (info("debian", 11, 7), "http://debian.org/debian/11"),
        (info("debian", 13, 0), "http://debian.org/debian/11"),
        (info("debian", 3, 0), None),
        (info("ubuntu", 22, 4), "http://ubuntu.com/ubuntu/22.04"),
        (info("rhel", 9, 4), "http://redhat.com/rhel/9.1"),
        (info("rhel", 6, 10), "http://redhat.com/rhel/6.10"),
        (info("centos", 7, 9, "CentOS Linux 7 (Core)"), "http://centos.org/centos/7.0"),
        (info("centos", 9, None, "CentOS Stream 9"), "http://centos.org/centos-stream/9"),
        (info("sles", 12, 5), "http://suse.com/sles/12.5"),
        (info("sles", 15, 0), "http://suse.com/sle/15"),
        (info("alpine", 3, 9), "http://alpinelinux.org/alpinelinux/3.9"),
        (info("rocky", 8, 3), "http://rockylinux.org/rocky/8"),
        (info("scientific", 7, 9), "http://scientificlinux.org/scientificlinux/7.6"),
        (info("opensuse", 13, 2), "http://opensuse.org/opensuse/13.2"),
        (info("mageia", 9, None), "http://mageia.org/mageia/8"),
        (info("arch"), "http://archlinux.org/archlinux/rolling"),
        (info("rhel"), None),
        (info("slackware", 15, 0), None),
        (info(None, 10, 0, "Windows Server 2012 R2 Standard", "windows"), "http://microsoft.com/win/2k12r2"),
        (info(None, 10, 0, "Windows Server 2025 Datacenter", "windows"), "http://microsoft.com/win/2k22"),
        (info(None, 10, 0, "Windows 10 Pro", "windows"), "http://microsoft.com/win/10"),
        (info(None, 6, 3, "Windows 8.1 Pro", "windows"), "http://microsoft.com/win/8.1"),
        (info(None, 5, 0, "Windows 2000", "windows"), None),
    ],
)
def test_a_system_has_the_newest_known_id_that_is_not_newer_than_it(system, found):
    assert osinfo.system_id(system, NOWHERE) == found


@pytest.mark.parametrize(
    "product, version, build, variant, word",
    [
        ("Hyper-V Server 2019", (10, 0), 17763, "server", "2k19"),
        ("Azure Stack HCI", (10, 0), 25398, "server", "2k22"),
        ("Windows Server Datacenter", (10, 0), 16299, "server", "2k16"),
        ("Windows Small Business Server 2011 Standard", (6, 1), 7601, "server", "2k8r2"),
        ("", (10, 0), 22631, "client", "11"),
        ("", (10, 0), 19045, "client", "10"),
        ("Windows Vista Business", (6, 0), 6002, "client", "vista"),
        ("Windows 2000", (5, 0), 2195, "client", None),
    ],
)
def test_a_windows_whose_name_does_not_say_it_is_known_by_its_build(product, version, build, variant, word):
    found = {**info(None, *version, product, "windows"), "build": build, "product_variant": variant}
    assert osinfo.system_id(found, NOWHERE) == (word and f"http://microsoft.com/win/{word}")


def test_the_database_of_the_machine_decides_where_there_is_one(database):
    assert osinfo.system_id(info("debian", 13, 0), database) == "http://debian.org/debian/12"
    assert osinfo.system_id(info("debian", 10, 0), database) is None


@pytest.mark.skipif(not Path(osinfo.DIRECTORY).is_dir(), reason="osinfo-db is not installed")
def test_every_id_that_is_written_down_here_is_one_of_the_real_database():
    for line in osinfo._LINES.values():
        assert set(line.versions(NOWHERE).items()) <= set(line.versions(osinfo.DIRECTORY).items())
    ids = [*osinfo._ROLLING.values(), *(f"http://microsoft.com/win/{word}" for _name, word in osinfo._WINDOWS)]
    assert [osinfo.known_id(each) for each in ids] == ids


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("http://debian.org/debian/12", "http://debian.org/debian/12"),
        ("http://debian.org/debian/13", "http://debian.org/debian/12"),
        ("http://debian.org/debian/sid", None),
        ("http://example.com/other/1", None),
        ("debian12-64", None),
        ("http://debian.org/debian/../../../etc/passwd", None),
        ("http://debian.org/debian/" + "9" * 5000, None),
    ],
)
def test_an_id_of_the_source_is_kept_as_far_as_it_is_known(database, source, found):
    assert osinfo.known_id(source, database) == found


@pytest.mark.parametrize(("version", "known"), [("13.2", "13.2"), ("15.3", "15.3"), ("15.6", "15.4"), ("42.3", "42.3")])
def test_an_id_of_leap_is_no_older_opensuse_without_a_database(version, known):
    found = osinfo.known_id(f"http://opensuse.org/opensuse/{version}", NOWHERE)
    assert found == f"http://opensuse.org/opensuse/{known}"
    system = info("opensuse-leap", *map(int, version.split(".")))
    assert osinfo.system_id(system, NOWHERE) == found


def domain(**options):
    return etree.fromstring(libvirt.define(converted(), "web01", ["/images/a.raw"], **options))


def test_a_domain_names_the_system():
    (system,) = domain(guest=description(info("arch"))).iter("{http://libosinfo.org/xmlns/libvirt/domain/1.0}os")
    assert system.get("id") == "http://archlinux.org/archlinux/rolling"
    assert domain(guest=description(info("slackware", 15))).find("metadata") is None


def test_a_processor_is_one_of_libvirts_modes_or_a_model():
    assert dict(domain().find("cpu").attrib) == {"mode": "host-passthrough"}
    assert dict(domain(cpu_model="host-model").find("cpu").attrib) == {"mode": "host-model"}
    named = domain(cpu_model="EPYC-Rome").find("cpu")
    assert (named.get("mode"), named.findtext("model")) == ("custom", "EPYC-Rome")
    emulated = domain(domain_type="qemu").find("cpu")
    assert emulated.get("mode") == "maximum" and emulated.find("feature").get("name") == "la57"


def test_other_platforms_have_the_model_that_was_asked_for():
    assert proxmox.define(converted(), "a", ["b:c"])["cpu"] == "host"
    assert proxmox.define(converted(), "a", ["b:c"], cpu_model="x86-64-v2-AES")["cpu"] == "x86-64-v2-AES"
    machine = kubevirt.define(converted(), "a", ["b"], cpu_model="host-model")["spec"]["template"]["spec"]["domain"]
    assert machine["cpu"] == {"cores": 1, "model": "host-model"}


@pytest.mark.parametrize(
    ("model", "system", "is_enough"),
    [
        ("qemu64", info("debian", 12), True),
        ("qemu64", info("rhel", 8), True),
        ("qemu64", info("rhel", 9), False),
        ("Nehalem-IBRS", info("rocky", 9), True),
        ("IvyBridge", info("rhel", 10), False),
        ("IvyBridge", info("almalinux", 10), True),
        ("Haswell", info("rhel", 10), True),
        ("Penryn", info("sles", 16), False),
    ],
)
def test_a_model_on_which_the_system_does_not_start_is_refused(model, system, is_enough):
    if is_enough:
        assert processors.model(model, "host", description(system)) == model
        return
    with pytest.raises(GuestconvError, match=f"{model} is one of x86-64-v") as caught:
        processors.model(model, "host", description(system))
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", "cpu_model")


@pytest.mark.parametrize(
    "options", [{"cpu_model": "a b"}, {"cpu_model": 7}, {"guest": {"hardware": {}}}, {"guest": "x"}]
)
def test_what_is_no_model_or_description_is_refused(options):
    with pytest.raises(GuestconvError) as caught:
        domain(**options)
    assert [caught.value.path] == list(options)


@pytest.mark.parametrize(
    ("define", "path", "suggestion"),
    [
        (lambda: libvirt.define(converted(), "a/b", ["/a.raw"]), "name", "For example: a-b."),
        (lambda: libvirt.define(converted(), " a", ["/a.raw"]), "name", "For example: a."),
        (lambda: libvirt.define(converted(), "a" * 252, ["/a.raw"]), "name", f"For example: {'a' * 251}."),
        (lambda: kubevirt.define(converted(), "Web_01", ["a"]), "name", "For example: web-01."),
        (lambda: kubevirt.define(converted(), "web01", ["Web 01"]), "volumes[0].claim", "For example: web-01."),
        (lambda: kubevirt.define(converted(), "a", ["b"], namespace="VMs"), "namespace", "For example: vms."),
        (lambda: proxmox.define(converted(), "web_01", ["a:b"]), "name", "For example: web-01."),
        (lambda: openstack.server_ports(converted(), "a" * 250, "lan"), "name", ""),
    ],
)
def test_a_name_that_the_platform_does_not_take_is_refused_with_one_that_it_takes(define, path, suggestion):
    with pytest.raises(GuestconvError) as caught:
        define()
    assert (caught.value.code, caught.value.path) == ("platform-option-invalid", path)
    assert caught.value.hint.endswith(suggestion)
