# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of device models: data, one row per model. No other file has a word for a model.

There are more models than a target offers, so that a guest can also be booted on the hardware that it comes from.
"""

from __future__ import annotations

from collections.abc import Mapping

from .model import Attachment, Model, WindowsNeeds

# Windows

# In-box drivers of Windows 7 and later are called as in the hives of regipy's test data; the ids are those that QEMU's devices
# present. It needs no driver for what it draws on by VGA or the firmware's frame buffer, and none for a serial port.
_NO_DRIVER = WindowsNeeds()


def _virtio(driver: str, *ids: str, service: str = "") -> WindowsNeeds:
    """A device of virtio. ids: of a transitional one, and of one of virtio 1.0 only (virtio 1.2, 4.1.2).

    service: where the INF calls it otherwise than the driver.
    """
    return WindowsNeeds(((service or driver,),), driver, ids)


def _in_box(*services: tuple[str, ...], ids: tuple[str, ...] = ()) -> WindowsNeeds:
    return WindowsNeeds(services, ids=ids)


# Network cards


def _everywhere(word: str) -> dict[str, str]:
    """The words of all platforms, which are libvirt's: KubeVirt and Nova use libvirt, and Proxmox VE calls QEMU."""
    return dict.fromkeys(("libvirt", "kubevirt", "openstack", "proxmox"), word)


VIRTIO_NET = Model(
    "virtio-net-pci",
    ("virtio_pci", "virtio_net"),
    kernel_driver="virtio_net",
    is_virtio=True,
    words=_everywhere("virtio"),
    read_as={
        "libvirt": ("virtio", "virtio-transitional", "virtio-non-transitional"),
        # oVirt's numbers of NICs are its VmInterfaceType.
        "ovf": ("virtio", "virtio-net", "3"),
    },
    windows=_virtio("netkvm", "VEN_1AF4&DEV_1000", "VEN_1AF4&DEV_1041"),
)
VMXNET3 = Model(
    "vmxnet3",
    ("vmxnet3",),
    kernel_driver="vmxnet3",
    # KubeVirt's admission webhook does not let it through.
    words=dict.fromkeys(("libvirt", "openstack", "proxmox"), "vmxnet3"),
    read_as={"libvirt": ("vmxnet3",), "ovf": ("vmxnet3",), "vmx": ("vmxnet3",)},
    windows=_in_box(("vmxnet3ndis6",), ("vmxnet3ndis5",), ids=("VEN_15AD&DEV_07B0",)),
)
E1000E = Model(
    "e1000e",
    ("e1000e",),
    kernel_driver="e1000e",
    words=_everywhere("e1000e"),
    read_as={"libvirt": ("e1000e",), "ovf": ("e1000e", "6"), "vmx": ("e1000e",)},
    windows=_in_box(ids=("VEN_8086&DEV_10D3&SUBSYS_00008086", "VEN_8086&DEV_10D3")),
)
E1000 = Model(
    "e1000",
    ("e1000",),
    kernel_driver="e1000",
    words=_everywhere("e1000"),
    read_as={
        "libvirt": ("e1000",),
        # VirtualBox names its adapters by Intel's chips.
        "ovf": ("e1000", "2", "82540em", "82543gc", "82545em"),
        "vmx": ("e1000",),
    },
    windows=_in_box(ids=("VEN_8086&DEV_100E&SUBSYS_11001AF4", "VEN_8086&DEV_100E")),
)
RTL8139 = Model(
    "rtl8139",
    ("8139cp",),
    kernel_driver="8139cp",
    words=_everywhere("rtl8139"),
    read_as={"libvirt": ("rtl8139",), "ovf": ("1",)},
    windows=_in_box(ids=("VEN_10EC&DEV_8139&SUBSYS_11001AF4", "VEN_10EC&DEV_8139")),
)
PCNET = Model(
    "pcnet",
    words=_everywhere("pcnet"),
    read_as={
        "libvirt": ("pcnet",),
        "ovf": ("pcnet32", "am79c970a", "am79c973"),
        # Without virtualDev it is the "flexible" card, which begins as this one.
        "vmx": ("", "flexible", "vlance"),
    },
)

