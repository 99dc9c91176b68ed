# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description as an XML document, and back: dict -> XML -> dict is the identity.

The layout, which the description's key order follows::

    <guestconv schema="1">
      <target>kvm</target>                              any top-level key that is not named below
      <convertible type="boolean">true</convertible>
      <concerns type="list"><item>...</item></concerns>
      <root name="/dev/sda1"><info>...</info>...</root>  one for each of `roots`
      <devices kinds="network block graphics console">  `devices`; `kinds` keeps the kinds that have no device
        <network id="ens192" driver="virtio-net-pci" updatable="1">
          <driver>virtio-net-pci</driver>               the choices, for the reader
          <driver>e1000</driver>
        </network>
      </devices>
      <facts>                                           what is known of the devices: read-only
        <current kinds="..."><network id="ens192"><mac>00:50:56:aa:bb:cc</mac></network></current>
        <choices kinds="..."><network id="ens192"><driver type="list"><item>...</item></driver></network></choices>
        <unavailable kinds="...">...</unavailable>
      </facts>
    </guestconv>

The facts stand apart from the devices so that deleting a device's element, or setting its `driver` attribute, is the
same as deleting `devices.<kind>.<id>` from the dict, or setting its `driver`: no fact goes or changes with it.

Values: an element with child elements is a dict and one without is a string, unless `type` says otherwise (integer,
number, boolean, null, list, or dict for an empty one). A key that is not a plain XML name is
`<entry key="/dev/sda1">`. What XML cannot carry (control characters, lone surrogates) is written as `\\uXXXX`, and the
attribute `escaped` names the attributes of the element where that was done, with `.` for its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable

from ..errors import GuestconvError
from ..texts import hostile_xml, untrusted_json
from . import elements
from .description import KEYS, Description, Devices

try:
    from lxml import etree
except ImportError:
    etree = None  # type: ignore[assignment]  # modules look for a Python that has it, before all else

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

# Bytes. A description with the 3,000 applications of a full desktop is about 1 MB.
MAX_SIZE = 16 * 1024 * 1024

_FACTS = ("current", "choices", "unavailable")
# The keys that have an element of their own, with their value as it is.
_PLAIN_KEYS = tuple(key for key in KEYS if key not in ("schema", "roots", "devices", *_FACTS))

# `xml...` names are reserved (XML 1.0, 2.3), and a colon would make a namespace prefix.
_PLAIN_NAME = re.compile(r"(?!xml)[a-z_][a-z0-9_.-]*", re.IGNORECASE | re.ASCII)
_SCALAR_TYPES = {bool: "boolean", int: "integer", float: "number", type(None): "null"}
# Attributes of a device's element that are not keys of the device.
_DEVICE_ATTRIBUTES = ("id", "updatable", elements.ESCAPED)


def to_xml(guest: Description) -> str:
    """The description `guest` as an indented XML document, without XML declaration (which means UTF-8).

    The top-level keys are those of docs/guest.schema.json. `roots` (there even when empty) is a dict of dicts, and
    `devices` one by kind of dicts by id of dicts; each of the facts is a dict by kind of dicts by id; a kind is a plain
    XML name, `schema` an integer. All else can be any JSON value, nested to some 250 levels (libxml2's limit).

    Errors: xml-unknown-key, for another top-level key, which the document would lose.
    """
    document = etree.Element("guestconv")
    for key, value in guest.items():
        if key == "schema":
            document.set("schema", str(value))
        elif key == "roots":
            for name, root in value.items():
                element = etree.SubElement(document, "root")
                elements.put(element, "name", name)
                _write_members(element, root)
        elif key == "devices":
            _write_devices(etree.SubElement(document, "devices"), value, guest.get("choices", {}))
        elif key in _PLAIN_KEYS:
            _write_value(etree.SubElement(document, key), value)
        elif key not in _FACTS:
            raise GuestconvError("xml-unknown-key", f"The XML document has no place for the key {key!r}.", path=key)
    facts = etree.SubElement(document, "facts")
    for key in _FACTS:
        if key in guest:
            section = etree.SubElement(facts, key)
            for element, value in _write_by_kind(section, guest[key]):
                _write_value(element, value)
    text: str = etree.tostring(document, encoding="unicode", pretty_print=True)
    return text


