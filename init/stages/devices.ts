// Drivers: kernel modules for the devices that are there, round by round until no new device appears (the network
// card on virtio's bus is seen only once virtio_pci is in), and then for each device that the kernel announces.

import { release } from 'node:os';
import type { Native } from '../../native/native.ts';
import type { Log } from '../../supervisor/log.ts';
import { findModaliases } from '../modules/find-modaliases.ts';
import { ModuleLoader } from '../modules/module-loader.ts';
import { ModuleTree } from '../modules/module-tree.ts';
import { openUevents } from '../modules/uevents.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

/** No device asks for it, but nearly every container does. */
const alwaysWanted = ['overlay'];

/** A bus below a bus below a bus: real machines need three. */
const maxRounds = 10;

export const devicesStage: Stage = {
	name: 'devices',
	fatal: false,
	limitMs: 60_000,
	run(context) {
		const tree = openTree();
		if (tree.size === 0) return skipped(`no modules for the kernel ${release()}`);
		const loader = createLoader(context, tree);
		// Opened before the search: no device falls between the two.
		watch(context, loader);
		const loaded = loadForAllDevices(loader);
		for (const name of alwaysWanted) if (tree.isKnown(name)) loaded.push(...loader.load(name));
		return done(`${loaded.length} modules${loaded.length > 0 ? `: ${loaded.join(' ')}` : ''}`);
	},
	resume(context) {
		const tree = openTree();
		if (tree.size === 0) return;
		const loader = createLoader(context, tree);
		watch(context, loader);
		loadForAllDevices(loader);
	},
};

function loadForAllDevices(loader: ModuleLoader): string[] {
	const loaded: string[] = [];
	const seen = new Set<string>();
	for (let round = 0; round < maxRounds; round += 1) {
		const fresh = [...findModaliases()].filter((alias) => !seen.has(alias));
		const added = fresh.flatMap((alias) => {
			seen.add(alias);
			return loader.loadForAlias(alias);
		});
		loaded.push(...added);
		if (added.length === 0) break;
	}
	return loaded;
}

function watch({ native, log }: StageContext, loader: ModuleLoader): void {
	let uevents: ReturnType<typeof openUevents>;
	try {
		uevents = openUevents(native);
	} catch (error) {
		log.warn({ stage: 'devices' }, `new devices will not be seen: ${String(error)}`);
		return;
	}
	uevents.start({
		onEvent(event) {
			if (event.action !== 'add' || event.modalias === null) return;
			const loaded = loader.loadForAlias(event.modalias);
			if (loaded.length > 0) log.info({ stage: 'devices' }, `${event.path}: ${loaded.join(' ')}`);
		},
		onOverflow: () => void loadForAllDevices(loader),
	});
}

function openTree(): ModuleTree {
	return new ModuleTree(`/lib/modules/${release()}`, '/etc/modprobe.d');
}

function createLoader({ native, log }: { native: Native; log: Log }, tree: ModuleTree): ModuleLoader {
	return new ModuleLoader(native, tree, ({ name, reason }) =>
		log.warn({ stage: 'devices', module: name }, `module ${name} was not loaded: ${reason}`),
	);
}
