# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What netplan's YAML says of interfaces, all files together (netplan(5)). Pure.

A later file adds to what an earlier one says of an interface. A mapping is merged, a list is appended to the other, a
plain value replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ....texts import yaml_text
from ....texts.yaml_text import Plain
from .. import values
from ..cards.nics import INTERFACE, Setting
from . import netplan_passthrough

if TYPE_CHECKING:
    from yaml.nodes import Node


KIND = "netplan"
HARDWARE = "ethernets"
SOFTWARE = ("bonds", "bridges", "vlans", "vrfs", "dummy-devices", "virtual-ethernets", "tunnels")
# Connections of NetworkManager's that netplan has no words for (netplan(5), Properties for device type nm-devices).
PASSED_ON = "nm-devices"
NETWORKD = "networkd"
# What a card with virtual functions has (netplan(5), SR-IOV).
_OF_FUNCTIONS = ("virtual-function-count", "embedded-switch-mode")
_YES = ("true", "yes", "on", "y", "1")
# Keys of a section that are no definition (netplan(5): the renderer of all of a kind).
_NO_DEFINITIONS = ("renderer",)
_EVERYWHERE = ("default", "0.0.0.0/0", "::/0", "0/0")

# What the files say of one interface, {key: value}.
Definition = dict[str, Plain]


def settings_of(networks: Mapping[str, Node | None], kind: str) -> list[Setting]:
    """The Settings in networks: {path: node of a `network` mapping}."""
    merged, files = merged_of(networks)
    names = {key: name or _profile(key) for key, name in names_of(merged[HARDWARE]).items()}
    made = (*SOFTWARE, PASSED_ON)
    names.update((key, _made_name(key, each)) for section in made for key, each in merged[section].items())
    by_uuid = {
        netplan_passthrough.uuid_of(each): names[key]
        for definitions in merged.values()
        for key, each in definitions.items()
    }
    renderers = renderers_of(networks)
    settings: list[Setting] = []
    for section, definitions in merged.items():
        for identifier, definition in definitions.items():
            first, *others = files[section, identifier]
            if section == PASSED_ON:
                for one in netplan_passthrough.settings_of(first, kind, definition, by_uuid):
                    settings += [one, *_of_controller(one, definition, by_uuid)]
                continue
            one = _setting(first, kind, section, identifier, definition, names)
            if kind == KIND and section == HARDWARE and renderer_of(renderers, definition) == NETWORKD:
                # What netplan writes for systemd-networkd (write_network_file() of src/networkd.c).
                one = replace(one, order=f"10-netplan-{identifier}.network")
            settings.append(one)
            settings += _of_controller(one, definition, by_uuid)
            settings += [
                replace(
                    one,
                    file=file,
                    addresses=(),
                    gateways=(),
                    name_servers=(),
                    method=None,
                    lower=(),
                    source_hardware=(),
                )
                for file in others
            ]
    return [*settings, *_patch_ports(networks, kind)]


def _of_controller(setting: Setting, definition: Definition, by_uuid: Mapping[str, str]) -> Iterator[Setting]:
    """The Setting for the bond or bridge that the definition passes on; by_uuid: {UUID: name} of all definitions."""
    passed = netplan_passthrough.connection_of(definition)
    named = passed.get("connection", "controller", "master") if passed else ""
    controller = by_uuid.get(named, named) if named else ""
    if INTERFACE.fullmatch(controller):
        lower = setting.name or setting.hardware_mac or setting.profile_key
        yield Setting(setting.file, setting.kind, controller, virtual=True, lower=(lower,))


def _made_name(identifier: str, definition: Definition) -> str:
    """What the interface is called that a definition makes."""
    passed = netplan_passthrough.connection_of(definition)
    return (passed.name if passed else None) or identifier


def _profile(identifier: str) -> str:
    """What a definition without a name is called among all profiles."""
    return f"{KIND}/{identifier}"


def renderers_of(networks: Mapping[str, Node | None]) -> dict[str, str]:
    """{section, or "" for all: renderer}; the last file is right."""
    found: dict[str, str] = {}
    for network in networks.values():
        for section in ("", HARDWARE):
            renderer = yaml_text.scalar(yaml_text.below(network, *filter(None, (section, "renderer"))))
            if renderer:
                found[section] = renderer
    return found


def renderer_of(renderers: Mapping[str, str], definition: Definition) -> str:
    """What applies a definition of hardware; renderers: as of renderers_of."""
    return _text(definition.get("renderer")) or renderers.get(HARDWARE) or renderers.get("") or NETWORKD


def _patch_ports(networks: Mapping[str, Node | None], kind: str) -> Iterator[Setting]:
    """The ends of Open vSwitch's patches, which bridges have among their interfaces: openvswitch.ports, in pairs."""
    for path, network in networks.items():
        for pair in yaml_text.items(yaml_text.below(network, "openvswitch", "ports")):
            for name in map(yaml_text.scalar, yaml_text.items(pair)):
                if INTERFACE.fullmatch(name):
                    yield Setting(path, kind, name, virtual=True)


def merged_of(
    networks: Mapping[str, Node | None],
) -> tuple[dict[str, dict[str, Definition]], dict[tuple[str, str], list[str]]]:
    """({section: {id: definition}}, {(section, id): [path]}) of all files together."""
    merged: dict[str, dict[str, Definition]] = {section: {} for section in (HARDWARE, *SOFTWARE, PASSED_ON)}
    files: dict[tuple[str, str], list[str]] = {}
    for path, network in networks.items():
        for section, definitions in merged.items():
            for identifier, definition in yaml_text.entries(yaml_text.below(network, section)).items():
                if identifier in _NO_DEFINITIONS:
                    continue
                known = definitions.get(identifier, {})
                definitions[identifier] = _merge(known, _mapping(yaml_text.plain(definition)))
                files.setdefault((section, identifier), []).append(path)
    return merged, files


