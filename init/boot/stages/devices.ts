// Loads drivers: kernel modules for the devices that exist, then for those that these bring (the network card on virtio's
// bus appears only once virtio_pci is loaded), and then for each device that the kernel announces.
//
// Modules that no container waits for are loaded when the services have run for a while: each module costs tens of
// milliseconds on a slow machine.

import { release } from 'node:os';
import { findModaliases, findModaliasesOnBuses } from '../../modules/find-modaliases.ts';
import { modprobeFolders } from '../../modules/modprobe-settings.ts';
import { ModuleLoader } from '../../modules/module-loader.ts';
import { ModuleTree } from '../../modules/module-tree.ts';
import { makeStaticNodes } from '../../modules/static-nodes.ts';
import { openUevents, type Uevents } from '../../modules/uevents.ts';
import { endOnCrash } from '../../process/crash-guard.ts';
import { done, type Stage, type StageContext, skipped } from '../stage.ts';

/** Modules that no device needs, but nearly every container. */
const alwaysWanted = ['overlay'];

/** The beginnings of `modalias` of power buttons: the fixed one of ACPI, the one with a method, and that of a device tree. */
const powerButtons = ['acpi:LNXPWRBN:', 'acpi:PNP0C0C:', 'of:Ngpio-keys'];

/** Those of devices that can wait: faster ciphers and checksums, keyboards, the power button. */
const deferred = ['cpu:', 'input:', ...powerButtons];

const rootIsGone =
	'the disk of the root was removed: what is not in memory cannot be read any more, and programs will fail. Attach the ' +
	'disk and restart the machine';

/** Each round finds the devices on the buses that the last one brought. Real machines need three. */
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
		// Opened before the search, so that no device is missed between the two.
		const uevents = tryOpenUevents(context);
		const loaded = loadForDevices(loader, uevents, urgentDevices);
		for (const name of alwaysWanted) if (tree.isKnown(name)) loaded.push(...loader.load(name));
		watch(context, loader, uevents);
		return done(`${loaded.length} modules${loaded.length > 0 ? `: ${loaded.join(' ')}` : ''}`);
	},
	soon(context) {
		loadDeferred(context, powerButtonDevices);
	},
	later(context) {
		loadDeferred(context, allDevices);
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

function loadDeferred(context: StageContext, search: Search): void {
	const tree = openTree();
	if (tree.size === 0) return;
	const loaded = loadForDevices(createLoader(context, tree), null, search);
	if (loaded.length > 0) context.log.info({ stage: 'devices' }, `${loaded.length} more: ${loaded.join(' ')}`);
}

/** A failure is only logged: the drivers are loaded in any case. */
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

/** Selects the devices of a search. */
interface Search {
	readonly find: () => Set<string>;
	readonly isWanted: (alias: string) => boolean;
}

const urgentDevices: Search = {
	find: findModaliasesOnBuses,
	isWanted: (alias) => !deferred.some((beginning) => alias.startsWith(beginning)),
};

/** The button's own input device is announced once its driver is loaded, and then gets its driver. */
const powerButtonDevices: Search = {
	find: findModaliasesOnBuses,
	isWanted: (alias) => powerButtons.some((beginning) => alias.startsWith(beginning)),
};

const allDevices: Search = { find: findModaliases, isWanted: () => true };

/** Looks at all devices once. The kernel announces those that a driver brings, which saves further walks through /sys. */
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

/** Returns the aliases of new devices; null when some messages were lost, or there is no socket. */
function announced(uevents: Uevents | null): Set<string> | null {
	const events = uevents?.take() ?? null;
	if (events === null) return null;
	return new Set(events.flatMap(({ action, modalias }) => (action === 'add' && modalias ? [modalias] : [])));
}

function tryOpenUevents({ native, log }: StageContext): Uevents | null {
	try {
		return openUevents(native);
	} catch (error) {
		log.warn({ stage: 'devices' }, `new devices will get no drivers: ${String(error)}`);
		return null;
	}
}

function watch(context: StageContext, loader: ModuleLoader, uevents: Uevents | null): void {
	const { native, log, state, onInputDevice } = context;
	uevents?.start({
		onEvent(event) {
			const isRootGone = event.action === 'remove' && event.disk !== null && event.disk === state.rootDevice;
			if (isRootGone) {
				log.error({ stage: 'root' }, rootIsGone);
				state.isRootGone = true;
				endOnCrash(native, state.shutdown);
			}
			if (event.action === 'add' && /\/input\/.*\/event\d+$/.test(event.path)) onInputDevice();
			if (event.action !== 'add' || event.modalias === null) return;
			const loaded = loader.loadForAlias(event.modalias);
			if (loaded.length > 0) log.info({ stage: 'devices' }, `${event.path}: ${loaded.join(' ')}`);
		},
		onOverflow() {
			loadForDevices(loader, null, allDevices);
			onInputDevice();
		},
	});
}

function openTree(): ModuleTree {
	return new ModuleTree(modulesFolder(), modprobeFolders);
}

function modulesFolder(): string {
	return `/lib/modules/${release()}`;
}

function createLoader({ native, log }: Pick<StageContext, 'native' | 'log'>, tree: ModuleTree): ModuleLoader {
	return new ModuleLoader(native, tree, ({ name, reason }) =>
		log.warn({ stage: 'devices', module: name }, `module ${name} was not loaded: ${reason}`),
	);
}
