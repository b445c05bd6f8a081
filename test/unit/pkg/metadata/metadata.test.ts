// The whole applet over a config drive of our own making; the kernel's part is played by a mount that copies.

import {
	cpSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Native } from '../../../../native/native.ts';
import { type Cloud, clouds } from '../../../../pkg/metadata/clouds.ts';
import { metadata } from '../../../../pkg/metadata/metadata.ts';
import { isoImage } from '../../../../tools/archive/iso-image.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { madeUpSystem } from '../applet/disks/sysfs.ts';
import { cloudServer, hetzner, notFound } from './cloud-server.ts';

interface Machine {
	run(...args: readonly string[]): Promise<number>;
	readonly folder: string;
	readonly printed: string[];
	readonly warned: string[];
	/** Reads a file of /run/config. */
	read(path: string): string;
	readonly calls: () => string[];
	boot(commandLine: string): void;
	/** Lets the provider ask a service at this address. */
	cloud(name: string, base: string): void;
}

/** @param drives - the files on each device, by its name; `null`: a device without a file system */
function machine(
	t: ExecutionContext,
	drives: Readonly<Record<string, Readonly<Record<string, string>> | null>>,
	label = 'cidata',
): Machine {
	const folder = scratchFolder(t);
	for (const each of ['tmp', 'content']) mkdirSync(join(folder, each));
	const images = Object.entries(drives).map(([device, files]) => {
		const list = Object.entries(files ?? {}).map(([name, text]) => ({ name, content: Buffer.from(text) }));
		mkdirSync(join(folder, 'content', device));
		for (const { name, content } of list) writeFileSync(join(folder, 'content', device, name), content);
		return { name: device, bytes: files === null ? Buffer.alloc(1024) : isoImage(label, list) };
	});
	const devices = madeUpSystem(
		t,
		images.map(({ name, bytes }) => ({ name, sectors: bytes.length / 512 })),
	);
	for (const { name, bytes } of images) writeFileSync(join(devices.dev, name), bytes);
	const { native, lines } = createFakeNative({
		mount: (source: string, target: string) =>
			cpSync(join(folder, 'content', basename(source)), target, { recursive: true, force: true }),
		umount2: (target: string) => {
			for (const name of readdirSync(target)) rmSync(join(target, name), { recursive: true });
		},
	});
	const printed: string[] = [];
	const warned: string[] = [];
	const known = new Map<string, Cloud>();
	const places = {
		devices,
		config: join(folder, 'run/config'),
		scratch: join(folder, 'tmp'),
		commandLine: join(folder, 'cmdline'),
		clouds: known,
		answerMs: 5000,
		namedMs: 0,
	};
	writeFileSync(places.commandLine, 'console=ttyS0\n');
	const host = {
		native: (): Native => native,
		print: (line: string) => void printed.push(line),
		warn: (line: string) => void warned.push(line),
	};
	return {
		folder,
		printed,
		warned,
		calls: lines,
		boot: (commandLine) => writeFileSync(places.commandLine, commandLine),
		cloud: (name, base) => {
			const cloud = clouds.get(name);
			if (cloud !== undefined) known.set(name, { ...cloud, base });
		},
		run: async (...args) => await metadata(['-wait', '0', ...args], host, places),
		read: (path) => readFileSync(join(folder, 'run/config', path), 'utf8'),
	};
}

const key = 'ssh-ed25519 AAAA somebody';

