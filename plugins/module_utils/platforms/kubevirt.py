# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine as KubeVirt's VirtualMachine (kubevirt.io/v1)."""

from __future__ import annotations

import re
from typing import Any

from ..devices import hyperv
from ..errors import GuestconvError
from ..model.hardware import DiskPlace, Hardware, Interface
from . import processors, request
from .vocabulary import Vocabulary

FILTER = "kubevirt_vm"
WORDS = Vocabulary("kubevirt", "KubeVirt")

RUN_STRATEGIES = ("Halted", "Always", "RerunOnFailure", "Manual", "Once")

# The network that every pod has.
POD = "pod"

# A label of RFC 1123: the machine's name becomes its host name in the cluster, and the value of a label.
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
# The name is the value of a label, too.
_LONGEST_NAME = 63
_VOLUME_KEYS = ("claim", "data_volume", "device", "size")

# Names of most objects (RFC 1123), and a quantity of bytes.
_SUBDOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL.pattern}(\.{_LABEL.pattern})*")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?([KMGTPE]i|[kMGTPE])?")


def define(
    hardware: Any,
    name: Any,
    volumes: Any,
    namespace: Any = None,
    memory: Any = None,
    cpus: Any = None,
    network: Any = POD,
    networks: Any = None,
    run_strategy: Any = "Halted",
    video_config: Any = False,
    secure_boot: Any = False,
    tpm: Any = False,
    network_map: Any = None,
    storage_map: Any = None,
    guest: Any = None,
    cpu_model: Any = None,
) -> dict[str, Any]:
    """The manifest (a dict) of the VirtualMachine for hardware (a dict, as convert returns it).

    Args: name, namespace: its metadata; volumes: names of PersistentVolumeClaims, or dicts of claim or data_volume,
    size and device, for the disks of hardware; memory (MiB), cpus: by default what hardware knows; network: `pod`, or the name
    of a NetworkAttachmentDefinition; networks: {a card's name or MAC address: network}; run_strategy: KubeVirt's;
    video_config: include the display's model, which only clusters with the feature gate VideoConfig accept;
    secure_boot; tpm: a new and empty one, whose state a PersistentVolumeClaim keeps; network_map, storage_map: what the
    source calls its networks and storages, with a network, and a StorageClass for which a data volume is created;
    guest: its description; cpu_model: host-model, host-passthrough or a model's name, by default the cluster's.
    Raises GuestconvError: `hardware-invalid`, `platform-option-invalid`, `device-not-offered`, `names-unmapped`.
    """
    machine = request.machine(hardware, cpus, memory)
    request.refuse_subsystems(machine.hardware, WORDS.name)
    places = request.pairs(machine.hardware.disks, request.items(volumes, "volumes", _VOLUME_KEYS), "volumes")
    plugs = request.networks(machine.hardware.interfaces, network, networks, network_map)
    plugs = [check_network(plug) for plug in plugs]
    classes = request.storages([place for place, unused in places], storage_map)
    domain = _domain(machine, places, plugs, request.flag(video_config, "video_config"))
    is_secure = request.secure_boot(secure_boot, machine.hardware)
    if is_secure:
        domain["firmware"]["bootloader"]["efi"]["secureBoot"] = True
    domain.update(_features(machine.hardware, is_secure))
    if request.has_tpm(tpm, machine.hardware):
        domain["devices"]["tpm"] = {"persistent": True}
    known = request.description(guest)
    if cpu_model is not None:
        domain["cpu"]["model"] = processors.model(cpu_model, "host-model", known)
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": _metadata(name, namespace, machine.hardware.kept.annotation),
        "spec": {
            "runStrategy": request.one_of(run_strategy, RUN_STRATEGIES, "run_strategy"),
            **_templates(places, classes),
            "template": {
                "spec": {
                    "domain": domain,
                    "networks": _networks(plugs),
                    "volumes": [_volume(index, given) for index, (unused, given) in enumerate(places)],
                }
            },
        },
    }


