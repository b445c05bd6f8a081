import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { mediaTypes } from '../../../../supervisor/image/descriptor.ts';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { tarArchive } from '../../../../tools/archive/tar.ts';
import { buildCommand } from '../../../../tools/commands/build.ts';
import { type ImageStore, openImageStore } from '../../../../tools/images/store.ts';
import { readUnpackedSize } from '../../../../tools/output/initrd-marks.ts';
import { runCommand } from '../../../helpers/command.ts';
import { unpackInitrd } from '../../../helpers/initrd.ts';
import { runProgram } from '../../../helpers/program.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { bytesOf, digestOf, makeTar, putTestImage } from '../../../helpers/tar.ts';

const yaml = `kernel:
  image: t/kernel:v1
  cmdline: "console=ttyS0"
init:
  - t/init:v1
  - t/more:v1
onboot:
  - name: one
    image: t/app:v1
services:
  - name: two
    image: t/app:v1
files:
  - path: etc/motd
    contents: "hello"
  - path: bin/replaced
    contents: "ours"
`;

const ownWords = 'cryptomgr.notests initcall_blacklist=ftrace_check_for_weak_functions';

const capability = Buffer.from('0100000280200000000000000000000000000000', 'hex');

/** Stores an image as a packer of images writes it, with an attribute that is not text. */
async function putInit(store: ImageStore): Promise<void> {
	const common = { uid: 0, gid: 0, mtimeSeconds: 0, mode: 0o755 };
	const file = (path: string, body: string, xattrs: ReadonlyMap<string, Uint8Array>): Entry => {
		const bytes = Buffer.from(body);
		return { ...common, kind: 'file', path, sizeBytes: bytes.length, xattrs, content: () => bytesOf(bytes) };
	};
	const attributes = new Map([['security.capability', capability]]);
	const entries = async function* (): AsyncGenerator<Entry, void> {
		yield { ...common, kind: 'directory', path: 'bin' };
		yield file('bin/ping', 'ping', attributes);
		yield file('bin/replaced', 'theirs', attributes);
		yield file('bin/newer', 'old', attributes);
		yield file('init', 'init', new Map());
		yield { ...common, kind: 'hardlink', path: 'bin/init', target: 'init' };
	};
	const parts: Uint8Array[] = [];
	for await (const part of tarArchive(entries())) parts.push(part);
	const tar = Buffer.concat(parts);
	const descriptor = await store.writeBlob(bytesOf(tar), mediaTypes.layer);
	await store.putImage('t/init:v1', {
		config: { architecture: 'amd64', os: 'linux', config: {} },
		layers: [{ descriptor, diffId: digestOf(tar) }],
	});
}

interface Place {
	readonly store: string;
	readonly out: string;
	readonly file: string;
}

async function makePlace(t: ExecutionContext, text = yaml): Promise<Place> {
	const folder = scratchFolder(t);
	const place = {
		store: join(folder, 'store'),
		out: join(folder, 'out'),
		file: join(folder, 'my-system.yml'),
	};
	mkdirSync(place.out);
	writeFileSync(place.file, text);
	const store = openImageStore(place.store);
	const modules = await makeTar([
		{ name: 'lib/', type: 'directory', mode: 0o755 },
		{ name: 'lib/modules/', type: 'directory', mode: 0o755 },
		{ name: 'lib/modules/a.ko', body: 'module' },
	]);
	await putTestImage(store, 't/kernel:v1', [
		{ name: 'kernel', body: 'the kernel' },
		{ name: 'kernel.tar', body: modules.toString('latin1') },
		{ name: 'ucode.cpio', body: 'microcode' },
	]);
	await putInit(store);
	await putTestImage(store, 't/more:v1', [{ name: 'bin/newer', body: 'new', mode: 0o755 }]);
	await putTestImage(store, 't/app:v1', [{ name: 'app', body: 'app', mode: 0o755 }]);
	return place;
}

async function build({ store, out, file }: Place, ...more: readonly string[]) {
	const root = ['--root', 'unpacked', '--dir', out];
	return await runCommand(buildCommand, '--offline', '--cache', store, ...root, ...more, file);
}

