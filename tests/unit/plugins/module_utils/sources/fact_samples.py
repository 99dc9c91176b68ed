# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with every fact that its kind of source can say of it: one of each kind."""

from __future__ import annotations

UUID = "564d1234-abcd-ef00-1122-334455667788"

VMX = """
guestOS = "arm-debian12-64"
annotation = "of the web team"
uuid.bios = "56 4d 12 34 ab cd ef 00-11 22 33 44 55 66 77 88"
vc.uuid = "50 12 34 56 78 9a bc de-f0 12 34 56 78 9a bc de"
cpuid.coresPerSocket = "2"
vcpu.hotadd = "TRUE"
mem.hotadd = "TRUE"
numa.vcpu.maxPerVirtualNode = "1"
uefi.secureBoot.enabled = "TRUE"
vtpm.present = "TRUE"
rtc.diffFromUTC = "3600"
checkpoint.vmState = "web01-8a7c21f0.vmss"
pciPassthru0.present = "TRUE"
pciPassthru0.id = "00000:059:00.0"
usb.autoConnect.device0 = "path:1/0/2"
serial0.present = "TRUE"
serial0.fileType = "file"
serial0.fileName = "console.log"
parallel0.present = "TRUE"
parallel0.fileName = "LPT1"
sound.present = "TRUE"
smbios.reflectHost = "TRUE"
guestinfo.metadata = "e30K"
sched.scsi0:0.throughputCap = "500"
sched.scsi0:1.throughputCap = "off"
floppy0.present = "TRUE"
ide1:0.present = "TRUE"
ide1:0.deviceType = "cdrom-image"
ide1:0.fileName = "debian.iso"
scsi0.present = "TRUE"
scsi0.virtualDev = "pvscsi"
scsi0.sharedBus = "physical"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "web01.vmdk"
scsi0:0.mode = "independent-nonpersistent"
scsi0:0.deviceType = "scsi-passthru-rdm"
ethernet0.present = "TRUE"
ethernet0.networkName = "VLAN 7 web"
ethernet0.startConnected = "FALSE"
ethernet0.pciSlotNumber = "192"
ethernet0.addressType = "static"
"""

DOMAIN = {
    "os": "<type arch='aarch64' machine='virt'>hvm</type><kernel>/boot/vmlinuz</kernel>"
    "<firmware><feature enabled='yes' name='secure-boot'/></firmware>",
    "more": f"<uuid>{UUID}</uuid><title>web</title><description>of the web team</description><vcpu current='2'>4</vcpu>"
    "<maxMemory slots='4' unit='GiB'>8</maxMemory><clock offset='localtime'/>"
    "<cpu><topology sockets='2' cores='1' threads='2'/><numa><cell/><cell/></numa></cpu>"
    "<metadata><l:libosinfo xmlns:l='http://libosinfo.org/xmlns/libvirt/domain/1.0'>"
    "<l:os id='http://debian.org/debian/12'/></l:libosinfo></metadata>",
    "devices": "<disk type='block' device='lun'><driver type='raw'/><source dev='/dev/sdz'/><target dev='sda' bus='scsi'/>"
    "<serial>S1</serial><wwn>5000c50015ea71aa</wwn><shareable/><transient/></disk>"
    "<disk type='file' device='cdrom'><source file='/iso/a.iso'/><target dev='sdb' bus='sata'/></disk>"
    "<interface type='network'><mac address='52:54:00:aa:bb:01' type='static'/><source network='lan' portgroup='web'/>"
    "<link state='down'/><address type='pci' bus='0x00' slot='0x0a'/></interface>"
    "<hostdev mode='subsystem' type='pci'/><filesystem><source dir='/srv'/></filesystem>"
    "<tpm model='tpm-crb'/><serial type='file'><source path='/log'/></serial><watchdog model='i6300esb'/>",
}

