# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy
import importlib.util
import json
import pathlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ansible_collections.virttools.guestconv.plugins.module_utils.errors import GuestconvError
from ansible_collections.virttools.guestconv.plugins.module_utils.model import document
from ansible_collections.virttools.guestconv.plugins.module_utils.model.document import from_xml, to_xml

FIXTURE = pathlib.Path(__file__).parents[1] / "fixtures" / "description_debian12_vmware.json"

NASTY_STRINGS = [
    "",
    " ",
    "\n",
    "\t",
    "\r",
    "\r\n",
    " padded ",
    "\x00",
    "a\x1bb",
    "\ud800",
    "\udfff",
    "\ud800\udc00",
    "\ufffe",
    "\uffff",
    "\U0001f5a5",
    "\\",
    "\\u0000",
    "\\u0000\x00",
    "C:\\Windows",
    "<!DOCTYPE x>",
    "<a>&amp;</a>",
    "]]>",
    "&#0;",
    "'\"",
    "e\u0301",
    "\u0085\u2028",
]
NASTY_KEYS = [
    "/dev/sda1",
    "/",
    "3com",
    "",
    "entry",
    "item",
    "driver",
    "id",
    "name",
    "key",
    "type",
    "kinds",
    "escaped",
    "updatable",
    "xmlns",
    "XML",
    "a:b",
    "-a",
    ".",
    "a b",
    "é",
    "a\n",
    "a\x00",
    "\ud800",
    "K",
    "\u212a",
    "__proto__",
]
# "Cs": hypothesis leaves the surrogates out unless they are named.
TEXT = st.sampled_from(NASTY_STRINGS) | st.text() | st.text(st.characters(categories=["Cs", "Cc"]))
KEYS = st.sampled_from(NASTY_KEYS) | TEXT
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["network", "block", "graphics", "console", "tape"])


def by_kind(values):
    return st.dictionaries(KINDS, st.dictionaries(KEYS, values, max_size=3), max_size=3)


MEMBERS = st.dictionaries(KEYS, VALUES, max_size=3)
CHOICES = st.fixed_dictionaries({}, optional={"driver": st.lists(TEXT, max_size=3) | VALUES}) | VALUES
DESCRIPTIONS = st.fixed_dictionaries(
    {
        "roots": st.dictionaries(
            KEYS, st.fixed_dictionaries({}, optional={"info": VALUES, "kernels": VALUES}) | MEMBERS, max_size=2
        )
    },
    optional={
        **dict.fromkeys(
            (
                "fingerprint",
                "checksum",
                "checksums",
                "target",
                "convertible",
                "concerns",
                "hardware",
                "boot",
                "transform",
            ),
            VALUES,
        ),
        "schema": st.integers(),
        "devices": by_kind(st.fixed_dictionaries({}, optional={"driver": TEXT | VALUES}) | MEMBERS),
        "current": by_kind(VALUES),
        "choices": by_kind(CHOICES),
        "unavailable": by_kind(VALUES),
    },
)


@pytest.fixture(name="guest")
def fixture_guest():
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


@pytest.fixture(name="root")
def fixture_root(guest):
    return etree.fromstring(to_xml(guest))


def read(root):
    return from_xml(etree.tostring(root, encoding="unicode"))


def failure_of(text):
    with pytest.raises(GuestconvError) as caught:
        from_xml(text)
    return caught.value


