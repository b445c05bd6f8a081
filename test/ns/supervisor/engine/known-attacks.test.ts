// Attacks on other runtimes that became known, each against runc and the built-in engine.

import { spawn } from 'node:child_process';
import {
	chmodSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmdirSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { openAddon } from '../../../helpers/addon.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { runProgram } from '../../../helpers/program.ts';
import { type Answer, type Bench, twoRuntimes } from './two-runtimes.ts';

const native = await openAddon();
const runtimes = ['runc', 'builtin'] as const;
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const tmpfs = (destination: string) => ({ destination, type: 'tmpfs', source: 'tmpfs', options: [] });
const bind = (source: string, destination: string) => ({ source, destination, options: ['rbind'] });
const shell = (script: string) => ['/bin/sh', '-c', script];

interface Parts {
	readonly args: readonly string[];
	readonly process?: object;
	readonly mounts?: readonly object[];
	readonly linux?: object;
	readonly hasDev?: boolean;
}

function specOf({ args, process = {}, mounts = [], linux = {}, hasDev = true }: Parts): object {
	return {
		ociVersion: '1.0.2',
		process: { user: { uid: 0, gid: 0 }, args, env: ['PATH=/bin'], cwd: '/', ...process },
		root: { path: 'rootfs' },
		mounts: [
			{ destination: '/proc', type: 'proc', source: 'proc' },
			...(hasDev ? [tmpfs('/dev')] : []),
			...mounts,
		],
		linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], ...linux },
	};
}

async function compile(t: ExecutionContext, source: string, target: string, ...flags: readonly string[]) {
	const made = await runProgram('g++', [
		...flags,
		'-O2',
		'-Wall',
		'-Wextra',
		'-Werror',
		'-o',
		target,
		source,
	]);
	t.is(made.exitCode, 0, made.stderr);
}

/** Runs a container by each runtime. */
async function byBoth(
	bench: Bench,
	parts: Parts,
	prepare: (rootfs: string) => void,
	check: (answer: Answer, runtime: (typeof runtimes)[number]) => void,
): Promise<void> {
	for (const runtime of runtimes) check(await bench.run(runtime, specOf(parts), prepare), runtime);
}

test.serial("a container can't overwrite the runtime by /proc/self/exe (CVE-2019-5736)", async (t) => {
	const bench = twoRuntimes(t, native);
	const loader = join(bench.folder, 'loader');
	await compile(t, fixture('loader.c'), loader, '-xc', '-static-pie', '-nostdlib', '-ffreestanding');
	// Of a file that nobody runs.
	t.is((await runProgram(loader, [])).stdout, 'loaded\nwritten\n');
	const prepare = (rootfs: string) => {
		mkdirSync(join(rootfs, 'lib64'));
		copyFileSync(loader, join(rootfs, 'lib64/ld-linux-x86-64.so.2'));
	};
	await byBoth(bench, { args: ['/proc/self/exe'] }, prepare, ({ output, error }, runtime) => {
		// The attack has come as far as it can.
		t.is(output, 'loaded\n', `${runtime}: ${error}`);
	});
});

test.serial('a working directory at a descriptor of the runtime is none (CVE-2024-21626)', async (t) => {
	const bench = twoRuntimes(t, native);
	const descriptors = Array.from({ length: 10 }, (_, index) => `/proc/self/fd/${index + 3}`);
	for (const cwd of [...descriptors, '/proc/self/fd/7/../../..', '/proc/1/cwd', '/proc/self/root']) {
		const parts = { args: shell('pwd; ls -d bin ../bin; ls ../../../../secret'), process: { cwd } };
		const prepare = () => writeFileSync(join(bench.folder, 'secret'), '');
		await byBoth(bench, parts, prepare, ({ status, output, error }, runtime) => {
			if (status === null) return t.regex(error, /\S/);
			// The only directories that these can be are the container's own.
			return t.regex(output, /^\/\n\.\.\/bin\nbin\n$/, `${runtime} in ${cwd}: ${error}`);
		});
	}
});

/** Mounts in /proc, and whether a runtime makes them: what a container writes to /proc must reach the kernel (CVE-2019-16884). */
const procMounts: Readonly<Record<string, readonly [mount: object, isMade: boolean]>> = {
	'a directory over /proc': [bind('/srv', '/proc'), false],
	'the proc of the machine over /proc': [bind('/proc', '/proc'), true],
	'a file in /proc': [bind('/etc/hosts', '/proc/version'), false],
	'a file in /proc by another way': [bind('/etc/hosts', '/etc/../proc/./self/attr/exec'), false],
	'a file that LXCFS makes': [bind('/etc/hosts', '/proc/uptime'), true],
	'a file system in /proc': [tmpfs('/proc/sys'), true],
	'a file in /proc by a link of the image': [bind('/etc/hosts', '/link/version'), false],
	'a directory over /proc by a link of the image': [bind('/srv', '/link'), false],
};

