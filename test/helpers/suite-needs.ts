// Checks that the machine has what the suites need. The suites `ns` and `vm` fail without it: a skipped test proves nothing.

import { findProgram } from './program.ts';

interface Needs {
	readonly root: boolean;
	readonly programs: readonly string[];
}

const needs: Readonly<Record<string, Needs>> = {
	ns: {
		root: true,
		programs: [
			'runc',
			'containerd',
			'containerd-shim-runc-v2',
			'busybox',
			'unshare',
			'nsenter',
			'setpriv',
			'docker-registry',
			'skopeo',
			'umoci',
			'unsquashfs',
			'mksquashfs',
			'openssl',
			'apt-get',
		],
	},
	vm: { root: false, programs: ['qemu-system-x86_64', 'skopeo', 'redis-cli'] },
};

/** @returns a sentence that says what the suite needs and this machine lacks, or null when it lacks nothing */
export function missingFor(suite: string, uid: number | undefined = process.getuid?.()): string | null {
	const { root = false, programs = [] } = needs[suite] ?? {};
	if (root && uid !== 0) return `the ${suite} suite needs root: run it with sudo`;
	const missing = programs.filter((name) => findProgram(name) === null);
	if (missing.length === 0) return null;
	return `the ${suite} suite needs ${missing.join(', ')}, not found in PATH: "make" installs the Debian packages`;
}
