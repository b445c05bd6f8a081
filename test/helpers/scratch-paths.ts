// The guest's folders, in a folder of the test's own.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GuestPaths, guestPaths } from '../../supervisor/contract/layout.ts';
import { scratchFolder } from './scratch-folder.ts';

export function scratchPaths(): GuestPaths {
	const root = scratchFolder();
	return {
		...guestPaths,
		containers: join(root, 'containers'),
		state: join(root, 'run/slipway'),
		runLog: join(root, 'run/log'),
		log: join(root, 'var/log'),
		runcRoot: '/run/runc',
		cgroup: join(root, 'cgroup'),
		containerdConfig: join(root, 'etc/containerd/config.toml'),
		containerdFallbackConfig: join(root, 'run/slipway/containerd.toml'),
		containerdSocket: join(root, 'run/containerd/containerd.sock'),
	};
}

export function addBundle(paths: GuestPaths, place: string, runtime: unknown = {}): string {
	const folder = join(paths.containers, place);
	mkdirSync(join(folder, 'rootfs'), { recursive: true });
	writeFileSync(join(folder, 'config.json'), '{"process":{"args":["/app"]},"root":{"path":"rootfs"}}');
	writeFileSync(join(folder, 'runtime.json'), JSON.stringify(runtime));
	return folder;
}
