// Checks that the machine has what the suites need. The suites fail without it: a skipped test proves nothing.

import { delimiter, resolve } from 'node:path';
import { findProgram } from './program.ts';

interface Needs {
	readonly root: boolean;
	readonly programs: readonly string[];
}

const needs: Readonly<Record<string, Needs>> = {
	unit: { root: false, programs: ['gcc', 'qemu-img', 'xorriso', 'mksquashfs', 'mandoc', 'zsh', 'fish'] },
	ns: {
		root: true,
		programs: [
			'ip',
			'runc',
			'containerd',
			'containerd-shim-runc-v2',
			'busybox',
			'unshare',
			'nsenter',
			'setpriv',
			'qemu-system-x86_64',
			'docker-registry',
			'skopeo',
			'umoci',
			'unsquashfs',
			'mksquashfs',
			'openssl',
			'apt-get',
			'chromium-headless-shell',
			'dnsmasq',
		],
	},
	vm: {
		root: false,
		programs: [
			...['qemu-system-x86_64', 'qemu-system-aarch64', 'skopeo', 'redis-cli', 'openssl', 'sbsign', 'swtpm'],
			...['busybox', 'unshare', 'nsenter', 'unsquashfs'],
		],
	},
};

/** Where `make test` unpacks the servers that the tests start. */
const serverFolder = resolve(import.meta.dirname, '../../build/servers/usr/bin');

/** Makes the tests find the unpacked servers, before those that are installed. */
export function addServersToPath(env: NodeJS.ProcessEnv = process.env): void {
	const folders = (env['PATH'] ?? '').split(delimiter);
	if (!folders.includes(serverFolder)) env['PATH'] = [serverFolder, ...folders].join(delimiter);
}

/** @returns a sentence that says what the suite needs and this machine lacks, or null when it lacks nothing */
export function missingFor(suite: string, uid: number | undefined = process.getuid?.()): string | null {
	const { root = false, programs = [] } = needs[suite] ?? {};
	if (root && uid !== 0) return `the ${suite} suite needs root: run it with sudo`;
	const missing = programs.filter((name) => findProgram(name) === null);
	if (missing.length === 0) return null;
	return `the ${suite} suite needs ${missing.join(', ')}, not found in PATH: "make build/.test-tools" provides the Debian packages`;
}