const read = (...parts: readonly string[]): string => readFileSync(join(...parts), 'utf8');

test('slipway build writes a kernel, a command line and an initrd that GNU cpio unpacks', async (t) => {
	const place = await makePlace(t);
	const built = await build(place);
	t.is(built.exitCode, 0);
	t.deepEqual(readdirSync(place.out), ['my-system-cmdline', 'my-system-initrd.img', 'my-system-kernel']);
	t.is(read(place.out, 'my-system-kernel'), 'the kernel');
	t.is(read(place.out, 'my-system-cmdline'), `console=ttyS0 ${ownWords}`);
	t.regex(built.err, /^t\/app:v1 +\d.* packed in /m);
	t.regex(built.out, /my-system-initrd\.img {2}\d/);
	const root = await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
	t.is(read(root, 'lib/modules/a.ko'), 'module');
	t.is(read(root, 'etc/motd'), 'hello');
	t.is(read(root, 'bin/replaced'), 'ours');
	t.is(read(root, 'containers/onboot/000-one/lower/app'), 'app');
	t.like(JSON.parse(read(root, 'containers/services/two/runtime.json')), { namespace: '' });
	t.deepEqual(readdirSync(join(root, 'containers/services/two')), [
		'config.json',
		'rootfs',
		'runtime.json',
		'tmp',
	]);
	t.is(lstatSync(join(root, 'init')).ino, lstatSync(join(root, 'bin/init')).ino);
	t.is(lstatSync(join(root, 'init')).nlink, 2);
});

test('slipway build places files below links, in directories without write permission and in new ones', async (t) => {
	const files = [
		'{path: sbin/tool, contents: x}',
		'{path: keep/secret, contents: x}',
		'{path: root/.ssh/keys, contents: x}',
		'{path: etc/linuxkit.yml, metadata: yaml}',
	];
	const place = await makePlace(t, `${yaml}${files.map((each) => `  - ${each}\n`).join('')}`);
	const store = openImageStore(place.store);
	await putTestImage(store, 't/more:v1', [
		{ name: 'bin/newer', body: 'new', mode: 0o755 },
		{ name: 'sbin', type: 'symlink', linkname: 'bin' },
		{ name: 'keep/', type: 'directory', mode: 0o700 },
	]);
	for (const format of ['kernel+initrd', 'tar']) {
		await build(place, '--format', format);
		const root =
			format === 'tar' ? scratchFolder(t) : await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
		if (format === 'tar') {
			const unpacked = await runProgram('tar', ['-xf', join(place.out, 'my-system.tar'), '-C', root]);
			t.is(unpacked.exitCode, 0, unpacked.stderr);
		}
		t.true(lstatSync(join(root, 'sbin')).isSymbolicLink(), format);
		t.is(read(root, 'bin/tool'), 'x');
		t.is(lstatSync(join(root, 'keep')).mode & 0o777, 0o700);
		t.is(read(root, 'root/.ssh/keys'), 'x');
		t.is(lstatSync(join(root, 'root')).mode & 0o777, 0o755);
		t.regex(read(root, 'etc/linuxkit.yml'), /image: docker\.io\/t\/kernel:v1/);
	}
});

test('slipway build refuses a link of one image where another image has files, and names both', async (t) => {
	const usrMerged = [
		{ name: 'usr/', type: 'directory', mode: 0o755 },
		{ name: 'usr/lib/', type: 'directory', mode: 0o755 },
		{ name: 'usr/lib/b.so', body: 'b' },
		{ name: 'lib', type: 'symlink', linkname: 'usr/lib' },
	] as const;
	const text = 'init:\n  - t/init:v1\n  - t/more:v1\n';
	for (const kernel of [yaml.slice(0, yaml.indexOf('init:')), '']) {
		for (const order of [text, text.replace(/( .*\n)( .*\n)/, '$2$1')]) {
			const place = await makePlace(t, kernel + order);
			const store = openImageStore(place.store);
			await putTestImage(store, 't/more:v1', usrMerged);
			if (kernel === '') await putTestImage(store, 't/init:v1', [{ name: 'lib/a.so', body: 'a' }]);
			const other = kernel === '' ? 't/init:v1' : 't/kernel:v1 (modules)';
			const message = `/lib is a symbolic link in t/more:v1 and a directory in ${other} (with /lib/`;
			for (const format of kernel === '' ? ['tar'] : ['tar', 'kernel+initrd', 'kernel+initrd']) {
				const error = await t.throwsAsync(build(place, '--format', format), { code: 'BAD_CONFIG' });
				if (kernel === '') t.regex(error.message, /:[23]:5: \/lib is .* t\/.* and .* t\/.*would be lost/);
				else t.true(error.message.startsWith(message), error.message);
				t.deepEqual(readdirSync(place.out), []);
			}
		}
	}
});

