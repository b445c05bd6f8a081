// The drivers of the disks that a medium may be on: the first program loads them before it looks for the root's partition. Which
// of them a system has is up to its kernel's package.

/** Names of modules, with underscores, by who makes such machines. */
const drivers = {
	virtio: ['virtio_pci', 'virtio_blk', 'virtio_scsi', 'sd_mod'],
	board: ['ahci', 'ata_piix', 'nvme', 'sd_mod'],
	usb: ['xhci_pci', 'ehci_pci', 'usb_storage', 'uas', 'sd_mod'],
	card: ['mmc_block', 'sdhci_pci', 'sdhci_acpi'],
	raid: ['megaraid_sas', 'mpt3sas', 'smartpqi', 'hpsa', 'aacraid', 'sd_mod'],
	vmware: ['vmw_pvscsi', 'mptspi', 'ahci', 'ata_piix', 'nvme', 'sd_mod'],
	hyperV: ['hv_storvsc', 'pci_hyperv', 'ata_piix', 'nvme', 'sd_mod'],
	xen: ['xen_blkfront'],
} as const;

export type DiskKind = keyof typeof drivers;

/** Returns the names of the modules, each once. */
export function driversOf(kinds: readonly DiskKind[]): readonly string[] {
	return [...new Set(kinds.flatMap((kind) => drivers[kind]))];
}

/** The machines in which a file of a format without a maker may be: `dd` writes it to any disk. */
export const anyDisk: readonly DiskKind[] = [
	'virtio',
	'board',
	'usb',
	'card',
	'raid',
	'vmware',
	'hyperV',
	'xen',
];