for (const [name, [mount, isMade]] of Object.entries(procMounts)) {
	test.serial(`${name} is ${isMade ? '' : 'not '}mounted`, async (t) => {
		const bench = twoRuntimes(t, native);
		const parts = { args: shell('echo inside'), mounts: [mount] };
		const prepare = (rootfs: string) => symlinkSync('proc', join(rootfs, 'link'));
		await byBoth(bench, parts, prepare, ({ output, error }, runtime) => {
			t.is(output, isMade ? 'inside\n' : '', `${runtime}: ${error}`);
		});
	});
}

const rounds = 12;
const renameat2 = process.arch === 'arm64' ? '276' : '316';

test.serial(
	'a mount stays in the root while its target is exchanged for a link (CVE-2021-30465)',
	async (t) => {
		const bench = twoRuntimes(t, native);
		const [volume, outside] = [join(bench.folder, 'volume'), join(bench.folder, 'outside')];
		mkdirSync(join(volume, 'target'), { recursive: true });
		mkdirSync(outside);
		symlinkSync(outside, join(volume, 'link'));
		const raced = (destination: string) => ({ ...tmpfs(destination), source: 'raced' });
		// The list of the container's mounts lacks what is mounted elsewhere than in the root.
		const parts = {
			args: shell('grep -c " - tmpfs raced" /proc/self/mountinfo'),
			mounts: [bind(volume, '/volume'), raced('/volume/target'), raced('/volume/target/below')],
		};
		await byBoth(
			bench,
			parts,
			() => undefined,
			({ output, error }, runtime) => {
				t.is(output, '2\n', `${runtime}, without a race: ${error}`);
			},
		);
		const swapper = spawn('perl', [fixture('swap.pl'), renameat2, 'target', 'link'], {
			cwd: volume,
			stdio: 'ignore',
		});
		t.teardown(() => swapper.kill('SIGKILL'));
		const swaps = () => Number(readFileSync(join(volume, 'count'), 'utf8'));
		await eventually(() => existsSync(join(volume, 'count')) && swaps() > 0, { pauseMs: 10 });
		const before = swaps();
		for (let round = 0; round < rounds; round++) {
			await byBoth(
				bench,
				parts,
				() => undefined,
				({ status, output, error }, runtime) => {
					// runc before 1.1.14 may make an empty directory outside (CVE-2024-45310).
					if (runtime === 'runc') for (const name of readdirSync(outside)) rmdirSync(join(outside, name));
					t.deepEqual(readdirSync(outside), [], runtime);
					// A runtime may also notice and refuse: against fast exchanges runc does each time.
					if (status === null) return t.regex(error, /\S/);
					return t.is(output, '2\n', runtime);
				},
			);
		}
		t.true(swaps() > before);
	},
);

test.serial(
	'the options of a mount change no other one, whatever its own contents lead its path to',
	async (t) => {
		const bench = twoRuntimes(t, native);
		const [kept, source] = [join(bench.folder, 'kept'), join(bench.folder, 'source')];
		for (const folder of [kept, source]) mkdirSync(folder);
		symlinkSync('/kept', join(source, 'place'));
		const prepare = (rootfs: string) => {
			mkdirSync(join(rootfs, 'shared'));
			chmodSync(join(rootfs, 'shared'), 0o1711);
			symlinkSync('.', join(rootfs, 'shared/place'));
		};
		const parts = (own: object): Parts => ({
			args: shell(
				"sed -nE 's,^.* (/kept|/shared) (r[ow]).*,\\1 \\2,p' /proc/self/mountinfo; stat -c %a /shared; touch /kept/new",
			),
			mounts: [{ ...bind(kept, '/kept'), options: ['rbind', 'ro'] }, own],
		});
		// Once it is mounted on /shared, its path /shared/place is the link to /kept.
		const raced = { ...bind(source, '/shared/place'), options: ['rbind', 'nosuid'] };
		const { output, error } = await bench.run('builtin', specOf(parts(raced)), prepare);
		t.is(output, '/kept ro\n/shared rw\n755\n', error);
		t.regex(error, /\/kept\/new: Read-only file system/);
		// A tmpfs has the mode of the directory below it, which is not looked for again.
		const memory = await bench.run(
			'builtin',
			specOf(parts({ ...tmpfs('/shared/place'), options: ['size=64k'] })),
			prepare,
		);
		t.is(memory.output, '/kept ro\n/shared rw\n1711\n', memory.error);
	},
);

