// Checks that the machine has what the suites need. The suites fail without it: a skipped test proves nothing.

import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
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

/** Options of a mount by which a container's program can open no device and gain no user, as those of /tmp of Debian 13. */
const holdingBack = new Set(['nodev', 'noexec', 'nosuid']);

export function isHoldingBack(options: string): boolean {
	return options
		.trim()
		.split(',')
		.some((option) => holdingBack.has(option));
}

/**
 * Makes the tests that root runs keep their folders where devices and set-user-ID programs work.
 *
 * @param optionsOf - returns the options of the mount that holds a folder, and nothing where that is not known
 * @returns a sentence that says that there is no such folder, or null
 */
export function useOrdinaryFolder(
	optionsOf: (folder: string) => string = mountOptions,
	env: NodeJS.ProcessEnv = process.env,
): string | null {
	const folders = [tmpdir(), '/var/tmp'];
	const ordinary = folders.find((folder) => !isHoldingBack(optionsOf(folder)));
	if (ordinary === undefined)
		return `the ns suite needs a folder that is mounted without nosuid, nodev and noexec, and ${folders.join(' and ')} have these: set TMPDIR to another one`;
	if (ordinary !== folders[0]) env['TMPDIR'] = ordinary;
	return null;
}

function mountOptions(folder: string): string {
	return String(spawnSync('findmnt', ['-nro', 'OPTIONS', '--target', folder]).stdout ?? '');
}