def from_xml(text: str | bytes) -> Description:
    """The description in an XML document made by `to_xml`, and perhaps altered since. Bytes must be UTF-8.

    Whether the alterations are allowed is for the validation of the dict; here the structure is checked, and that the
    choices that each device's element repeats are untouched. The paths of errors are XPaths in the document.

    Errors: xml-too-large, xml-not-accepted (a DOCTYPE), xml-malformed, xml-unknown-element, xml-unknown-attribute,
    xml-missing-attribute, xml-duplicate-element, xml-invalid-value, description-changed.
    """
    document = hostile_xml.parse(text, MAX_SIZE)
    if document.tag != "guestconv":
        raise GuestconvError(
            "xml-unknown-element",
            f"The root element is <{document.tag}>, not <guestconv>.",
            hint="Pass the `xml` that guestconv_inspect returned.",
            path=elements.path(document),
        )
    elements.check_attributes(document, "schema")
    elements.check_no_text(document)
    sections: dict[str, Element] = {}
    guest: Description = (
        {"schema": _scalar(document, document.get("schema"), "integer")} if "schema" in document.attrib else {}
    )
    roots: dict[str, Any] = {}
    for element in document:
        if element.tag == "root":
            elements.check_attributes(element, "name")
            elements.add(roots, elements.required(element, "name"), _read_members(element), element)
        elif element.tag in _PLAIN_KEYS:
            elements.add(guest, element.tag, _read_value(element), element)
        elif element.tag in ("devices", "facts"):
            elements.add(sections, element.tag, element, element)
        else:
            raise elements.unknown_element(element)
    guest["roots"] = roots
    if "facts" in sections:
        guest.update(_read_facts(sections["facts"]))
    if "devices" in sections:
        choices = guest.get("choices", {})
        guest["devices"] = _read_by_kind(sections["devices"], lambda element: _read_device(element, choices))
    return guest


# Devices and facts


def _write_by_kind(section: Element, table: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Element, Any]]:
    """Writes a dict by kind of dicts by id below `section`; yields each id's new element and its value."""
    section.set("kinds", " ".join(table))
    for kind, entries in table.items():
        for identifier, value in entries.items():
            element = etree.SubElement(section, kind)
            elements.put(element, "id", identifier)
            yield element, value


def _read_by_kind(section: Element, read: Callable[[Element], Any]) -> dict[str, dict[str, Any]]:
    """The dict that `_write_by_kind` wrote, with `read(element)` for each value."""
    elements.check_attributes(section, "kinds")
    elements.check_no_text(section)
    table: dict[str, dict[str, Any]] = {kind: {} for kind in elements.required(section, "kinds").split()}
    for element in section:
        if element.tag not in table:
            raise elements.unknown_element(element)
        elements.add(table[element.tag], elements.required(element, "id"), read(element), element)
    return table


def _write_devices(section: Element, devices: Devices, choices: Devices) -> None:
    for element, device in _write_by_kind(section, devices):
        rest = {}
        for key, value in device.items():
            if isinstance(value, str) and _PLAIN_NAME.fullmatch(key) and key not in _DEVICE_ATTRIBUTES:
                elements.put(element, key, value)
            else:
                rest[key] = value
        element.set("updatable", "1")
        for driver in _choices_of(choices, element):
            elements.put(etree.SubElement(element, "driver"), elements.TEXT, driver)
        # `<driver>` is a choice, so that a key of this name is never a plain element.
        _write_members(element, rest, not_plain="driver")