def _merge(old: Definition, new: Definition) -> Definition:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merge(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = [*before, *value]
        else:
            merged[key] = value
    return merged


def names_of(definitions: Mapping[str, Definition]) -> dict[str, str | None]:
    """{id: the interface's name, or the MAC address by which it is known, or None}."""
    return {
        identifier: _name(identifier, definition) or values.normal_mac(_text(_match(definition).get("macaddress")))
        for identifier, definition in definitions.items()
    }


def _name(identifier: str, definition: Definition) -> str | None:
    """The interface's name: that of the definition, unless `match` chooses by something else."""
    passed = netplan_passthrough.connection_of(definition)
    if passed and passed.name:
        return passed.name
    name = identifier
    if "match" in definition:
        name = _text(definition.get("set-name")) or _text(_match(definition).get("name"))
    # What systemd-networkd gets as Name=!eth0 is for all others.
    return name if INTERFACE.fullmatch(name) and not name.startswith("!") else None


def condition_of(definition: Definition) -> str:
    """What the names of the interfaces fit that a definition without a name is for, as a condition of cards/patterns.py."""
    return " ".join(_match_words(_match(definition).get("name"))) or "*"


def _setting(
    file: str, kind: str, section: str, identifier: str, definition: Definition, names: Mapping[str, str | None]
) -> Setting:
    match = _match(definition)
    name = _made_name(identifier, definition) if section != HARDWARE else _name(identifier, definition)
    mac = values.normal_mac(_text(match.get("macaddress"))) if section == HARDWARE else None
    lower = [*_texts(definition.get("interfaces")), _text(definition.get("link"))]
    addresses = tuple(dict.fromkeys(_addresses(definition)))
    # netplan and cloud-init make a rule, or a .link file, from `match` and `set-name`.
    binds = bool(mac and definition.get("set-name") and name)
    loose = section == HARDWARE and not name and not mac
    # A virtual function of a card (SR-IOV) is a card of its own only where the physical one is.
    is_function = section == HARDWARE and bool(definition.get("link"))
    is_ethernet = section == HARDWARE and not is_function and not definition.get("infiniband-mode")
    setting = Setting(
        file,
        kind,
        name if INTERFACE.fullmatch(name or "") else None,
        virtual=not is_ethernet,
        lower=tuple(found for found in (names.get(port, port) for port in lower if port) if found),
        tagged=section == "vlans" or is_function,
        method=_method(definition, addresses),
        addresses=addresses,
        gateways=_gateways(definition),
        name_servers=values.gateways(_texts(_mapping(definition.get("nameservers")).get("addresses"))),
        mac=values.normal_mac(_text(definition.get("macaddress"))),
        hardware_mac=mac,
        patterns=(condition_of(definition),) if loose else (),
        profile=_profile(identifier),
        hardware=is_ethernet,
        dynamic=bool(_dhcp(definition)),
        dhcp=_dhcp(definition),
        binds=binds,
        source_hardware=(
            *(f"driver: {' '.join(words)}" for words in [_match_words(match.get("driver"))] if words),
            *(f"{key}: {_text(definition.get(key))}" for key in _OF_FUNCTIONS if definition.get(key)),
            *([f"link: {_text(definition.get('link'))}"] if is_function else []),
        ),
        at_boot=_text(definition.get("activation-mode")) not in ("manual", "off"),
    )
    passed = netplan_passthrough.connection_of(definition)
    return netplan_passthrough.applied(setting, passed) if passed else setting


def _match(definition: Definition) -> Definition:
    return _mapping(definition.get("match"))


def _match_words(value: Plain | None) -> list[str]:
    return [word for word in (_texts(value) or [_text(value)]) if word]


def _method(definition: Definition, addresses: tuple[str, ...]) -> str | None:
    if addresses:
        return "static"
    if _dhcp(definition):
        return "dhcp"
    return "auto" if _text(definition.get("accept-ra")).lower() in _YES else None


def _dhcp(definition: Definition) -> tuple[int, ...]:
    """The families of which it gets addresses by DHCP."""
    return tuple(version for version in (4, 6) if _text(definition.get(f"dhcp{version}")).lower() in _YES)


def _addresses(definition: Definition) -> Iterator[str]:
    addresses = definition.get("addresses")
    for each in addresses if isinstance(addresses, list) else ():
        # An address with options is a mapping of one key: {10.0.0.5/8: {label: ...}}.
        for text in each if isinstance(each, dict) else (each,):
            if isinstance(text, str):
                yield from values.with_prefix(text)


def _gateways(definition: Definition) -> tuple[str, ...]:
    routes = definition.get("routes")
    texts = [_text(definition.get("gateway4")), _text(definition.get("gateway6"))]
    for route in routes if isinstance(routes, list) else ():
        if not isinstance(route, dict) or not values.is_main_table(_text(route.get("table"))):
            continue
        if re.sub(r"\s", "", _text(route.get("to"))) in _EVERYWHERE:
            texts.append(_text(route.get("via")))
    return values.gateways(texts)


def _mapping(value: Plain | None) -> Definition:
    return value if isinstance(value, dict) else {}


def _text(value: Plain | None) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Plain | None) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
