// Real containers for the real PID 1 in namespaces (guest-init.ts): containerd, its shim, runc and their libraries go
// into its root, and bundles of a static busybox.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ContainerNetwork } from '../../supervisor/contract/container-network.ts';
import type { Supervision } from '../../supervisor/contract/supervision.ts';
import { librariesOf } from '../../tools/build/target.ts';
import { findProgram } from '../helpers/program.ts';
import { addBusyboxBundle } from './supervised-guest.ts';

const programs = ['containerd', 'containerd-shim-runc-v2', 'runc'];

export interface GuestContainers {
	/** For `GuestOptions.prepare`. */
	readonly prepare: string;
	/** Unique, for cgroups, which are the host's. */
	readonly id: string;
}

/** By their places, such as `services/web`: the shell script that each is, its rules and its network. */
export type Containers = Readonly<
	Record<string, readonly [script: string, supervision?: Supervision, network?: ContainerNetwork]>
>;

export function guestContainers(t: ExecutionContext, containers: Containers): GuestContainers {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-containers-'));
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	const id = basename(folder);
	for (const [place, [script, supervision, network]] of Object.entries(containers)) {
		addBusyboxBundle(folder, id, place, ['/bin/sh', '-c', script], { namespace: 'services.linuxkit' });
		const file = join(folder, 'containers', place, 'supervision.json');
		if (supervision !== undefined) writeFileSync(file, JSON.stringify(supervision));
		if (network !== undefined) joinNetwork(join(folder, 'containers', place), network);
	}
	const paths = programs.map((name) => findProgram(name) ?? '');
	const libraries = new Set(
		paths.flatMap((path) => {
			try {
				return librariesOf(execFileSync('ldd', [path], { encoding: 'utf8', stdio: 'pipe' }));
			} catch {
				// A static one has none.
				return [];
			}
		}),
	);
	return {
		id,
		prepare: `
mkdir -p usr/bin var/log
cp ${paths.join(' ')} usr/bin/
cp -a ${folder}/containers .
for library in ${[...libraries].join(' ')}; do mkdir -p ".\${library%/*}"; cp -L "$library" ".$library"; done
`,
	};
}

function joinNetwork(bundle: string, network: ContainerNetwork): void {
	writeFileSync(join(bundle, 'network.json'), JSON.stringify(network));
	const path = join(bundle, 'config.json');
	const joined = `{"type":"network","path":"${network.namespace}"}`;
	writeFileSync(path, readFileSync(path, 'utf8').replace('{"type":"network"}', joined));
}