def _metadata(name: Any, namespace: Any, annotation: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": check_name(name)}
    if namespace is not None:
        metadata["namespace"] = _label(namespace, "namespace")
    if annotation:
        metadata["annotations"] = {"description": annotation}
    return metadata


def check_name(value: object) -> str:
    """The name of a machine. Raises GuestconvError `platform-option-invalid`.

    One with dots is allowed: KubeVirt makes the host name of what is before the first (dns.SanitizeHostname).
    """
    if isinstance(value, str) and len(value) <= _LONGEST_NAME:
        for part in value.split("."):
            _label(part, "name")
        return value
    return _label(value, "name")


def _label(value: object, option: str) -> str:
    if not isinstance(value, str) or not _LABEL.fullmatch(value):
        rule = "Kubernetes takes lower-case letters, digits and dashes, 63 at most."
        suggestion = request.like(str(value), _LABEL, "a-z0-9-")
        raise request.invalid(option, f"{value!r} is not a valid Kubernetes name.", rule + suggestion)
    return value


def _domain(
    machine: request.Machine, places: list[request.Pair], plugs: list[Any], video_config: bool
) -> dict[str, Any]:
    return {
        "machine": {"type": _machine_type(machine.hardware)},
        "cpu": _cpu(machine),
        "memory": {"guest": f"{machine.memory}Mi"},
        "firmware": _firmware(machine.hardware),
        "devices": _devices(machine, places, plugs, video_config),
        **_clock(machine.hardware),
    }


def _cpu(machine: request.Machine) -> dict[str, int]:
    topology = machine.hardware.kept.topology(machine.cpus)
    # Windows for desktops uses no more than two sockets.
    return dict(zip(("sockets", "cores", "threads"), topology)) if topology else {"cores": machine.cpus}


def _firmware(hardware: Hardware) -> dict[str, Any]:
    firmware: dict[str, Any] = {"bootloader": _boot_loader(hardware.firmware)}
    if hardware.kept.uuid:
        firmware["uuid"] = hardware.kept.uuid
    return firmware


def _clock(hardware: Hardware) -> dict[str, Any]:
    """KubeVirt's clock; it is on UTC by default. The local time needs the name of a time zone, which is not known."""
    clock = hardware.kept.clock
    if clock == "localtime":
        raise GuestconvError(
            "device-not-offered",
            "hardware.clock: KubeVirt has no clock in the local time of the host.",
            hint="Convert the guest with `target: kubevirt`, which sets a Windows guest to UTC; or remove `clock` from the "
            "hardware, and set the clock of the guest to UTC.",
            path="hardware.clock",
        )
    offset = {} if clock in ("", "utc") else {"offsetSeconds": int(clock)}
    timer: dict[str, Any] = {}
    if hardware.windows:
        # As of KubeVirt's own templates for Windows.
        timer = {"rtc": {"tickPolicy": "catchup"}, "pit": {"tickPolicy": "delay"}, "hpet": {"present": False}}
    if hardware.hyperv:
        timer["hyperv"] = {"present": True}
    return {"clock": {"utc": offset, "timer": timer}} if offset or timer else {}


def _features(hardware: Hardware, is_secure: bool) -> dict[str, Any]:
    features = _hyperv() if hardware.hyperv else {}
    if is_secure:
        # The firmware protects its variables by System Management Mode.
        features["smm"] = {"enabled": True}
    return {"features": features} if features else {}


def _hyperv() -> dict[str, Any]:
    """The features of Hyper-V's interface. KubeVirt has one word of its own."""
    features: dict[str, Any] = {"synictimer" if name == "stimer" else name: {} for name in hyperv.FEATURES}
    return {"acpi": {}, "apic": {}, "hyperv": {**features, "spinlocks": {"spinlocks": hyperv.SPINLOCK_RETRIES}}}


def _machine_type(hardware: Hardware) -> str:
    if hardware.family != "q35":
        raise GuestconvError(
            "device-not-offered",
            f"hardware.machine: KubeVirt does not offer {hardware.machine}, unless a cluster's configuration allows it.",
            hint="Convert the guest for the machine type q35.",
            path="hardware.machine",
        )
    return hardware.machine


def _boot_loader(firmware: str) -> dict[str, Any]:
    # Without saying so, secure boot is on, and then the guest would need System Management Mode, too.
    return {"efi": {"secureBoot": False}} if firmware == "uefi" else {"bios": {}}


def _devices(
    machine: request.Machine, places: list[request.Pair], plugs: list[Any], video_config: bool
) -> dict[str, Any]:
    hardware = machine.hardware
    devices: dict[str, Any] = {
        "disks": [_disk(index, place) for index, (place, unused) in enumerate(places)],
        "interfaces": [
            _interface(index, card, plug) for index, (card, plug) in enumerate(zip(hardware.interfaces, plugs))
        ],
        # KubeVirt's own default is to add each of these.
        "autoattachPodInterface": False,
        "autoattachMemBalloon": machine.has_virtio,
        "autoattachGraphicsDevice": hardware.video is not None,
        "autoattachSerialConsole": hardware.console is not None,
    }
    if hardware.console:
        WORDS.word("console", hardware.console, "console")
    if hardware.video:
        video = WORDS.word("graphics", hardware.video, "display")
        if video_config:
            devices["video"] = {"type": video}
    if machine.has_virtio:
        devices["rng"] = {}
    if hardware.is_transitional and machine.has_virtio:
        # KubeVirt puts all devices behind ports of PCI Express, where others are of virtio 1.0 alone.
        devices["useVirtioTransitional"] = True
    return devices


def _disk(index: int, place: DiskPlace) -> dict[str, Any]:
    bus = WORDS.word("block", place.driver, request.disk_title(place))
    disk: dict[str, Any] = {"name": _disk_name(index), "disk": {"bus": bus}}
    if place.boot_order:
        disk["bootOrder"] = place.boot_order
    if place.serial:
        disk["serial"] = place.serial
    return disk


def _disk_name(index: int) -> str:
    return f"disk{index}"


def _volume(index: int, given: dict[str, str]) -> dict[str, Any]:
    sources = [key for key in ("claim", "data_volume") if key in given]
    if len(sources) != 1:
        raise request.invalid(f"volumes[{index}]", "This should be a claim or a data_volume.")
    name = given[sources[0]]
    if not _SUBDOMAIN.fullmatch(name):
        raise request.invalid(
            f"volumes[{index}].{sources[0]}",
            f"{name!r} is not a valid Kubernetes name.",
            "Kubernetes takes lower-case letters, digits, dashes and dots." + request.like(name, _LABEL, "a-z0-9-"),
        )
    if sources[0] == "claim":
        return {"name": _disk_name(index), "persistentVolumeClaim": {"claimName": name}}
    return {"name": _disk_name(index), "dataVolume": {"name": name}}


def _templates(places: list[request.Pair], classes: list[Any]) -> dict[str, Any]:
    """The data volumes that are created with the machine: those of disks for which storage_map has a storage class."""
    templates = [
        _data_volume(given, storage, f"volumes[{index}]")
        for index, ((unused, given), storage) in enumerate(zip(places, classes))
        if storage is not None and "data_volume" in given
    ]
    return {"dataVolumeTemplates": templates} if templates else {}


def _data_volume(given: dict[str, str], storage: Any, where: str) -> dict[str, Any]:
    """The DataVolume that KubeVirt creates with the machine, and into which the image is then uploaded."""
    size = given.get("size", "")
    if not _QUANTITY.fullmatch(size):
        raise request.invalid(
            f"{where}.size",
            "The size of a data volume that is created for the storage map is missing or not valid.",
            "Give {data_volume: ..., size: 20Gi}.",
        )
    request_for = {"storageClassName": check_storage(storage), "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": given["data_volume"]}, "spec": {"source": {"upload": {}}, "storage": request_for}}


