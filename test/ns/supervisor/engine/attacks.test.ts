// Images that try to leave their root, each started by runc and by the built-in engine: nothing outside changes, and what
// the script inside sees is its own root.

import {
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../../helpers/addon.ts';
import { type Bench, type RuntimeName, twoRuntimes } from './two-runtimes.ts';

const native = await openAddon();

interface Attack {
	/** Prepares the image. `outside` is a directory of the machine beside the root. */
	readonly prepare: (rootfs: string, outside: string) => void;
	readonly mounts?: readonly object[];
	readonly cwd?: string;
	readonly maskedPaths?: readonly string[];
	readonly readonlyPaths?: readonly string[];
	readonly devices?: readonly object[];
	readonly args?: readonly string[];
	/** What the script prints where it runs; a runtime may refuse the container instead. */
	readonly prints?: string;
	/** runc 1.1 does not withstand it. */
	readonly runcFails?: true;
}

const tmpfs = (destination: string) => ({ destination, type: 'tmpfs', source: 'tmpfs', options: [] });
const replace = (path: string, target: string): void => {
	rmSync(path, { recursive: true, force: true });
	symlinkSync(target, path);
};

const attacks: Readonly<Record<string, Attack>> = {
	'a mount through an absolute link': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'srv'), outside),
		mounts: [tmpfs('/srv')],
	},
	'a mount through a link of many ..': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'srv'), `../../../../../../../..${outside}`),
		mounts: [tmpfs('/srv/a/b')],
	},
	'a mount through a dangling link': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'srv'), join(outside, 'new')),
		mounts: [tmpfs('/srv')],
	},
	'a file made for a bind through a link': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'etc/evil'), join(outside, 'made')),
		mounts: [{ destination: '/etc/evil', type: 'bind', source: '/etc/hosts', options: ['bind'] }],
	},
	'a mount through a chain of links': {
		prepare: (rootfs, outside) => {
			symlinkSync('b', join(rootfs, 'a'));
			symlinkSync('/c/../..', join(rootfs, 'b'));
			symlinkSync(outside, join(rootfs, 'c'));
		},
		mounts: [tmpfs('/a/x'), tmpfs('/c/y')],
	},
	'links that lead to each other': {
		prepare: (rootfs) => {
			symlinkSync('b', join(rootfs, 'a'));
			symlinkSync('a', join(rootfs, 'b'));
		},
		mounts: [tmpfs('/a/x')],
	},
	'a mount over /proc by a link': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'proc'), outside),
	},
	// runc makes its links of /dev outside.
	'a /dev that is a link': {
		runcFails: true,
		prepare: (rootfs, outside) => replace(join(rootfs, 'dev'), outside),
		devices: [{ path: '/dev/evil', type: 'c', major: 1, minor: 3, fileMode: 0o666 }],
	},
	'a null device that is a file of the image': {
		prepare: (rootfs) => {
			mkdirSync(join(rootfs, 'dev'), { recursive: true });
			writeFileSync(join(rootfs, 'dev/null'), 'evil');
		},
		maskedPaths: ['/etc/passwd'],
	},
	'a hidden path that is a link out': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'etc/hidden'), join(outside, 'secret')),
		maskedPaths: ['/etc/hidden', '/srv'],
	},
	'a read-only path that is a link out': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'srv'), outside),
		readonlyPaths: ['/srv'],
	},
	'a working directory through a link': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'srv'), join(outside, 'new')),
		cwd: '/srv/deeper',
	},
	'a working directory at a descriptor of the runtime': {
		prepare: () => undefined,
		cwd: '/proc/self/fd/7',
	},
	'a passwd that is a link out': {
		prepare: (rootfs, outside) => replace(join(rootfs, 'etc/passwd'), join(outside, 'passwd')),
		prints: 'HOME=/',
		args: ['/bin/sh', '-c', 'echo HOME=$HOME'],
	},
	// runc waits for a writer without end.
	'a passwd that is a pipe': {
		runcFails: true,
		prepare: (rootfs) => {
			rmSync(join(rootfs, 'etc/passwd'));
			native.mkfifo(join(rootfs, 'etc/passwd'), 0o666);
		},
	},
};

const script =
	'ls -d /bin /etc > /dev/null && echo inside; ls /secret /../secret 2> /dev/null; cat /proc/1/root/secret 2> /dev/null; true';

async function attack(
	bench: Bench,
	runtime: RuntimeName,
	{ prepare, mounts = [], args, ...rest }: Attack,
	outside: string,
) {
	const { cwd = '/', devices = [], maskedPaths = [], readonlyPaths = [] } = rest;
	const spec = {
		ociVersion: '1.0.2',
		process: { user: { uid: 0, gid: 0 }, args: args ?? ['/bin/sh', '-c', script], env: ['PATH=/bin'], cwd },
		root: { path: 'rootfs' },
		mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }, tmpfs('/dev'), ...mounts],
		linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], devices, maskedPaths, readonlyPaths },
	};
	return await bench.run(runtime, spec, (rootfs) => prepare(rootfs, outside));
}

/** What is outside, with the machine's mounts. */
function outsideOf(folder: string): string {
	const files = readdirSync(folder, { recursive: true }).map(String).sort();
	const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
		.split('\n')
		.filter((line) => line.includes(folder));
	return JSON.stringify([files, mounts, readFileSync(join(folder, 'secret'), 'utf8')]);
}

for (const [name, each] of Object.entries(attacks)) {
	test.serial(`startContainer() keeps in its root: ${name}`, async (t) => {
		const bench = twoRuntimes(t, native);
		const outside = join(bench.folder, 'outside');
		mkdirSync(outside);
		writeFileSync(join(outside, 'secret'), 'not yours');
		writeFileSync(join(outside, 'passwd'), 'root:x:0:0::/evil:/bin/sh\n');
		const before = outsideOf(outside);
		for (const runtime of each.runcFails ? (['builtin'] as const) : (['runc', 'builtin'] as const)) {
			const { status, output, error } = await attack(bench, runtime, each, outside);
			t.is(outsideOf(outside), before, runtime);
			if (status !== null) t.is(output, `${each.prints ?? 'inside'}\n`, `${runtime}: ${error}`);
			else t.regex(error, /\S/, `${runtime} says why`);
			t.false(existsSync(join(outside, 'new')), runtime);
		}
	});
}