test('slipway build keeps attributes, except those of a file that another one replaced', async (t) => {
	const place = await makePlace(t);
	await build(place);
	const root = await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
	const line = { path: 'bin/ping', name: 'security.capability', value: capability.toString('base64') };
	t.is(read(root, 'etc/slipway/xattrs.jsonl'), `${JSON.stringify(line)}\n`);
	t.is(statSync(join(root, 'etc')).mode & 0o777, 0o755);
});

test('slipway build prints the memory that is needed, and chooses a ramfs when no file has attributes', async (t) => {
	const place = await makePlace(t);
	const limited = await build(place);
	t.regex(
		limited.err,
		/^A machine needs at least \d+ MB of memory, .* unpacked, which a tmpfs holds in half of/m,
	);
	t.is(read(place.out, 'my-system-cmdline'), `console=ttyS0 ${ownWords}`);
	const root = await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
	const { bytes, entries } = JSON.parse(read(root, '.slipway-unpacked'));
	t.deepEqual(readUnpackedSize(join(place.out, 'my-system-initrd.img')), { bytes, entries });
	// The marks of the initrd are not entries; two names of one file are two entries.
	const paths = readdirSync(root, { recursive: true, withFileTypes: true });
	t.true(entries >= paths.length - 3 && bytes >= 4096 * 10, `${entries} of ${paths.length}, ${bytes}`);
	const plain = place.file.replace('my-system', 'plain');
	writeFileSync(plain, yaml.replace('  - t/init:v1\n', ''));
	const free = await build({ ...place, file: plain });
	t.notRegex(free.err, /tmpfs/);
	t.is(read(place.out, 'plain-cmdline'), `console=ttyS0 rootfstype=ramfs ${ownWords}`);
});

test('slipway build --compression best writes the same tree in fewer bytes, and keeps both', async (t) => {
	const place = await makePlace(t);
	const words = readFileSync('test/unit/tools/commands/build.test.ts', 'latin1').repeat(20);
	await putTestImage(openImageStore(place.store), 't/more:v1', [{ name: 'words', body: words }]);
	const size = (): number => statSync(join(place.out, 'my-system-initrd.img')).size;
	await build(place);
	const fast = size();
	const best = await build(place, '--compression', 'best');
	t.regex(best.err, /^t\/more:v1 +\d.* packed in /m);
	t.true(size() < fast, `${size()} and ${fast}`);
	const root = await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
	t.is(read(root, 'words'), words);
	for (const compression of ['fast', 'best']) {
		const again = await build(place, '--compression', compression);
		t.notRegex(again.err, /packed in/, compression);
	}
});

test('slipway build puts the microcode in front of everything', async (t) => {
	const place = await makePlace(t, yaml.replace('  cmdline', '  ucode: ucode.cpio\n  cmdline'));
	await build(place);
	t.true(read(place.out, 'my-system-initrd.img').startsWith('microcode'));
	await build(place, '--format', 'tar');
	const listed = await runProgram('tar', ['-tf', join(place.out, 'my-system.tar')]);
	t.true(listed.stdout.startsWith('./\nboot/\nboot/cmdline\nboot/kernel\nboot/ucode.cpio\n'), listed.stdout);
});