# The bus of Xen's devices calls its drivers by the type of the device (drivers/net/xen-netfront.c: netfront_ids).
XEN_NET = Model("xen-net-device", ("xen_netfront",), kernel_driver="vif", in_qemu=False)
HV_NETVSC = Model(
    "hv_netvsc", ("hv_netvsc",), kernel_driver="hv_netvsc", in_qemu=False, windows=_in_box(("netvsc",), ("vmbus",))
)
ENA = Model("ena", ("ena",), kernel_driver="ena", in_qemu=False, windows=_in_box(ids=("VEN_1D0F&DEV_EC20",)))
GVE = Model("gve", ("gve",), kernel_driver="gve", in_qemu=False, windows=_in_box(ids=("VEN_1AE0&DEV_0042",)))

# Disks


def _scsi(controller: str, capacity: int) -> Attachment:
    return Attachment("scsi-hd", controller, capacity, "bus={controller}.0,channel=0,scsi-id={unit},lun=0")


_IDE = Attachment("ide-hd", capacity=4, address="bus={controller}.{channel},unit={place}", built_in={"pc": "ide"})
_IDE_WORDS = dict.fromkeys(("libvirt", "openstack", "proxmox"), "ide")

VIRTIO_BLK = Model(
    "virtio-blk-pci",
    ("virtio_pci", "virtio_blk"),
    disk_prefix="vd",
    bus="virtio",
    attachment=Attachment("virtio-blk-pci"),
    is_virtio=True,
    words=_everywhere("virtio"),
    read_as={"libvirt-bus": ("virtio",), "ovirt": ("VirtIO",)},
    windows=_virtio(
        "viostor",
        "VEN_1AF4&DEV_1001&SUBSYS_00021AF4&REV_00",
        "VEN_1AF4&DEV_1001&REV_00",
        "VEN_1AF4&DEV_1001",
        "VEN_1AF4&DEV_1042&SUBSYS_11001AF4&REV_01",
        "VEN_1AF4&DEV_1042&REV_01",
        "VEN_1AF4&DEV_1042",
    ),
)
NVME = Model(
    "nvme",
    ("nvme",),
    disk_prefix="nvme",
    bus="nvme",
    attachment=Attachment("nvme", needs_serial=True),
    read_as={"libvirt-bus": ("nvme",), "ovf": ("nvme", "vmware.nvme.controller"), "vmx": ("nvme",)},
    windows=_in_box(("stornvme",), ids=("CC_010802",)),
)
# The capacities are those of QEMU's hw/scsi: LSI_MAX_DEVS, MPTSAS_NUM_PORTS, PVSCSI_MAX_DEVS; AHCI has six ports.
VIRTIO_SCSI = Model(
    "virtio-scsi-pci",
    ("virtio_pci", "virtio_scsi", "sd_mod"),
    disk_prefix="sd",
    bus="scsi",
    attachment=_scsi("virtio-scsi-pci", 64),
    is_virtio=True,
    words=_everywhere("scsi"),
    controllers={"libvirt": "virtio-scsi", "openstack": "virtio-scsi", "proxmox": "virtio-scsi-pci"},
    read_as={
        "libvirt-scsi": ("virtio-scsi", "virtio-transitional", "virtio-non-transitional"),
        "ovf": ("virtioscsi", "virtio-scsi"),
        "ovirt": ("VirtIO_SCSI",),
    },
    windows=_virtio(
        "vioscsi",
        "VEN_1AF4&DEV_1004&SUBSYS_00081AF4&REV_00",
        "VEN_1AF4&DEV_1004&REV_00",
        "VEN_1AF4&DEV_1004",
        "VEN_1AF4&DEV_1048&SUBSYS_11001AF4&REV_01",
        "VEN_1AF4&DEV_1048&REV_01",
        "VEN_1AF4&DEV_1048",
    ),
)
PVSCSI = Model(
    "pvscsi",
    ("vmw_pvscsi", "sd_mod"),
    disk_prefix="sd",
    bus="scsi",
    attachment=_scsi("pvscsi", 64),
    words={"proxmox": "scsi"},
    controllers={"proxmox": "pvscsi"},
    read_as={"libvirt-scsi": ("vmpvscsi",), "ovf": ("virtualscsi",), "vmx": ("pvscsi",)},
    windows=_in_box(("pvscsi",), ids=("VEN_15AD&DEV_07C0",)),
)
MPTSAS1068 = Model(
    "mptsas1068",
    ("mptsas", "sd_mod"),
    disk_prefix="sd",
    bus="scsi",
    attachment=_scsi("mptsas1068", 8),
    words=dict.fromkeys(("libvirt", "openstack"), "scsi"),
    controllers=dict.fromkeys(("libvirt", "openstack"), "lsisas1068"),
    read_as={"libvirt-scsi": ("lsisas1068",), "ovf": ("lsilogicsas",), "vmx": ("lsisas1068",)},
    windows=_in_box(("LSI_SAS",), ids=("VEN_1000&DEV_0054",)),
)
LSI53C895A = Model(
    "lsi53c895a",
    bus="scsi",
    attachment=_scsi("lsi53c895a", 7),
    words={"proxmox": "scsi"},
    controllers={"proxmox": "lsi"},
    # 6 is CIM's ResourceType of a SCSI controller that is of no known model.
    read_as={"libvirt-scsi": ("lsilogic",), "ovf": ("lsilogic",), "ovf-type": ("6",), "vmx": ("lsilogic",)},
)
AHCI = Model(
    "ahci",
    ("ahci", "sd_mod"),
    disk_prefix="sd",
    bus="sata",
    attachment=Attachment("ide-hd", "ahci", 6, "bus={controller}.{unit}", {"q35": "ide"}),
    words=_everywhere("sata"),
    read_as={
        "libvirt-bus": ("sata",),
        "ovf": ("ahci", "vmware.sata.ahci"),
        # CIM's "other storage device".
        "ovf-type": ("20",),
        "ovirt": ("SATA",),
        "vmx": ("sata",),
    },
    # msahci calls each port an IDE channel (Internal_IDE_Channel), which is atapi's.
    windows=_in_box(("storahci",), ("msahci", "atapi"), ids=("CC_010601",)),
)
PIIX3_IDE = Model(
    "piix3-ide",
    bus="ide",
    attachment=_IDE,
    words=_IDE_WORDS,
    windows=_in_box(("intelide", "atapi"), ids=("VEN_8086&DEV_7010",)),
)
IDE = Model(
    "ide",
    ("ata_piix", "sd_mod"),
    disk_prefix="sd",
    bus="ide",
    attachment=_IDE,
    words=_IDE_WORDS,
    read_as={"libvirt-bus": ("ide",), "ovf-type": ("5",), "ovirt": ("IDE",), "vmx": ("ide",)},
    windows=_in_box(("intelide", "atapi"), ids=("VEN_8086&DEV_7010", "VEN_8086&DEV_7111")),
)