def _read_device(element: Element, choices: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    elements.check_no_text(element)
    if element.get("updatable") != "1":
        raise GuestconvError(
            "description-changed",
            "The attribute `updatable` of a device is not for changing.",
            hint="It is '1'.",
            path=elements.path(element) + "/@updatable",
        )
    expected = _choices_of(choices, element)
    if [_read_value(child) for child in element if child.tag == "driver"] != expected:
        raise GuestconvError(
            "description-changed",
            "The <driver> elements of a device are its choices, which are read-only.",
            path=elements.path(element) + "/driver",
            extra={"allowed": expected},
            hint="Select a driver with the attribute `driver`. The choices are: "
            + (", ".join(expected) or "none")
            + ".",
        )
    keys = [str(name) for name in element.attrib if name not in _DEVICE_ATTRIBUTES]
    # In a namespace, say.
    elements.check_attributes(element, *_DEVICE_ATTRIBUTES, *(key for key in keys if _PLAIN_NAME.fullmatch(key)))
    device = {key: elements.get(element, key) for key in keys}
    for child in element:
        if child.tag != "driver":
            elements.add(device, _key_of(child), _read_value(child, "key"), child)
    return device


def _choices_of(choices: Mapping[str, Mapping[str, Any]], element: Element) -> list[str]:
    """The choices of the driver of the device that `element` stands for: a list of strings."""
    known = choices.get(element.tag, {}).get(elements.get(element, "id"))
    drivers = known.get("driver") if isinstance(known, dict) else None
    return [driver for driver in drivers if isinstance(driver, str)] if isinstance(drivers, list) else []


def _read_facts(section: Element) -> dict[str, dict[str, dict[str, Any]]]:
    elements.check_attributes(section)
    elements.check_no_text(section)
    facts: dict[str, dict[str, dict[str, Any]]] = {}
    for element in section:
        if element.tag not in _FACTS:
            raise elements.unknown_element(element)
        elements.add(facts, element.tag, _read_by_kind(element, lambda entry: _read_value(entry, "id")), element)
    return facts


# JSON values


def _write_value(element: Element, value: Any) -> None:
    if isinstance(value, str):
        elements.put(element, elements.TEXT, value)
    elif isinstance(value, dict):
        if not value:
            element.set("type", "dict")
        _write_members(element, value)
    elif isinstance(value, list):
        element.set("type", "list")
        for item in value:
            _write_value(etree.SubElement(element, "item"), item)
    else:
        element.set("type", _SCALAR_TYPES[type(value)])
        if value is not None:
            element.text = json.dumps(value)


def _read_value(element: Element, naming_attribute: str | None = None) -> Any:
    """The value of an element that `_write_value` wrote; `naming_attribute` is the one that it may have besides."""
    elements.check_attributes(element, "type", *([naming_attribute] if naming_attribute else []))
    kind = element.get("type", "dict" if len(element) else "string")
    if kind == "dict":
        return _read_members(element)
    if kind == "list":
        elements.check_no_text(element)
        return [_read_value(elements.known_element(item, "item")) for item in element]
    for child in element:
        raise elements.unknown_element(child)
    if kind == "string":
        return elements.get(element, elements.TEXT)
    if kind not in _SCALAR_TYPES.values():
        raise GuestconvError(
            "xml-invalid-value",
            f"The type {kind!r} is not known.",
            path=elements.path(element) + "/@type",
            hint="The types are: string, list, dict, " + ", ".join(_SCALAR_TYPES.values()) + ".",
        )
    return None if kind == "null" else _scalar(element, elements.get(element, elements.TEXT), kind)


def _scalar(element: Element, text: str, type_name: str) -> Any:
    """The JSON scalar in `text`, which must be of exactly that type."""
    try:
        value = untrusted_json.loads(text)
    except ValueError:
        value = text
    if _SCALAR_TYPES.get(type(value)) != type_name:
        raise GuestconvError(
            "xml-invalid-value", f"{text[:80]!r} is not of the type {type_name}.", path=elements.path(element)
        )
    return value


def _write_members(element: Element, members: Mapping[str, Any], not_plain: str | None = None) -> None:
    for key, value in members.items():
        if _PLAIN_NAME.fullmatch(key) and key != not_plain:
            child = etree.SubElement(element, key)
        else:
            child = etree.SubElement(element, "entry")
            elements.put(child, "key", key)
        _write_value(child, value)


def _read_members(element: Element) -> dict[str, Any]:
    elements.check_no_text(element)
    members: dict[str, Any] = {}
    for child in element:
        elements.add(members, _key_of(child), _read_value(child, "key"), child)
    return members


def _key_of(element: Element) -> str:
    if "key" in element.attrib:
        return elements.get(elements.known_element(element, "entry"), "key")
    tag: str = element.tag
    if not _PLAIN_NAME.fullmatch(tag):
        raise elements.unknown_element(element)
    return tag