test('slipway build says that a kernel image has no such microcode, and refuses one without the kernel', async (t) => {
	const place = await makePlace(t, yaml.replace('  cmdline', '  ucode: none.cpio\n  cmdline'));
	for (const format of ['kernel+initrd', 'tar']) {
		const { err, exitCode } = await build(place, '--format', format);
		t.is(exitCode, 0, err);
		t.regex(err, /^The image docker\.io\/t\/kernel:v1 has no file \/none\.cpio \("ucode" in "kernel"\)/m);
	}
	const other = await makePlace(t, yaml.replace('  cmdline', '  binary: bzImage\n  cmdline'));
	for (const format of ['kernel+initrd', 'tar']) {
		const message = /has no file \/bzImage/;
		await t.throwsAsync(build(other, '--format', format), { code: 'BAD_CONFIG', message });
	}
});

test('slipway build without a kernel writes the initrd alone, and leaves no kernel of an earlier build', async (t) => {
	const place = await makePlace(t);
	await build(place);
	writeFileSync(place.file, yaml.slice(yaml.indexOf('init:')));
	const built = await build(place);
	t.is(built.exitCode, 0, built.err);
	t.deepEqual(readdirSync(place.out), ['my-system-initrd.img']);
	t.regex(built.out, /^.*my-system-initrd\.img {2}[^\n]*\n$/);
	t.regex(built.err, /^The configuration names no kernel: only the initrd is written\.$/m);
	const root = await unpackInitrd(t, join(place.out, 'my-system-initrd.img'));
	t.is(read(root, 'etc/motd'), 'hello');
});

test('slipway build gives the same bytes from an empty cache, a full one and another store', async (t) => {
	const [one, two] = [await makePlace(t), await makePlace(t)];
	const outputs: string[] = [];
	for (const place of [one, one, two]) {
		const built = await build(place);
		outputs.push(readFileSync(join(place.out, 'my-system-initrd.img')).toString('hex'));
		t.is(/kept from before/.test(built.err), outputs.length === 2);
	}
	t.is(outputs[0], outputs[1]);
	t.is(outputs[0], outputs[2]);
});

test('slipway build packs a segment again when its list of attributes is gone', async (t) => {
	const place = await makePlace(t);
	await build(place);
	const before = readFileSync(join(place.out, 'my-system-initrd.img'));
	const segments = join(place.store, 'segments');
	for (const name of readdirSync(segments))
		if (name.endsWith('.json')) writeFileSync(join(segments, name), '{');
	t.notRegex((await build(place)).err, /kept from before/);
	t.deepEqual(readFileSync(join(place.out, 'my-system-initrd.img')), before);
});

test('slipway build --format tar writes a tar that GNU tar lists, with the same bytes each time', async (t) => {
	const place = await makePlace(t);
	await build(place, '--format', 'tar', '--name', 'x');
	t.deepEqual(readdirSync(place.out), ['x.tar']);
	const first = readFileSync(join(place.out, 'x.tar'));
	const listed = await runProgram('tar', [
		'--xattrs',
		'--xattrs-include=*',
		'-tvvf',
		join(place.out, 'x.tar'),
	]);
	t.is(listed.exitCode, 0, listed.stderr);
	t.regex(listed.stdout, /^drwxr-xr-x +0\/0 .* \.\/\ndrwxr-xr-x +0\/0 +0 2017-04-18 \d\d:\d\d boot\/\n/);
	t.regex(listed.stdout, /containers\/onboot\/000-one\/lower\/app\n/);
	t.regex(listed.stdout, /bin\/ping\n +x: 20 security\.capability/);
	await build(place, '--format', 'tar', '--name', 'x');
	t.deepEqual(readFileSync(join(place.out, 'x.tar')), first);
});

test('slipway build names every missing image, its position and the remedy', async (t) => {
	const text = yaml.replaceAll('t/app:v1', 't/nowhere:v1').replace('t/more:v1', 't/gone');
	const place = await makePlace(t, text);
	const error = await t.throwsAsync(build(place), { code: 'NO_IMAGE' });
	t.regex(error.message, /my-system\.yml:6:\d+: the image t\/gone is not in the store/);
	t.regex(error.message, /my-system\.yml:9:\d+: the image t\/nowhere:v1 is not in the store/);
	t.regex(error.message, /slipway pkg build.*slipway cache import/);
	t.deepEqual(readdirSync(place.out), []);
});

