// The checks of `files:`: what is below a path on which PID 1 mounts a file system is never seen, and what is below a file can't be
// placed.

import type { FileConfig } from '../config/system-config.ts';
import { partsOf } from './file-tree.ts';
import type { Finding } from './finding.ts';
import type { CheckedSystem } from './system.ts';

/** Where Slipway's PID 1 mounts (init/mounts/mount-table.ts), and LinuxKit's too. /var gets the files of the image. */
const mountedFolders: readonly string[] = ['dev', 'proc', 'run', 'sys', 'tmp'];

export function fileFindings(system: CheckedSystem): readonly Finding[] {
	return [...hiddenFiles(system), ...filesBelowFiles(system)];
}

/** Says nothing about a part of a system, which has no init. */
function hiddenFiles({ plan, root }: CheckedSystem): readonly Finding[] {
	if (root?.has('/init') !== true) return [];
	return plan.config.files.flatMap(({ path, at }): readonly Finding[] => {
		const [folder = '', ...below] = partsOf(path);
		if (below.length === 0 || !mountedFolders.includes(folder)) return [];
		const message =
			`files: nothing sees /${[folder, ...below].join('/')}, because a file system is mounted on /${folder} at boot. Choose ` +
			'another path, or let an onboot container make the file.';
		return [{ check: 'hidden-file', severity: 'warning', at, path: ['path'], message }];
	});
}

/** The files are placed in their order, above those of the init images. */
function filesBelowFiles({ plan, root }: CheckedSystem): readonly Finding[] {
	const named = new Set(plan.config.files.map(({ path }) => cleanPath(path)));
	const plain = new Set<string>();
	const findings: Finding[] = [];
	for (const file of plan.config.files) {
		const path = cleanPath(file.path);
		const above = parentsOf(path).find((parent) => {
			if (named.has(parent)) return plain.has(parent);
			const found = root?.find(parent);
			return found?.is === 'found' && !named.has(found.path) && found.node.kind !== 'directory';
		});
		if (isPlain(file)) plain.add(path);
		else plain.delete(path);
		if (above === undefined) continue;
		const owner = named.has(above) ? 'of "files", too' : 'of the init images';
		const message = `files: ${path} can't be placed, because ${above} is a file ${owner}, and no directory. Choose another path.`;
		findings.push({ check: 'file-path', severity: 'error', at: file.at, path: ['path'], message });
	}
	return findings;
}

/** A source that may be absent makes no file for sure. */
function isPlain({ directory, symlink = '', optional }: FileConfig): boolean {
	return directory !== true && symlink === '' && optional !== true;
}

function parentsOf(path: string): readonly string[] {
	const parts = partsOf(path);
	return parts.slice(1).map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

function cleanPath(path: string): string {
	return `/${partsOf(path).join('/')}`;
}