# LSI Logic's parallel SCSI as VirtualBox has it; QEMU's is an older chip.
LSI53C1030 = Model(
    "lsi53c1030",
    ("mptspi", "sd_mod"),
    disk_prefix="sd",
    bus="scsi",
    in_qemu=False,
    windows=_in_box(("LSI_SCSI",), ids=("VEN_1000&DEV_0030",)),
)
# The kernel calls each of Xen's virtual disks so, whatever the configuration of the machine calls it (xvda, hda, sda;
# drivers/block/xen-blkfront.c: xlvbd_alloc_gendisk). QEMU has it in its emulation of Xen alone.
XEN_DISK = Model("xen-disk", ("xen_blkfront",), disk_prefix="xvd", bus="xen", in_qemu=False)
# One driver for the disks on SCSI and on IDE: ata_piix leaves the latter to it (piix_ignore_devices_quirk).
HV_STORVSC = Model(
    "hv_storvsc",
    ("hv_storvsc", "sd_mod"),
    disk_prefix="sd",
    bus="scsi",
    in_qemu=False,
    windows=_in_box(("vmbus", "storvsc")),
)

# Displays

VIRTIO_VGA = Model(
    "virtio-vga",
    ("virtio_gpu",),
    is_virtio=True,
    words=_everywhere("virtio"),
    windows=_virtio(
        # The INF had the first alone until 2023.
        "viogpudo",
        "VEN_1AF4&DEV_1050&SUBSYS_11001AF4&REV_01",
        "VEN_1AF4&DEV_1050",
        service="VioGpuDod",
    ),
)
QXL_VGA = Model(
    "qxl-vga",
    ("qxl",),
    words=dict.fromkeys(("libvirt", "openstack", "proxmox"), "qxl"),
    windows=WindowsNeeds((("qxldod",), ("qxl",)), "qxldod", ("VEN_1B36&DEV_0100",)),
)
# Text mode and VESA need no driver in the guest.
VGA = Model(
    "VGA", words={"libvirt": "vga", "kubevirt": "vga", "openstack": "vga", "proxmox": "std"}, windows=_NO_DRIVER
)
CIRRUS_VGA = Model("cirrus-vga", words=dict.fromkeys(("libvirt", "openstack", "proxmox"), "cirrus"), windows=_NO_DRIVER)
VMWARE_SVGA = Model(
    "vmware-svga",
    ("vmwgfx",),
    words={"libvirt": "vmvga", "openstack": "vmvga", "proxmox": "vmware"},
    windows=_NO_DRIVER,
)
BOCHS_DISPLAY = Model("bochs-display", words=dict.fromkeys(("libvirt", "kubevirt", "openstack"), "bochs"))
# These need no driver either: the kernel draws on the frame buffer that the firmware has set up.
VBOX_SVGA = Model("vboxsvga", in_qemu=False, windows=_NO_DRIVER)
HYPERV_VIDEO = Model("hyperv-video", in_qemu=False, windows=_NO_DRIVER)
# What Xen gives a machine without hardware. A guest without its driver has the console.
XEN_FB = Model("xenfb", in_qemu=False)