def check_network(value: Any) -> str:
    """`pod`, or the NetworkAttachmentDefinition that a caller says that a card is plugged into."""
    name = request.named(value, "network", ("network",))["network"]
    namespace, slash, definition = name.rpartition("/")
    if not _SUBDOMAIN.fullmatch(definition) or (slash and not _LABEL.fullmatch(namespace)):
        hint = "Give `pod`, or the name of a NetworkAttachmentDefinition: NAME or NAMESPACE/NAME."
        raise request.invalid("network", f"{name!r} is not a network of Kubernetes.", hint)
    return name


def check_export(unused: Any) -> None:
    """Refuse it: the disks of a machine are volumes of the cluster."""
    raise request.no_export(WORDS.name, has_volumes=True)


def check_storage(value: Any) -> str:
    """The StorageClass that a value of storage_map names."""
    name = request.named(value, "storage", ("storage_class",))["storage_class"]
    if not _SUBDOMAIN.fullmatch(name):
        raise request.invalid("storage", f"{name!r} is not a valid name of a StorageClass.")
    return name


def _interface(index: int, card: Interface, plug: Any) -> dict[str, Any]:
    title = request.interface_title(card)
    interface: dict[str, Any] = {"name": _interface_name(index), "model": WORDS.word("network", card.driver, title)}
    # The pod has one address, which the guest gets by way of NAT; on another network it is a machine like others.
    interface["masquerade" if plug == POD else "bridge"] = {}
    if card.mac:
        interface["macAddress"] = card.mac.lower()
    if card.connected is False:
        # KubeVirt 1.5.
        interface["state"] = "down"
    return interface


def _interface_name(index: int) -> str:
    return f"nic{index}"


def _networks(plugs: list[Any]) -> list[dict[str, Any]]:
    if plugs.count(POD) > 1:
        raise request.invalid(
            "networks",
            "Only one network card can be on the pod's network.",
            "Name a NetworkAttachmentDefinition for the others: networks={'ens224': 'default/vlan7'}.",
        )
    found = []
    for index, plug in enumerate(plugs):
        kind: dict[str, Any] = {"pod": {}} if plug == POD else {"multus": {"networkName": plug}}
        found.append(dict(kind, name=_interface_name(index)))
    return found
