// Drivers: kernel modules for the devices that are there, then for those that appear with these (the network card on
// virtio's bus is seen only once virtio_pci is in), and then for each device that the kernel announces.
//
// What no container waits for is loaded when the services have been up for a while: each module costs tens of
// milliseconds on a slow machine.

import { release } from 'node:os';
import { findModaliases, findModaliasesOnBuses } from '../../modules/find-modaliases.ts';
import { ModuleLoader } from '../../modules/module-loader.ts';
import { ModuleTree } from '../../modules/module-tree.ts';
import { makeStaticNodes } from '../../modules/static-nodes.ts';
import { openUevents, type Uevents } from '../../modules/uevents.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

/** No device asks for it, but nearly every container does. */
const alwaysWanted = ['overlay'];

/** Faster ciphers and checksums, keyboards, the power button: `modalias` begins like this. */
const patient = ['cpu:', 'input:', 'acpi:LNXPWRBN:', 'acpi:PNP0C0C:'];

/** A bus below a bus below a bus: real machines need three. */
const maxRounds = 10;

export const devicesStage: Stage = {
	name: 'devices',
	fatal: false,
	timeoutMs: 60_000,
	run(context) {
		const tree = openTree();
		if (tree.size === 0) return skipped(`no modules for the kernel ${release()}`);
		makeNodes(context);
		const loader = createLoader(context, tree);
		// Opened before the search: no device falls between the two.
		const uevents = tryOpenUevents(context);
		const loaded = loadForDevices(loader, uevents, urgentDevices);
		for (const name of alwaysWanted) if (tree.isKnown(name)) loaded.push(...loader.load(name));
		watch(context, loader, uevents);
		return done(`${loaded.length} modules${loaded.length > 0 ? `: ${loaded.join(' ')}` : ''}`);
	},
	later(context) {
		const tree = openTree();
		if (tree.size === 0) return;
		const loaded = loadForDevices(createLoader(context, tree), null, allDevices);
		if (loaded.length > 0) context.log.info({ stage: 'devices' }, `and ${loaded.join(' ')}`);
	},
	resume(context) {
		const tree = openTree();
		if (tree.size === 0) return;
		const loader = createLoader(context, tree);
		const uevents = tryOpenUevents(context);
		loadForDevices(loader, uevents, allDevices);
		watch(context, loader, uevents);
	},
};

/** Without them the drivers are loaded all the same. */
function makeNodes({ native, log }: StageContext): void {
	const umask = process.umask(0);
	try {
		makeStaticNodes(native, `${modulesFolder()}/modules.devname`);
	} catch (error) {
		log.warn({ stage: 'devices' }, `not all nodes of /dev could be made: ${String(error)}`);
	} finally {
		process.umask(umask);
	}
}

/** Which devices a search is for. */
interface Search {
	readonly find: () => Set<string>;
	readonly isWanted: (alias: string) => boolean;
}

const urgentDevices: Search = {
	find: findModaliasesOnBuses,
	isWanted: (alias) => !patient.some((beginning) => alias.startsWith(beginning)),
};

const allDevices: Search = { find: findModaliases, isWanted: () => true };

/** Looks at all devices once; those that a driver brings are announced, which saves further walks through /sys. */
function loadForDevices(loader: ModuleLoader, uevents: Uevents | null, { find, isWanted }: Search): string[] {
	const loaded: string[] = [];
	const seen = new Set<string>();
	for (let round = 0; round < maxRounds; round += 1) {
		const present = round === 0 ? null : announced(uevents);
		const fresh = [...(present ?? find())].filter((alias) => !seen.has(alias) && isWanted(alias));
		const added = fresh.flatMap((alias) => {
			seen.add(alias);
			return loader.loadForAlias(alias);
		});
		loaded.push(...added);
		if (added.length === 0) break;
	}
	return loaded;
}

/** Null where it is not known: some messages were lost, or none can be had. */
function announced(uevents: Uevents | null): Set<string> | null {
	const events = uevents?.take() ?? null;
	if (events === null) return null;
	return new Set(events.flatMap(({ action, modalias }) => (action === 'add' && modalias ? [modalias] : [])));
}

function tryOpenUevents({ native, log }: StageContext): Uevents | null {
	try {
		return openUevents(native);
	} catch (error) {
		log.warn({ stage: 'devices' }, `new devices will not be seen: ${String(error)}`);
		return null;
	}
}

function watch({ log }: StageContext, loader: ModuleLoader, uevents: Uevents | null): void {
	uevents?.start({
		onEvent(event) {
			if (event.action !== 'add' || event.modalias === null) return;
			const loaded = loader.loadForAlias(event.modalias);
			if (loaded.length > 0) log.info({ stage: 'devices' }, `${event.path}: ${loaded.join(' ')}`);
		},
		onOverflow: () => void loadForDevices(loader, null, allDevices),
	});
}

function openTree(): ModuleTree {
	return new ModuleTree(modulesFolder(), '/etc/modprobe.d');
}

function modulesFolder(): string {
	return `/lib/modules/${release()}`;
}

function createLoader({ native, log }: Pick<StageContext, 'native' | 'log'>, tree: ModuleTree): ModuleLoader {
	return new ModuleLoader(native, tree, ({ name, reason }) =>
		log.warn({ stage: 'devices', module: name }, `module ${name} was not loaded: ${reason}`),
	);
}
