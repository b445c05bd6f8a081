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
	return runtime.interfaces.length > 0 || namespaceKinds.some((kind) => runtime.bindNS[kind] !== '');
}

type BindCalls = Pick<Native, 'mount' | 'constants'>;
type LinkCalls = Pick<Native, 'linkCreate' | 'linkCreateVeth' | 'linkMoveToNetns'>;

/** @param pid - the container's first process, in PID 1's pid namespace */
export function prepareProcess(bundle: Bundle, pid: number, native: BindCalls & LinkCalls): void {
	for (const link of bundle.runtime.interfaces) {
		attempt(bundle, `give it the interface ${link.name ?? ''}`, () => giveInterface(link, pid, native));
	}
	for (const kind of namespaceKinds) {
		const path = bundle.runtime.bindNS[kind];
		if (path === '') continue;
		attempt(bundle, `bind its ${kind} namespace to ${path}`, () => {
			bindNamespace(`/proc/${pid}/ns/${kind}`, path, native);
		});
	}
}

function bindNamespace(source: string, path: string, native: BindCalls): void {
	makeFolder(dirname(path));
	closeSync(openSync(path, 'w', 0o644));
	native.mount(source, path, null, constant(native, 'MS_BIND'), null);
}

function giveInterface(link: Interface, pid: number, native: LinkCalls): void {
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
	const fd = openSync(`/proc/${pid}/ns/net`, 'r');
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
