// The drivers of hypervisors and clouds that QEMU can't be: the packages have the disks that disk formats look for, and the network
// cards of the same machines. `pkg build` refuses a name that Debian's kernel does not have.

import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { type DiskKind, driversOf } from '../../../../tools/output/disk-drivers.ts';
import { loadRecipe } from '../../../../tools/package/recipe.ts';

interface Place {
	readonly disks: DiskKind;
	readonly cards: readonly string[];
}

const places: Readonly<Record<string, Place>> = {
	'virtio (KVM, OpenStack, Google)': { disks: 'virtio', cards: ['virtio_net'] },
	'Xen, and Amazon before Nitro': { disks: 'xen', cards: ['xen_netfront'] },
	'Hyper-V and Azure': { disks: 'hyperV', cards: ['hv_netvsc'] },
	VMware: { disks: 'vmware', cards: ['vmxnet3'] },
	"Amazon's Nitro": { disks: 'board', cards: ['ena'] },
	"Google's gVNIC": { disks: 'virtio', cards: ['gve'] },
};
/** In Debian's cloud kernel itself, and what it does not have; the others of the list are enough for its machines. */
const elsewhere = ['virtio_pci', 'nvme', 'ahci', 'mptspi'];
/** Hardware of PCs. */
const ofPcs = ['ata_piix', 'vmw_pvscsi'];

for (const processor of Object.values(processors)) {
	for (const [place, { disks, cards }] of Object.entries(places)) {
		test(`the package kernel has the drivers of ${place} for ${processor.name}`, async (t) => {
			const { kernel } = await loadRecipe('pkg/kernel', processor);
			const names = new Set((kernel?.modules ?? []).map((name) => name.replaceAll('-', '_')));
			const wanted = [...driversOf([disks]), ...cards].filter(
				(name) => !elsewhere.includes(name) && (processor.hasBios || !ofPcs.includes(name)),
			);
			t.deepEqual(
				wanted.filter((name) => !names.has(name)),
				[],
			);
		});
	}
}
