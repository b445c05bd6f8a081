import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test from 'ava';
import type { Entry } from '../../../../tools/archive/entry.ts';
import { configText } from '../../../../tools/config/config-text.ts';
import { containerIds } from '../../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';
import { SlipwayError } from '../../../../tools/errors.ts';
import { fileEntries } from '../../../../tools/system/files-section.ts';
import { leaveOutPresent } from '../../../../tools/system/present.ts';

const folder = await mkdtemp(join(tmpdir(), 'slipway-files-'));
test.after.always(() => rm(folder, { recursive: true }));

interface Packed {
	readonly entry: Entry;
	readonly text: string | null;
}

async function pack(yaml: string, present: readonly string[] = []): Promise<Packed[]> {
	const config = loadConfig([{ name: 'a.yml', text: yaml }]);
	const context = { ids: containerIds(config), config };
	const packed: Packed[] = [];
	for await (const entry of leaveOutPresent(fileEntries(config.files, context), new Set(present))) {
		packed.push({ entry, text: entry.kind === 'file' ? (await buffer(entry.content())).toString() : null });
	}
	return packed;
}

function line({ entry, text }: Packed): string {
	const { kind, mode, uid, gid, path } = entry;
	const target = entry.kind === 'symlink' ? ` -> ${entry.target}` : '';
	return `${kind} ${mode.toString(8)} ${uid}:${gid} ${path}${target}${text === null ? '' : ` = ${text}`}`;
}

test('fileEntries() has the entries of LinuxKit, with parent folders that everyone may enter', async (t) => {
	const text = await readFile('test/golden/cases/files/service.yml', 'utf8');
	const config = loadConfig([{ name: 'a.yml', text }]);
	const packed = await pack(text);
	t.deepEqual(packed.map(line), [
		'directory 755 0:0 etc',
		'directory 755 0:0 etc/a',
		'file 600 0:0 etc/a/b = x',
		'file 644 0:0 etc/abs = ',
		'directory 750 100:7 d',
		'symlink 600 0:0 l -> /etc/abs',
		`file 600 0:0 etc/linuxkit.yml = ${configText(config, 'yaml')}`,
		`file 400 0:0 etc/linuxkit.json = ${configText(config, 'json')}`,
	]);
});

test("fileEntries() gives every entry LinuxKit's time, so that two builds are equal", async (t) => {
	const packed = await pack('files: [{path: etc/a, contents: ""}]');
	t.deepEqual(
		packed.map(({ entry }) => entry.mtimeSeconds),
		[1492533000, 1492533000],
	);
});

test('fileEntries() leaves alone what is there where a folder would be needed', async (t) => {
	const packed = await pack('files: [{path: etc/a/b, contents: ""}]', ['etc']);
	t.deepEqual(packed.map(line), ['directory 755 0:0 etc/a', 'file 600 0:0 etc/a/b = ']);
});

test('fileEntries() makes no parent again that is listed as a directory', async (t) => {
	const packed = await pack('files: [{path: a, directory: true}, {path: a/b, contents: ""}]');
	t.deepEqual(packed.map(line), ['directory 700 0:0 a', 'file 600 0:0 a/b = ']);
});

test('fileEntries() reads a source, relative to the working directory or absolute', async (t) => {
	const source = join(folder, 'motd');
	await writeFile(source, 'welcome');
	const yaml = `files: [{path: a, source: ${source}}, {path: b, source: ${relative('.', source)}}]`;
	t.deepEqual((await pack(yaml)).map(line), ['file 600 0:0 a = welcome', 'file 600 0:0 b = welcome']);
});

test('fileEntries() finds ~ in the home', async (t) => {
	const error = await t.throwsAsync(pack('files: [{path: a, source: ~/slipway-has-no-such-file}]'), {
		instanceOf: SlipwayError,
	});
	t.true(error?.message.includes(`'${homedir()}/slipway-has-no-such-file'`), error?.message);
});

test('fileEntries() passes over an optional source that is not there', async (t) => {
	const yaml = `files: [{path: a/b, source: /nonexistent, optional: true}]`;
	t.deepEqual(await pack(yaml), []);
});

test('fileEntries() names the place of a source that is not there', async (t) => {
	const text = await readFile('test/golden/errors/file-missing/service.yml', 'utf8');
	await t.throwsAsync(pack(text), {
		message: /^a\.yml:2:5: x: the source \/nonexistent can't be read: ENOENT/,
	});
});

test('fileEntries() refuses a folder as a source', async (t) => {
	await t.throwsAsync(pack(`files: [{path: a, source: ${folder}}]`), {
		message: /is a folder, not a file\.$/,
	});
});

test('fileEntries() reads a source that is no plain file', async (t) => {
	t.deepEqual((await pack('files: [{path: a, source: /dev/null}]')).map(line), ['file 600 0:0 a = ']);
});

test('fileEntries() passes over an optional source that cannot be looked at, as LinuxKit does', async (t) => {
	const loop = join(folder, 'loop');
	await symlink(loop, loop);
	t.deepEqual(await pack(`files: [{path: a, source: ${loop}, optional: true}]`), []);
	await t.throwsAsync(pack(`files: [{path: a, source: ${loop}}]`), { message: /can't be read: ELOOP/ });
});

test('fileEntries() refuses a file inside a file', async (t) => {
	await t.throwsAsync(pack('files:\n- {path: a, contents: ""}\n- {path: a/b/c, contents: ""}\n'), {
		message: 'a.yml:3:3: a/b/c: "a" above it is a file of this section, not a folder.',
	});
});

const takes = test.macro({
	async exec(t, keys: string, expected: string) {
		t.deepEqual((await pack(`files: [{path: a, ${keys}}]`)).map(line), [expected]);
	},
	title: (_, keys) => `fileEntries() takes {${keys}}`,
});

// By LinuxKit's moby/build/build.go.
test(takes, 'contents: x, mode: ""', 'file 600 0:0 a = x');
test(takes, 'directory: true, mode: ""', 'directory 700 0:0 a');
test(takes, 'contents: x, mode: "4755"', 'file 4755 0:0 a = x');
test(takes, 'contents: x, mode: "0100644"', 'file 644 0:0 a = x');
test(takes, 'contents: x, symlink: "", source: "", metadata: ""', 'file 600 0:0 a = x');
test(takes, 'symlink: ../b, source: ""', 'symlink 600 0:0 a -> ../b');
test(takes, 'directory: true, symlink: "", uid: root, gid: ""', 'directory 700 0:0 a');

test('fileEntries() gives the same path twice, so that the later counts', async (t) => {
	const packed = await pack(
		'files: [{path: a, contents: x}, {path: /a, contents: y}, {path: ./a/, directory: true}]',
	);
	t.deepEqual(packed.map(line), ['file 600 0:0 a = x', 'file 600 0:0 a = y', 'directory 700 0:0 a']);
});
