// The steps of `runtime.json` between a container's creation and its start, when its namespaces exist and its program does not run
// yet: moves network interfaces into it, and binds its namespaces to paths.

import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { constant } from '../../native/linux/constant.ts';
import { makeFolder } from '../../native/linux/make-folder.ts';
import type { Native } from '../../native/native.ts';
import type { BindNamespaces, Interface, RuntimeConfig } from '../contract/runtime-config.ts';
import type { Bundle } from './bundle.ts';
import { PrepareError } from './prepare.ts';

/** The order is LinuxKit's. */
const namespaceKinds: readonly (keyof BindNamespaces)[] = [
	'cgroup',
	'ipc',
	'mnt',
	'net',
	'pid',
	'user',
	'uts',
];

/** Reports whether the container must be created and started in two steps. */
export function needsProcess(runtime: RuntimeConfig): boolean {
	return runtime.interfaces.length > 0 || boundNamespaces(runtime).length > 0;
}

type BindCalls = Pick<Native, 'mount' | 'constants'>;
export type LinkCalls = Pick<Native, 'linkCreate' | 'linkCreateVeth' | 'linkMoveToNetns'>;

/** @param pid - the container's first process, in PID 1's pid namespace */
export function prepareProcess(bundle: Bundle, pid: number, native: BindCalls & LinkCalls): void {
	giveInterfaces(bundle, `/proc/${pid}/ns/net`, native);
	for (const { kind, path } of boundNamespaces(bundle.runtime)) {
		attempt(bundle, `bind its ${kind} namespace to ${path}`, () => {
			makeBindPoint(path);
			native.mount(`/proc/${pid}/ns/${kind}`, path, null, constant(native, 'MS_BIND'), null);
		});
	}
}

/**
 * Makes the interfaces of `runtime.json` and moves them.
 *
 * @param namespace - the file of the container's network namespace
 */
export function giveInterfaces(bundle: Bundle, namespace: string, native: LinkCalls): void {
	for (const link of bundle.runtime.interfaces) {
		attempt(bundle, `give it the interface ${link.name ?? ''}`, () => giveInterface(link, namespace, native));
	}
}

/** A namespace that outlives its container. */
export interface BoundNamespace {
	/** Its name in /proc/PID/ns. */
	readonly kind: keyof BindNamespaces;
	/** The file that keeps it. */
	readonly path: string;
}

export function boundNamespaces({ bindNS }: RuntimeConfig): readonly BoundNamespace[] {
	return namespaceKinds.map((kind) => ({ kind, path: bindNS[kind] })).filter(({ path }) => path !== '');
}

/** Makes the file on which a namespace is mounted. */
export function makeBindPoint(path: string): void {
	makeFolder(dirname(path));
	closeSync(openSync(path, 'w', 0o644));
}

function giveInterface(link: Interface, namespace: string, native: LinkCalls): void {
	const name = link.name ?? '';
	const peer = link.peer ?? '';
	// As in LinuxKit, a peer without a type means a veth pair.
	const type = link.add === undefined || link.add === '' ? (peer === '' ? '' : 'veth') : link.add;
	if (name === '') throw new Error('an interface needs a name');
	if (type === 'veth') {
		if (peer === '') throw new Error('a veth pair needs `peer`, the name of its other end');
		native.linkCreateVeth(name, peer);
	} else if (type !== '') {
		// The link is always made here and moved, also without `createInRoot`. Only wireguard differs, because its packets use
		// the namespace in which it was made.
		native.linkCreate(name, type);
	}
	const fd = openSync(namespace, 'r');
	try {
		native.linkMoveToNetns(name, fd);
	} finally {
		closeSync(fd);
	}
}

function attempt(bundle: Bundle, step: string, run: () => void): void {
	try {
		run();
	} catch (error) {
		throw new PrepareError(bundle.name, step, error);
	}
}
