// The root stage in both modes, on a root in memory as an initramfs is one: what a tree can hold must be the same
// before and after, to the last attribute.

import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { openAddon } from '../helpers/addon.ts';
import { buildInitOnce, type Guest, readOrEmpty, startGuest } from './guest-init.ts';

test.before(buildInitOnce);

const prepare = `
mkdir -p usr/bin usr/share/empty var/lib/app etc/slipway sbin
seq 500000 > usr/share/big
: > usr/share/nothing
printf hello > usr/bin/app
chown 101:202 usr/bin/app
chmod 6755 usr/bin/app
ln usr/bin/app usr/bin/app-linked
ln usr/bin/app usr/share/app-linked
ln -s ../usr/bin/app sbin/app
ln -s ../init sbin/poweroff
mknod usr/share/device c 1 3
mknod usr/share/block b 259 300
mkfifo usr/share/fifo
chmod 1777 usr/share/empty
printf data > var/lib/app/file
chown 101:202 var/lib/app/file
$NODE $REPO/test/ns/set-attribute.ts usr/bin/app user.colour blue
$NODE $REPO/test/ns/set-attribute.ts usr/share trusted.folder x
cat > etc/slipway/xattrs.jsonl <<'END'
{"path":"usr/bin/app","name":"security.capability","value":"AQAAAgAgAAAAAAAAAAAAAAAAAAA="}
END
: > .slipway-unpacking
: > .slipway-unpacked
find usr var -exec touch -h -d '2020-02-03 04:05:06 UTC' {} +
`;

const isReady = (guest: Guest) => () => guest.events.some(({ event }) => event === 'ready');

interface Metadata {
	readonly path: string;
	readonly mode: string;
	readonly owner: string;
	readonly mtime: string;
	readonly links: number;
	readonly rdev: number;
	readonly content: string;
}

function describe(root: string, path: string): Metadata {
	const stats = lstatSync(`${root}/${path}`);
	return {
		path,
		mode: stats.mode.toString(8),
		owner: `${stats.uid}:${stats.gid}`,
		mtime: stats.mtime.toISOString(),
		links: stats.nlink,
		rdev: stats.rdev,
		content: contentOf(`${root}/${path}`),
	};
}

function contentOf(path: string): string {
	const stats = lstatSync(path);
	if (stats.isSymbolicLink()) return readlinkSync(path);
	if (stats.isDirectory()) return readdirSync(path).sort().join(' ');
	return stats.isFile() && stats.size < 100 ? readFileSync(path, 'utf8') : '';
}

const file = (path: string, mode: string, more: Partial<Metadata> = {}): Metadata => ({
	path,
	mode,
	owner: '0:0',
	mtime: '2020-02-03T04:05:06.000Z',
	links: 1,
	rdev: 0,
	content: '',
	...more,
});

const app = { owner: '101:202', links: 3, content: 'hello' };

const expected: readonly Metadata[] = [
	file('usr/bin', '40755', { links: 2, content: 'app app-linked' }),
	file('usr/bin/app', '106755', app),
	file('usr/bin/app-linked', '106755', app),
	file('usr/share/app-linked', '106755', app),
	file('usr/share/big', '100644'),
	file('usr/share/nothing', '100644'),
	file('usr/share/device', '20644', { rdev: 0x103 }),
	file('usr/share/block', '60644', { rdev: lstatNumber(259, 300) }),
	file('usr/share/fifo', '10644'),
	file('usr/share/empty', '41777', { links: 2 }),
	file('var/lib/app/file', '100644', { owner: '101:202', content: 'data' }),
	file('var/lib/app', '40755', { links: 2, content: 'file' }),
];

/** makedev(3) */
function lstatNumber(major: number, minor: number): number {
	return (major << 8) | (minor & 0xff) | ((minor & 0xfff00) << 12);
}

for (const [mode, commandLine] of [
	['copy', 'slipway.root=copy'],
	['bind, the default,', ''],
] as const) {
	test(`root: ${mode} keeps owners, modes, times, links, devices and attributes`, async (t) => {
		const guest = await startGuest({ prepare, commandLine });
		const isCopy = commandLine !== '';
		t.teardown(() => guest.stop());
		await guest.waitFor('ready', isReady(guest));
		const native = await openAddon();
		for (const metadata of expected) t.deepEqual(describe(guest.root, metadata.path), metadata);
		t.is(readlinkSync(`${guest.root}/sbin/app`), '../usr/bin/app');
		const inode = (path: string): number => lstatSync(`${guest.root}/${path}`).ino;
		t.is(inode('usr/bin/app'), inode('usr/share/app-linked'));
		const numbers = Array.from({ length: 500_000 }, (_, index) => `${index + 1}\n`).join('');
		t.true(readFileSync(`${guest.root}/usr/share/big`, 'utf8') === numbers, 'the bytes');
		const attribute = (path: string, name: string): string =>
			native.lgetxattr(`${guest.root}/${path}`, name).toString('latin1');
		t.is(attribute('usr/bin/app', 'user.colour'), 'blue');
		t.is(attribute('usr/share', 'trusted.folder'), 'x');
		t.is(
			native.lgetxattr(`${guest.root}/usr/bin/app`, 'security.capability').length,
			20,
			'stored by the packer',
		);
		const hidden = readdirSync(guest.root).filter((name) => name.startsWith('.'));
		t.deepEqual(hidden, [], 'neither a mount point nor the marks of an initrd are left');
		t.is(/ tmpfs slipway-root /.test(readOrEmpty(`/proc/${guest.pid}/mountinfo`)), isCopy);
		t.regex(readOrEmpty(`/proc/${guest.pid}/mountinfo`), / \/ \/ ro,/, 'the root is read-only');
		t.throws(() => writeFileSync(`${guest.root}/etc/new`, ''), { code: 'EROFS' });
		t.throws(() => writeFileSync(`${guest.root}/lib/slipway/new`, ''), { code: 'EROFS' });
		writeFileSync(`${guest.root}/var/lib/app/new`, '');
		guest.signal('SIGUSR2');
		t.is(await guest.ended, 'SIGINT');
	});
}