test('metadata writes hostname, keys and files of a NoCloud drive, and unmounts it', async (t) => {
	const tree = '{"redis": {"entries": {"redis.conf": {"content": "maxmemory 1mb"}}}}';
	const files = {
		'meta-data': `instance-id: i\nlocal-hostname: web\npublic-keys: ["${key}"]\n`,
		'user-data': tree,
		'network-config': 'version: 2\n',
	};
	const { run, read, folder, printed, warned, calls } = machine(t, { vda: null, vdb: files });
	t.is(await run(), 0, warned.join());
	t.is(read('hostname'), 'web');
	t.is(read('ssh/authorized_keys'), `${key}\n`);
	t.is(statSync(join(folder, 'run/config/ssh/authorized_keys')).mode & 0o777, 0o600);
	t.is(read('userdata'), tree);
	t.is(read('redis/redis.conf'), 'maxmemory 1mb');
	t.regex(read('provider'), /^CDROM .*\/dev\/vdb$/);
	t.is(read('network-config'), files['network-config']);
	t.deepEqual(printed, [
		`Found: ${read('provider')}`,
		'The hostname is web',
		'It has a network-config, which the package network sets up with -metadata',
	]);
	t.regex(calls()[0] ?? '', /^mount .*vdb .* iso9660 \d+ /);
	t.is(calls().at(-1), 'sethostname web');
	t.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test("metadata reads LinuxKit's drive, a CD without a label of its own", async (t) => {
	const { run, read, calls } = machine(
		t,
		{ vda: null, sr0: { config: '{"hostname": {"content": "kit\\n"}}' } },
		'X',
	);
	t.is(await run(), 0);
	t.is(read('hostname'), 'kit\n');
	t.is(calls().at(-1), 'sethostname kit');
});

test('metadata passes a disk over that is labelled otherwise', async (t) => {
	const { run, printed, folder } = machine(t, { vda: { config: 'x' } }, 'other');
	t.is(await run(), 0);
	t.deepEqual(printed, ['No metadata or user data found.']);
	t.deepEqual(readdirSync(folder).includes('run'), false);
});

test('metadata keeps user data that is no JSON as it is', async (t) => {
	const { run, read, warned } = machine(t, { vda: { 'user-data': '#!/bin/sh\necho hi\n' } });
	t.is(await run(), 0);
	t.is(read('userdata'), '#!/bin/sh\necho hi\n');
	t.deepEqual(warned, []);
});

test('metadata takes hostname and keys of a #cloud-config', async (t) => {
	const { run, read } = machine(t, {
		vda: { 'user-data': `#cloud-config\nhostname: web\nssh_authorized_keys:\n  - ${key}\n` },
	});
	t.is(await run(), 0);
	t.is(read('hostname'), 'web');
	t.is(read('ssh/authorized_keys'), `${key}\n`);
});

test('metadata file=PATH reads a file', async (t) => {
	const { run, read, folder } = machine(t, {});
	writeFileSync(join(folder, 'data'), '{"a": {"content": "b"}}');
	t.is(await run('azure', `file=${folder}/none`, `file=${folder}/data`), 0);
	t.is(read('a'), 'b');
});

const troubled = test.macro({
	async exec(t, userData: string, problem: RegExp) {
		const { run, read, warned } = machine(t, { vda: { 'user-data': userData } });
		t.is(await run(), 1);
		t.regex(warned.join('\n'), problem);
		t.is(read('userdata'), userData);
	},
	title: (name = '') => `metadata exits 1 and says so: ${name}`,
});

test('an entry that escapes', troubled, '{"../x": {"content": ""}}', /^\.\.\/x: it is no name of a file/);
test('JSON with a mistake', troubled, '{"a": {"content": "b"}', /begins with "\{" and yet is no JSON/);
test(
	'a hostname that is none',
	troubled,
	'{"hostname": {"content": "a b"}}',
	/hostname: "a b" is no hostname/,
);

test('metadata refuses a provider that it does not know, and passes over a cloud', async (t) => {
	const { run, warned } = machine(t, {});
	await t.throwsAsync(run('cdrom', 'floppy'), {
		message: '"floppy" is no provider. Known: cdrom, nocloud, file=PATH.',
	});
	t.is(await run('azure'), 0);
	t.deepEqual(warned, ['the provider azure is not known here and is passed over']);
});

test('metadata refuses a file that is too large, or none', async (t) => {
	const { run, folder } = machine(t, { vda: { 'user-data': 'x' } });
	truncateSync(join(folder, 'content/vda/user-data'), 16 * 2 ** 20 + 1);
	await t.throwsAsync(run(), { message: /user-data has 16777217 bytes; up to 16 MiB are read/ });
	rmSync(join(folder, 'content/vda/user-data'));
	mkdirSync(join(folder, 'content/vda/user-data'));
	await t.throwsAsync(run(), { message: /user-data is no file/ });
	t.deepEqual(readdirSync(join(folder, 'tmp')), []);
});

test('metadata tells a drive that cannot be mounted', async (t) => {
	const { run, folder } = machine(t, { vda: { 'user-data': 'x' } });
	rmSync(join(folder, 'content/vda'), { recursive: true });
	await t.throwsAsync(run(), { message: /dev\/vda \(iso9660\) can't be read: ENOENT/ });
});

test('metadata asks the server that the command line names, before it looks for a drive', async (t) => {
	const base = await cloudServer(t, ({ url }) => {
		if (url === '/m/web/meta-data') return `local-hostname: web\npublic-keys: [${key}]\n`;
		return url === '/m/web/user-data' ? '{"redis": {"entries": {"a.conf": {"content": "x"}}}}' : notFound;
	});
	const { run, boot, read, calls } = machine(t, { vda: { 'user-data': 'of the drive' } });
	boot(`console=ttyS0 ds=nocloud-net;s=${base}/m/web`);
	t.is(await run(), 0);
	t.is(read('provider'), `NoCloud ${base}/m/web/`);
	t.is(read('redis/a.conf'), 'x');
	t.is(read('ssh/authorized_keys'), `${key}\n`);
	t.deepEqual(calls(), ['sethostname web']);
});

test('metadata fails when the server that the command line names has nothing', async (t) => {
	const { run, boot } = machine(t, {});
	boot(`ds=nocloud;s=${await cloudServer(t, () => notFound)}/`);
	await t.throwsAsync(run(), { message: /meta-data is not there, which NoCloud asks for/ });
	boot('ds=nocloud;s=http://127.0.0.1:1/');
	await t.throwsAsync(run(), { message: /does not answer/ });
	boot('ds=nocloud;s=https://127.0.0.1/');
	await t.throwsAsync(run(), { message: /is no address that begins with http:/ });
});

test('metadata takes the first cloud of its list that answers', async (t) => {
	const { run, cloud, read, warned } = machine(t, {});
	cloud('aws', 'http://127.0.0.1:1');
	cloud('gcp', await cloudServer(t, () => notFound));
	cloud('hetzner', await cloudServer(t, hetzner));
	t.is(await run('aws', 'gcp', 'hetzner', 'cdrom'), 0);
	t.is(read('provider'), 'hetzner');
	t.is(read('userdata'), 'hello');
	t.is(read('hostname'), 'web');
	t.regex(warned.join('\n'), /^aws: http:\/\/127\.0\.0\.1:1\/latest\/api\/token does not answer/);
});