test('slipway build reports an image that the store has only for another processor', async (t) => {
	const place = await makePlace(t);
	const store = openImageStore(place.store);
	await store.untag(['t/app:v1']);
	const config = { architecture: 's390x', os: 'linux', config: {} };
	await store.putImage('t/app:v1', { config, layers: [] });
	await t.throwsAsync(build(place), { message: /v1 is in .* not for linux\/\w+, only for linux\/s390x\./ });
});

test('slipway build leaves no temporary file when a layer is damaged, and keeps the last good outputs', async (t) => {
	const place = await makePlace(t);
	await build(place);
	const before = readdirSync(place.out).map((name) => readFileSync(join(place.out, name)));
	const store = openImageStore(place.store);
	const layer = (await store.find('t/app:v1'))?.layers[0];
	writeFileSync(store.blobs.path(layer?.digest ?? ''), 'x'.repeat(layer?.size ?? 0));
	const segments = readdirSync(join(place.store, 'segments'));
	// A new place has no packed segment that the build could use.
	writeFileSync(place.file, yaml.replace('name: one', 'name: other'));
	await t.throwsAsync(build(place), { code: 'DIGEST_MISMATCH' });
	t.deepEqual(readdirSync(place.out), ['my-system-cmdline', 'my-system-initrd.img', 'my-system-kernel']);
	t.deepEqual(
		readdirSync(place.out).map((name) => readFileSync(join(place.out, name))),
		before,
	);
	t.deepEqual(readdirSync(join(place.store, 'segments')), segments);
});

test('slipway build writes every format that --format or outputs names', async (t) => {
	const kernelAndInitrd = ['my-system-cmdline', 'my-system-initrd.img', 'my-system-kernel'];
	const asked = await makePlace(t);
	await build(asked, '--format', 'tar,kernel+initrd', '--format', 'tar');
	t.deepEqual(readdirSync(asked.out), [...kernelAndInitrd, 'my-system.tar']);

	const named = await makePlace(t, `${yaml}outputs: [{format: kernel+initrd}, {format: rpi3}]\n`);
	t.regex((await build(named)).err, /^outputs: slipway does not build the format rpi3; it is left out\.$/m);
	t.deepEqual(readdirSync(named.out), kernelAndInitrd);

	const other = await makePlace(t, `${yaml}outputs: [{format: rpi3}]\n`);
	await t.throwsAsync(build(other), {
		message: /^outputs: rpi3: slipway does not build this format of LinuxKit\. Formats: kernel/,
	});
	t.deepEqual(readdirSync(other.out), []);
});

const wrongUsage = test.macro({
	async exec(t, args: readonly string[], message: RegExp) {
		await t.throwsAsync(runCommand(buildCommand, ...args), { name: 'UsageError', message });
	},
	title: (_, args: readonly string[]) => `slipway build ${args.join(' ')}: wrong usage`,
});

test(wrongUsage, [], /needs a YAML file/);
test(wrongUsage, ['-'], /needs --name/);
test(wrongUsage, ['--name', 'a/b', 'a.yml'], /without "\/"/);
test(wrongUsage, ['--nothing', 'a.yml'], /--nothing/);
test(wrongUsage, ['--compression', '9', 'a.yml'], /--compression 9: expected fast or best/);

test('slipway build lists the formats in an error', async (t) => {
	const place = await makePlace(t);
	await t.throwsAsync(build(place, '--format', 'iso-usb'), {
		name: 'UsageError',
		message:
			/^--format iso-usb: there is no such format\. Formats: kernel\+initrd, kernel\+squashfs, kernel\+erofs, kernel\+iso, tar, docker, tar-kernel-initrd, uki, /,
	});
});

test('slipway build names the YAML file that it cannot read, and the reason', async (t) => {
	const place = await makePlace(t);
	await t.throwsAsync(runCommand(buildCommand, 'nowhere.yml'), {
		message: 'nowhere.yml: there is no such file.',
	});
	await t.throwsAsync(runCommand(buildCommand, '--name', 'x', place.out), { message: /it is a directory/ });
});

test('slipway build names the output directory that does not exist', async (t) => {
	const place = await makePlace(t);
	await t.throwsAsync(build({ ...place, out: join(place.out, 'no') }), { code: 'NO_FILE' });
});