test('root: copy leaves nothing behind but what PID 1 runs from', async (t) => {
	const guest = await startGuest({ prepare, commandLine: 'slipway.root=copy' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	// The old root is still the file system of the bind mount of /init; one can look into it by mounting it again.
	const device = lstatSync(`${guest.root}/init`).dev;
	t.not(device, lstatSync(guest.root).dev);
	const left = Number(
		execFileSync('stat', ['-f', '-c', '%b %f %S', `${guest.root}/init`], { encoding: 'utf8' })
			.trim()
			.split(' ')
			.map(Number)
			.reduce((result, value, index) =>
				index === 0 ? value : index === 1 ? result - value : result * value,
			),
	);
	const own = ['init', ...readdirSync(`${guest.root}/lib/slipway`).map((name) => `lib/slipway/${name}`)]
		.map((path) => Math.ceil(lstatSync(`${guest.root}/${path}`).size / 4096) * 4096)
		.reduce((sum, size) => sum + size);
	t.true(left <= own + 64 * 1024, `${left} bytes are used in the old root; PID 1 runs from ${own}`);
});

test('root: a cut initramfs is reported as such, and the boot ends', async (t) => {
	const guest = await startGuest({ prepare: `${prepare}\nrm .slipway-unpacked` });
	t.teardown(() => guest.stop());
	const failed = () => guest.events.find((line) => line.event === 'stage' && line.state === 'failed');
	await guest.waitFor('a failed stage', () => failed() !== undefined);
	t.like(failed(), { stage: 'root' });
	t.regex(
		failed()?.msg ?? '',
		/^the initramfs was not unpacked whole: the machine has too little memory \(\d+ MB\)/,
	);
	await guest.waitFor('its end', () => guest.console().includes('the boot ends here'));
	guest.signal('SIGUSR2');
	t.is(await guest.ended, 'SIGINT');
});

test('root: rw leaves the root writable', async (t) => {
	const guest = await startGuest({ prepare, commandLine: 'slipway.root=rw' });
	t.teardown(() => guest.stop());
	await guest.waitFor('ready', isReady(guest));
	t.notThrows(() => writeFileSync(`${guest.root}/etc/new`, 'x'));
	t.is(readFileSync(`${guest.root}/var/lib/app/file`, 'utf8'), 'data');
});

test('root: copy goes on after crashes in the middle of it, and loses nothing', async (t) => {
	const count = 6000;
	const guest = await startGuest({
		commandLine: 'slipway.root=copy',
		prepare: `
mkdir -p usr/share/many
for i in $(seq ${count}); do echo "file $i" > usr/share/many/$i; done
chmod 4711 usr/share/many/1
ln usr/share/many/1 usr/share/many/linked
`,
	});
	t.teardown(() => guest.stop());
	const copied = (): number => namesIn(`${guest.root}/.slipway-root/usr/share/many`).length;
	let crashes = 0;
	for (const limit of [1, 1000, 3000]) {
		await guest.waitFor(`${limit} copied files`, () => copied() >= limit || isReady(guest)());
		if (isReady(guest)()) break;
		guest.signal('SIGSEGV');
		crashes += 1;
		await guest.waitFor('a resume', () => resumes(guest) === crashes || isReady(guest)());
	}
	await guest.waitFor('ready', isReady(guest));
	t.true(crashes > 0);
	const folder = `${guest.root}/usr/share/many`;
	t.is(namesIn(folder).length, count + 1);
	for (let index = 1; index <= count; index += 1) {
		if (readOrEmpty(`${folder}/${index}`) !== `file ${index}\n`) t.fail(`file ${index} is damaged`);
	}
	t.is(lstatSync(`${folder}/1`).mode, 0o104711);
	t.is(guest.events.filter((line) => line.event === 'stage' && line.stage === 'root').length, 1);
});

const resumes = (guest: Guest): number =>
	guest.events.filter((line) => line.event === 'init' && line.resumed).length;

function namesIn(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}