OVF = {
    "disks": {"web01-1.vmdk": {"disk": f'vbox:uuid="{UUID}"'}},
    "items": [
        "ResourceType=3;InstanceID=2;VirtualQuantity=4;CoresPerSocket=2",
        "ResourceType=10;InstanceID=3;Connection=VLAN 7 web;AutomaticAllocation=false;ResourceSubType=VmxNet3;"
        "slotInfo.pciSlotNumber=192",
        "ResourceType=14;InstanceID=4",
        "ResourceType=15;InstanceID=5;HostResource=ovf:/file/iso",
        "ResourceType=21;InstanceID=6;ElementName=Serial port 1",
        "ResourceType=35;InstanceID=9;ResourceSubType=ensoniq1371",
        "ResourceType=1;InstanceID=7;ResourceSubType=vmware.vtpm",
        "ResourceType=1;InstanceID=8;ResourceSubType=vmware.pcipassthrough;ElementName=PCI device 1",
    ],
    "hardware": '<vmw:Config vmw:key="bootOptions.efiSecureBootEnabled" vmw:value="true"/>'
    "<VirtualSystemOtherConfigurationData Name='PV_kernel'><Value>/boot/vmlinuz</Value></VirtualSystemOtherConfigurationData>"
    '<vmw:Config vmw:key="cpuHotAddEnabled" vmw:value="true"/>'
    '<vmw:Config vmw:key="memoryHotAddEnabled" vmw:value="true"/>'
    '<vmw:Config vmw:key="numaInfo.coresPerNumaNode" vmw:value="2"/>',
    "system": '<OperatingSystemSection vmw:osType="arm_debian12_64Guest"/>'
    "<AnnotationSection><Annotation>of the web team</Annotation></AnnotationSection>"
    f'<vbox:Machine uuid="{{{UUID}}}" stateFile="a.sav"><vbox:Snapshot/>'
    f'<vbox:HardDisk uuid="{{{UUID}}}" type="Shareable"/><vbox:RTC localOrUTC="UTC"/></vbox:Machine>',
}

OBJECTS = {
    "runtime": {"powerState": "poweredOn"},
    "snapshot": {"rootSnapshotList": [{"childSnapshotList": [{}]}]},
    "tags": [{"name": "web"}],
    "config": {
        "name": "web01",
        "firmware": "efi",
        "uuid": UUID,
        "instanceUuid": UUID,
        "guestId": "arm_debian12_64Guest",
        "annotation": "of the web team",
        "template": True,
        "cpuHotAddEnabled": True,
        "memoryHotAddEnabled": True,
        "bootOptions": {"efiSecureBootEnabled": True},
        "extraConfig": [
            {"key": "numa.vcpu.maxPerVirtualNode", "value": "2"},
            {"key": "rtc.diffFromUTC", "value": "7200"},
        ],
        "hardware": {
            "numCPU": 4,
            "numCoresPerSocket": 2,
            "memoryMB": 2048,
            "device": [
                {
                    "_vimtype": "vim.vm.device.ParaVirtualSCSIController",
                    "key": 1000,
                    "busNumber": 0,
                    "sharedBus": "physicalSharing",
                },
                {
                    "_vimtype": "vim.vm.device.VirtualDisk",
                    "controllerKey": 1000,
                    "unitNumber": 0,
                    "backing": {
                        "fileName": "[ds1] web01/web01.vmdk",
                        "diskMode": "independent_nonpersistent",
                        "lunUuid": "0200",
                        "uuid": "6000C29a-1b2c-3d4e-5f60-718293a4b5c6",
                    },
                },
                {
                    "_vimtype": "vim.vm.device.VirtualVmxnet3",
                    "macAddress": "00:50:56:AA:00:01",
                    "addressType": "manual",
                    "backing": {"deviceName": "VLAN 7 web"},
                    "connectable": {"startConnected": False},
                    "slotInfo": {"pciSlotNumber": 192},
                },
                {"_vimtype": "vim.vm.device.VirtualTPM"},
                {"_vimtype": "vim.vm.device.VirtualHdAudioCard", "deviceInfo": {"label": "Sound card"}},
                {"_vimtype": "vim.vm.device.VirtualCdrom", "deviceInfo": {"label": "CD/DVD drive 1"}},
                {"_vimtype": "vim.vm.device.VirtualPCIPassthrough", "deviceInfo": {"label": "PCI device 0"}},
                {"_vimtype": "vim.vm.device.VirtualSerialPort", "deviceInfo": {"label": "Serial port 1"}},
            ],
        },
    },
}

SUMMARY = {
    "hw_name": "web01",
    "hw_power_status": "poweredOff",
    "hw_guest_id": "debian12_64Guest",
    "hw_product_uuid": UUID,
    "instance_uuid": UUID,
    "hw_processor_count": 4,
    "hw_cores_per_socket": 2,
    "hw_memtotal_mb": 2048,
    "hw_is_template": False,
    "hw_interfaces": ["eth0"],
    "hw_eth0": {"addresstype": "manual", "macaddress": "00:50:56:aa:00:01", "summary": "VLAN 7 web"},
    "snapshots": [{"id": 1}],
    "tpm_info": {"tpm_present": True},
    "annotation": "of the web team",
    "tags": ["web"],
    "advanced_settings": {"numa.vcpu.maxPerVirtualNode": "1"},
}
SUMMARY_DISKS = {
    "0": {
        "backing_filename": "[ds1] web01/web01.vmdk",
        "backing_diskmode": "persistent",
        "backing_sharing": "sharingMultiWriter",
        "controller_type": "paravirtual",
        "controller_bus_number": 0,
        "unit_number": 3,
    }
}