# Consoles

# The 8250 driver is `8250` in modules.builtin of every distribution; its base part carries the console.
ISA_SERIAL = Model("isa-serial", ("8250",), tty="ttyS0,115200", words=_everywhere("serial"), windows=_NO_DRIVER)
VIRTCONSOLE = Model(
    "virtconsole", ("virtio_pci", "virtio_console"), tty="hvc0", is_virtio=True, words={"libvirt": "virtio"}
)
# It is built in where the kernel knows Xen (HVC_XEN in drivers/tty/hvc/Kconfig, which is no module).
XEN_CONSOLE = Model("xen-console", tty="hvc0", in_qemu=False)


def _by_driver(*rows: Model) -> dict[str, Model]:
    return {row.driver: row for row in rows}


INTERFACES = _by_driver(VIRTIO_NET, VMXNET3, E1000E, E1000, RTL8139, PCNET, XEN_NET, HV_NETVSC, ENA, GVE)
# Those that QEMU has as devices of PCI Express at a port of it. Only there have they the serial number by which Windows
# finds the configuration of a card again.
EXPRESS_CARDS = (VMXNET3.driver, E1000E.driver)
DISKS = _by_driver(
    VIRTIO_BLK,
    NVME,
    VIRTIO_SCSI,
    PVSCSI,
    MPTSAS1068,
    LSI53C895A,
    AHCI,
    PIIX3_IDE,
    IDE,
    LSI53C1030,
    XEN_DISK,
    HV_STORVSC,
)
VIDEO = _by_driver(VIRTIO_VGA, QXL_VGA, VGA, CIRRUS_VGA, VMWARE_SVGA, BOCHS_DISPLAY, VBOX_SVGA, HYPERV_VIDEO, XEN_FB)
CONSOLES = _by_driver(ISA_SERIAL, VIRTCONSOLE, XEN_CONSOLE)

# By kind of device, {driver: Model}.
MODELS: Mapping[str, Mapping[str, Model]] = {
    "network": INTERFACES,
    "block": DISKS,
    "graphics": VIDEO,
    "console": CONSOLES,
}


def words(platform: str, kind: str) -> dict[str, str]:
    """{driver: the platform's word}, for the models of one kind that the platform offers."""
    return {driver: row.words[platform] for driver, row in MODELS[kind].items() if platform in row.words}


def named(dialect: str, kind: str, word: str) -> Model | None:
    """The model that a source's dialect calls word; None when it is not known, or when QEMU has no such device."""
    for row in MODELS[kind].values():
        if word in row.read_as.get(dialect, ()):
            return row
    return None


def attachment(driver: str) -> Attachment:
    """How QEMU attaches a disk of the model. Raises KeyError for what is not a disk's model."""
    found = DISKS[driver].attachment
    if found is None:
        raise KeyError(driver)
    return found


def is_virtio(driver: str | None) -> bool:
    """Whether the driver is that of a virtio device."""
    return driver is not None and any(driver in rows and rows[driver].is_virtio for rows in MODELS.values())
