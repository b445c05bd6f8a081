// The check of `files:`: what is below a path on which PID 1 mounts a file system is never seen.

import type { Finding } from './finding.ts';
import type { CheckedSystem } from './system.ts';

/** Where Slipway's PID 1 mounts (init/mounts/mount-table.ts), and LinuxKit's too. /var gets the files of the image. */
const mountedFolders: readonly string[] = ['dev', 'proc', 'run', 'sys', 'tmp'];

/** Says nothing about a part of a system, which has no init. */
export function fileFindings({ plan, root }: CheckedSystem): readonly Finding[] {
	if (root?.has('/init') !== true) return [];
	return plan.config.files.flatMap(({ path, at }): readonly Finding[] => {
		const [folder = '', ...below] = path.split('/').filter((part) => part !== '' && part !== '.');
		if (below.length === 0 || !mountedFolders.includes(folder)) return [];
		const message =
			`files: nothing sees /${[folder, ...below].join('/')}, because a file system is mounted on /${folder} at boot. Choose ` +
			'another path, or let an onboot container make the file.';
		return [{ check: 'hidden-file', severity: 'warning', at, path: ['path'], message }];
	});
}