/** What an image has in the place of the device that lies over hidden files. The domain's name is that of the container alone. */
const nulls: Readonly<Record<string, (path: string) => void>> = {
	'a link to a file of the kernel': (path) => symlinkSync('/proc/sys/kernel/domainname', path),
	'a file': (path) => writeFileSync(path, 'of the image'),
	'another device': (path) => native.mknod(path, 0o020666, 1, 5),
	nothing: () => undefined,
};

for (const [name, make] of Object.entries(nulls)) {
	test.serial(`what is masked is empty where /dev/null is ${name} (CVE-2025-31133)`, async (t) => {
		const bench = twoRuntimes(t, native);
		const dev = join(bench.folder, 'dev');
		mkdirSync(dev);
		make(join(dev, 'null'));
		const parts = {
			args: shell(
				'head -c 9 /proc/timer_list; (echo evil > /proc/timer_list) 2> /srv/error; cat /proc/sys/kernel/domainname',
			),
			// An own /dev gets no devices of the runtime.
			mounts: [bind(dev, '/dev')],
			hasDev: false,
			linux: {
				namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'uts' }],
				maskedPaths: ['/proc/timer_list'],
			},
		};
		// runc before 1.2.8 lays over it whatever it finds.
		const { output, error } = await bench.run('builtin', specOf(parts));
		t.is(output, '(none)\n', error);
	});
}

test.serial('a set-user-ID program gives no power with noNewPrivileges', async (t) => {
	const bench = twoRuntimes(t, native);
	const tool = join(bench.folder, 'set-uid');
	await compile(t, 'test/vm/fixtures/attack.cc', tool, '-static');
	const prepare = (rootfs: string) => {
		copyFileSync(tool, join(rootfs, 'bin/set-uid'));
		chmodSync(join(rootfs, 'bin/set-uid'), 0o4755);
	};
	for (const [noNewPrivileges, euid] of [
		[true, 1000],
		[false, 0],
	] as const) {
		const parts = {
			args: ['/bin/set-uid', 'user'],
			process: { user: { uid: 1000, gid: 1000 }, noNewPrivileges },
		};
		await byBoth(bench, parts, prepare, ({ output, error }, runtime) => {
			t.is(output, `user ${euid}\n`, `${runtime}: ${error}`);
		});
	}
});

/** In a user namespace of its own, a container's program may mount and unmount. */
const ways = `
echo begun
busybox unshare -U -r -m -p -f /bin/sh -c '
	echo root of its own
	busybox umount /etc/hidden; cat /etc/hidden
	busybox mount -o bind /etc /tmp; cat /tmp/hidden; busybox umount /tmp
	busybox mount -o rbind /etc /tmp; busybox umount /tmp/hidden; cat /tmp/hidden
	busybox mount -t proc proc /srv && head -c 1 /srv/keys
	ls -A /var/secret /var/secret/..
' 2> /dev/null
cat /etc/../etc/hidden /proc/self/root/etc/hidden; ls -A /var/secret`;

test.serial('a masked path is not reached by another mount, nor by a mount below it', async (t) => {
	const bench = twoRuntimes(t, native);
	const prepare = (rootfs: string) => {
		writeFileSync(join(rootfs, 'etc/hidden'), 'not yours\n');
		mkdirSync(join(rootfs, 'var/secret'));
		writeFileSync(join(rootfs, 'var/secret/file'), '');
	};
	const masked = { maskedPaths: ['/etc/hidden', '/var/secret', '/proc/keys'] };
	const parts = (linux: object) => ({
		args: shell(ways),
		process: { user: { uid: 1000, gid: 1000 } },
		mounts: [tmpfs('/var/secret/below')],
		linux,
	});
	const namespaces = [{ type: 'pid' }, { type: 'mount' }];
	await byBoth(bench, parts({ namespaces, ...masked }), prepare, ({ output, error }, runtime) => {
		t.is(output, 'begun\nroot of its own\n/var/secret:\n\n/var/secret/..:\nsecret\n', `${runtime}: ${error}`);
	});
	// The ways are ways.
	const { output } = await bench.run('builtin', specOf(parts({ namespaces })), prepare);
	t.regex(output, /not yours\nnot yours\n.*below\nfile/s);
});