def same(left, right):
    """Equality that tells 1 from True and 1.0, and 0.0 from -0.0."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


# The identity


@given(DESCRIPTIONS)
def test_a_description_survives_the_way_through_xml(description):
    assert same(from_xml(to_xml(description)), description)


@pytest.mark.parametrize("key", NASTY_KEYS)
@pytest.mark.parametrize("value", [*NASTY_STRINGS, None, True, 0, 1.0, -0.0, 10**30, {}, [], [[], {}], {"": None}])
def test_nasty_keys_and_values_survive_in_every_section(key, value):
    description = {
        "boot": {key: value},
        "roots": {key: {key: value}},
        "devices": {"network": {key: {key: value}}, "console": {}},
        "current": {"network": {key: value}},
        "choices": {"network": {key: {"driver": [key, value]}}},
        "unavailable": {"network": {key: {key: value}}},
    }
    assert same(from_xml(to_xml(description)), description)


def test_a_real_description_survives_as_text_and_as_bytes(guest):
    assert from_xml(to_xml(guest)) == guest
    assert from_xml(to_xml(guest).encode("utf-8")) == guest


def test_a_description_survives_when_a_tool_writes_the_document_anew(guest):
    guest["roots"]["/dev/sda1"]["info"]["hostname"] = "wéb"
    root = etree.fromstring(to_xml(guest))
    for encoding in ("US-ASCII", "UTF-8"):
        written = etree.tostring(root, encoding=encoding, xml_declaration=True, pretty_print=True)
        assert from_xml(written) == guest
        assert from_xml(written.decode(encoding)) == guest


def test_comments_in_a_document_are_ignored(guest):
    text = to_xml(guest).replace("<hostname>web01", "<!-- was web00 --><hostname>web<?note?>0<!-- -->1")
    assert from_xml(text) == guest


def test_keys_keep_their_order(guest):
    assert list(from_xml(to_xml(guest))["roots"]["/dev/sda1"]["info"]) == list(guest["roots"]["/dev/sda1"]["info"])


def test_the_document_does_not_lose_an_unknown_key_silently(guest):
    guest["colour"] = "red"
    with pytest.raises(GuestconvError) as caught:
        to_xml(guest)
    assert (caught.value.code, caught.value.path) == ("xml-unknown-key", "colour")


# The layout


@pytest.mark.parametrize(
    ("xpath", "expected"),
    [
        ("/guestconv/@schema", ["1"]),
        ("/guestconv/convertible/text()", ["true"]),
        ("/guestconv/boot/loaders/sda/name/text()", ["grub2"]),
        ("/guestconv/transform/@type", ["list"]),
        ("/guestconv/root/@name", ["/dev/sda1"]),
        ("/guestconv/root[@name='/dev/sda1']/info/hostname/text()", ["web01"]),
        ("/guestconv/root/info/mountpoints/entry[@key='/']/text()", ["/dev/sda1"]),
        ("/guestconv/devices/block/@id", ["sda", "sdb"]),
        ("/guestconv/devices/network[@id='ens192'][@updatable='1']/@driver", ["virtio-net-pci"]),
        ("/guestconv/devices/network[@id='ens192']/driver/text()", ["virtio-net-pci", "e1000e", "e1000"]),
        ("/guestconv/facts/current/network[@id='ens192']/mac/text()", ["00:50:56:aa:bb:cc"]),
        (
            "/guestconv/facts/unavailable/graphics[@id='video0']/qxl-vga/text()",
            ["kernel 6.1.0-50-amd64 has no qxl module"],
        ),
    ],
)
def test_layout(root, xpath, expected):
    assert root.xpath(xpath) == expected


def test_the_document_is_indented(guest):
    assert '\n    <network id="ens192" driver="virtio-net-pci" updatable="1">\n      <driver>' in to_xml(guest)


# What a person does to a document


def test_setting_the_driver_attribute_sets_the_driver_and_nothing_else(guest, root):
    root.find("devices/network[@id='ens192']").set("driver", "e1000")
    guest["devices"]["network"]["ens192"]["driver"] = "e1000"
    assert read(root) == guest


@pytest.mark.parametrize(("kind", "identifier"), [("network", "ens192"), ("block", "sdb"), ("graphics", "video0")])
def test_deleting_an_element_deletes_the_device_and_no_fact(guest, root, kind, identifier):
    element = root.find(f"devices/{kind}[@id='{identifier}']")
    element.getparent().remove(element)
    del guest["devices"][kind][identifier]
    assert read(root) == guest


def test_a_device_deleted_from_the_dict_has_no_element_and_keeps_its_facts(guest):
    del guest["devices"]["network"]["ens192"]
    root = etree.fromstring(to_xml(guest))
    assert root.findall("devices/network") == []
    assert root.findall("facts/current/network[@id='ens192']") != []
    assert read(root) == guest


def test_further_alterable_keys_of_a_device_are_attributes_or_elements(guest):
    device = guest["devices"]["network"]["ens192"]
    device.update({"policy": "dhcp", "queues": 4, "id": "x", "addresses": ["10.0.2.16/24"], "": "empty"})
    root = etree.fromstring(to_xml(guest))
    assert read(root) == guest
    element = root.find("devices/network")
    element.set("policy", "keep")
    element.find("queues").text = "8"
    device.update({"policy": "keep", "queues": 8})
    assert read(root) == guest


def test_an_unknown_attribute_of_a_device_reaches_validation_as_a_key(root):
    root.find("devices/network").set("drvier", "e1000")
    assert read(root)["devices"]["network"]["ens192"] == {"driver": "virtio-net-pci", "drvier": "e1000"}


def test_a_changed_fact_reaches_validation(root):
    root.find("facts/current/network/mac").text = "00:50:56:00:00:00"
    assert read(root)["current"]["network"]["ens192"]["mac"] == "00:50:56:00:00:00"


def remove_choice(device):
    device.remove(device[0])


def reword_choice(device):
    device[0].text = "ne2k_pci"


def reorder_choices(device):
    device.append(device[0])


def add_choice(device):
    device.append(copy.deepcopy(device[0]))


@pytest.mark.parametrize("edit", [remove_choice, reword_choice, reorder_choices, add_choice])
def test_changed_choices_are_refused_with_the_true_ones(root, edit):
    edit(root.find("devices/network"))
    error = failure_of(etree.tostring(root))
    assert error.code == "description-changed"
    assert error.path == "/guestconv/devices/network[@id='ens192']/driver"
    assert "virtio-net-pci, e1000e, e1000" in error.hint


def test_updatable_cannot_be_changed(root):
    root.find("devices/network").set("updatable", "0")
    error = failure_of(etree.tostring(root))
    assert error.code == "description-changed"
    assert error.path == "/guestconv/devices/network[@id='ens192']/@updatable"


# Hostile and broken documents

LAUGHS = (
    "<!DOCTYPE g [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {new} '{f'&{old};' * 10}'>" for old, new in zip("abcdefgh", "bcdefghi"))
    + "]>"
)
# ASCII that is `<!DOCTYPE guestconv>` for a parser that believes the declaration.
UTF7 = '<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE guestconv+AD4APA-guestconv/+AD4-'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (LAUGHS + "<guestconv><target>&i;</target></guestconv>", "xml-not-accepted"),
        (LAUGHS + "<guestconv><devices kinds='&i;'/></guestconv>", "xml-not-accepted"),
        (
            "<!DOCTYPE g [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><guestconv><target>&x;</target></guestconv>",
            "xml-not-accepted",
        ),
        ("<!DOCTYPE g SYSTEM 'http://192.0.2.1/x.dtd'><guestconv/>", "xml-not-accepted"),
        ("\ufeff<?xml version='1.0'?><!-- --> <!DOCTYPE guestconv><guestconv/>", "xml-not-accepted"),
        ("<guestconv><target>&x;</target></guestconv>", "xml-malformed"),
        ("<!doctype guestconv><guestconv/>", "xml-malformed"),
        ("<!DOCTYPE guestconv><guestconv/>".encode("utf-16"), "xml-malformed"),
        ("<guestconv/>".encode("utf-32"), "xml-malformed"),
        (UTF7, "xml-malformed"),
        (b"<guestconv><target>\xe9</target></guestconv>", "xml-malformed"),
        ("<guestconv><target>\ud800</target></guestconv>", "xml-malformed"),
        ("<guestconv><target>\x00</target></guestconv>", "xml-malformed"),
        ("<guestconv><target>&#0;</target></guestconv>", "xml-malformed"),
        ("", "xml-malformed"),
        (b"", "xml-malformed"),
        ("not XML", "xml-malformed"),
        ("<guestconv>", "xml-malformed"),
        ("<guestconv><boot>" + "<a>" * 100000 + "</a>" * 100000 + "</boot></guestconv>", "xml-malformed"),
        ("<guestconv a='1' a='2'/>", "xml-malformed"),
        ("<guestconv><boot><a:b/></boot></guestconv>", "xml-malformed"),
        ("<guestconv><target type='integer'>" + "[" * 100000 + "</target></guestconv>", "xml-invalid-value"),
        ("<guestconv>" + " " * document.MAX_SIZE + "</guestconv>", "xml-too-large"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hostile_or_malformed_document_is_refused(text, code):
    assert failure_of(text).code == code


def test_the_deepest_document_that_the_parser_takes_is_read():
    depth = 240
    value = from_xml("<guestconv><boot>" + "<a>" * depth + "</a>" * depth + "</boot></guestconv>")["boot"]
    for _unused in range(depth):
        value = value["a"]
    assert value == ""


def test_a_malformed_document_is_refused_with_the_line():
    error = failure_of("<guestconv>\n<boot>\n</guestconv>")
    assert "line 3" in error.message
    assert error.extra == {"line": 3}


DEVICES = "<guestconv><devices kinds='network'>%s</devices></guestconv>"


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("<domain/>", "xml-unknown-element", "/domain"),
        ("<guestconv xmlns='urn:x'/>", "xml-unknown-element", "/{urn:x}guestconv"),
        ("<guestconv><roots/></guestconv>", "xml-unknown-element", "/guestconv/roots"),
        ("<guestconv version='1'/>", "xml-unknown-attribute", "/guestconv/@version"),
        ("<guestconv schema='one'/>", "xml-invalid-value", "/guestconv"),
        ("<guestconv>text</guestconv>", "xml-invalid-value", "/guestconv"),
        ("<guestconv><boot/>text</guestconv>", "xml-invalid-value", "/guestconv"),
        ("<guestconv><boot/><boot/></guestconv>", "xml-duplicate-element", "/guestconv/boot"),
        ("<guestconv><facts/><facts/></guestconv>", "xml-duplicate-element", "/guestconv/facts"),
        ("<guestconv><root/></guestconv>", "xml-missing-attribute", "/guestconv/root"),
        (
            "<guestconv><root name='a'/><root name='a'/></guestconv>",
            "xml-duplicate-element",
            "/guestconv/root[@name='a']",
        ),
        (
            "<guestconv><root name='a'><info><os/><os/></info></root></guestconv>",
            "xml-duplicate-element",
            "/guestconv/root[@name='a']/info/os",
        ),
        ("<guestconv><boot><a key='/'/></boot></guestconv>", "xml-unknown-element", "/guestconv/boot/a[@key='/']"),
        ("<guestconv><boot><é/></boot></guestconv>", "xml-unknown-element", "/guestconv/boot/é"),
        ("<guestconv><boot colour='red'/></guestconv>", "xml-unknown-attribute", "/guestconv/boot/@colour"),
        ("<guestconv><boot type='date'/></guestconv>", "xml-invalid-value", "/guestconv/boot/@type"),
        ("<guestconv><boot type='integer'>true</boot></guestconv>", "xml-invalid-value", "/guestconv/boot"),
        ("<guestconv><boot type='boolean'>1</boot></guestconv>", "xml-invalid-value", "/guestconv/boot"),
        ("<guestconv><boot type='integer'><a/></boot></guestconv>", "xml-unknown-element", "/guestconv/boot/a"),
        (
            "<guestconv><transform type='list'><item/><step/></transform></guestconv>",
            "xml-unknown-element",
            "/guestconv/transform/step",
        ),
        (
            "<guestconv><transform type='list'><item/><item a='1'/></transform></guestconv>",
            "xml-unknown-attribute",
            "/guestconv/transform/item[2]/@a",
        ),
        ("<guestconv><devices/></guestconv>", "xml-missing-attribute", "/guestconv/devices"),
        ("<guestconv><facts><past kinds=''/></facts></guestconv>", "xml-unknown-element", "/guestconv/facts/past"),
        (DEVICES % "<tape id='a'/>", "xml-unknown-element", "/guestconv/devices/tape[@id='a']"),
        (DEVICES % "<network updatable='1'/>", "xml-missing-attribute", "/guestconv/devices/network"),
        (
            DEVICES % ("<network id='a' updatable='1'/>" * 2),
            "xml-duplicate-element",
            "/guestconv/devices/network[@id='a']",
        ),
        (
            DEVICES % "<network id='a' updatable='1' a='1'><a/></network>",
            "xml-duplicate-element",
            "/guestconv/devices/network[@id='a']/a",
        ),
        (
            DEVICES % "<network id='a' updatable='1' xml:lang='en'/>",
            "xml-unknown-attribute",
            "/guestconv/devices/network[@id='a']/@{http://www.w3.org/XML/1998/namespace}lang",
        ),
        (
            DEVICES % "<network id='a' updatable='1'><driver>x</driver></network>",
            "description-changed",
            "/guestconv/devices/network[@id='a']/driver",
        ),
    ],
)
def test_an_unknown_structure_is_refused_with_its_xpath(text, code, path):
    error = failure_of(text)
    assert (error.code, error.path) == (code, path)


def test_without_lxml_the_library_loads(monkeypatch):
    monkeypatch.setitem(sys.modules, "lxml", None)
    spec = importlib.util.spec_from_file_location(f"{document.__package__}.without_lxml", document.__file__)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.etree is None
