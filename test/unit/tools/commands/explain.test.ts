import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../../../tools/cli.ts';
import { openImageStore } from '../../../../tools/images/store.ts';
import { runCommand } from '../../../helpers/command.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';
import { putTestImage } from '../../../helpers/tar.ts';

const yaml = `init: [t/ours:v1]
services: [{ name: web, image: "t/web:v1", command: [/serve] }]
files: [{ path: etc/motd, contents: "hello" }]
`;

async function place(t: ExecutionContext) {
	const folder = scratchFolder(t);
	const store = openImageStore(join(folder, 'store'));
	const pin = { name: 'libc6', version: '2.36', architecture: 'amd64', sha256: 'c'.repeat(64), bytes: 700 };
	const Labels = { 'org.slipway.debian': JSON.stringify([pin]) };
	await putTestImage(store, 't/ours:v1', [{ name: 'init', body: 'i'.repeat(10_000) }], { Labels });
	await putTestImage(store, 't/web:v1', [
		{ name: 'serve', body: 's'.repeat(30_000) },
		{ name: 'var/lib/dpkg/info/web.list', body: '/.\n/serve\n' },
		{ name: 'var/lib/dpkg/status', body: 'Package: web\nVersion: 4.5\n' },
	]);
	const write = (name: string, text = yaml): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	const run = async (...words: readonly string[]) =>
		await runCommand({ run: main }, ...words, '--offline', '--cache', store.folder);
	return { folder, store, write, run };
}

test('slipway explain shows the size by image, by package and by file', async (t) => {
	const { write, run } = await place(t);
	const { exitCode, out } = await run('explain', write('os.yml'));
	t.is(exitCode, 0);
	t.regex(out, /^os: \d+\.\d kB in \d+ files, unpacked$/m);
	t.regex(out, /^ +30\.2 kB +\d+ % +6 +t\/web:v1$/m);
	t.regex(out, /^ +30\.0 kB +\d+ % +web 4\.5 +t\/web:v1$/m);
	t.regex(out, /^ +700 B +\d+ % +libc6 2\.36 +t\/ours:v1$/m);
	t.regex(out, /^ +10\.0 kB +\d+ % +\/init +t\/ours:v1$/m);
	t.regex(out, /configuration$/m);
});

test('slipway explain --json has the same numbers, --svg a picture', async (t) => {
	const { folder, write, run } = await place(t);
	const svg = join(folder, 'os.svg');
	const { out } = await run('explain', '--json', '--top', '1', '--svg', svg, write('os.yml'));
	const told = JSON.parse(out);
	t.like(told.largest, [{ path: 'containers/services/web/lower/serve', bytes: 30_000, part: 't/web:v1' }]);
	t.is(told.largest.length, 1);
	t.is(
		told.total.bytes,
		told.parts.reduce((sum: number, { bytes }: { bytes: number }) => sum + bytes, 0),
	);
	t.regex(readFileSync(svg, 'utf8'), /t\/web:v1/);
	const wrong = await run('explain', '--top', 'x', '--svg', join(folder, 'other.svg'), write('os.yml'));
	t.is(wrong.exitCode, 2);
	t.false(existsSync(join(folder, 'other.svg')));
});

test('slipway diff exits as diff(1): 0 for the same, 1 for other contents, 2 for trouble', async (t) => {
	const { folder, write, run } = await place(t);
	const same = await run('diff', write('a.yml'), write('b.yml'));
	t.deepEqual([same.exitCode, same.out], [0, '']);
	const other = write('c.yml', yaml.replace('[/serve]', '[/serve, -v]').replace('hello', 'good bye'));
	const { exitCode, out } = await run('diff', write('a.yml'), other);
	t.is(exitCode, 1);
	t.regex(
		out,
		/^ {2}~ containers\/services\/web\/config\.json process\.args +\["\/serve"\] -> \["\/serve","-v"\]$/m,
	);
	t.regex(out, /^ {2}- etc\/motd +hello$/m);
	t.regex(out, /^ {2}\+ etc\/motd +good bye$/m);
	const missing = await run('diff', write('a.yml'), join(folder, 'none.yml'));
	t.is(missing.exitCode, 2);
	t.regex(missing.err, /none\.yml: there is no such file/);
	t.is((await run('diff', write('a.yml'))).exitCode, 2);
});

test('slipway diff shows images, packages and files', async (t) => {
	const { store, write, run } = await place(t);
	const pin = { name: 'libc6', version: '2.37', architecture: 'amd64', sha256: 'd'.repeat(64) };
	const Labels = { 'org.slipway.debian': JSON.stringify([pin]) };
	await putTestImage(
		store,
		't/ours:v2',
		[
			{ name: 'init', body: 'j'.repeat(10_000) },
			{ name: 'new', body: 'n' },
		],
		{ Labels },
	);
	const other = write('b.yml', yaml.replace('ours:v1', 'ours:v2'));
	const { out } = await run('diff', write('a.yml'), other);
	t.regex(out, /^ {2}- t\/ours:v1 +[0-9a-f]{12}$/m);
	t.regex(out, /^ {2}~ libc6 +2\.36 -> 2\.37$/m);
	t.regex(out, /^ {2}~ \/init +10\.0 kB 0644 0:0 -> 10\.0 kB 0644 0:0$/m);
	t.regex(out, /^ {2}\+ \/new +1 B 0644 0:0$/m);
	const { same, bytes } = JSON.parse((await run('diff', '--json', write('a.yml'), other)).out);
	t.deepEqual([same, bytes.after - bytes.before], [false, 1]);
});

test('slipway inspect shows an image of the store', async (t) => {
	const { store, run } = await place(t);
	const Labels = { 'org.slipway.debian': '[]', note: 'two\nlines\u001b[2J' };
	const config = { Cmd: ['/serve'], Env: ['A=b'], User: 'nobody', StopSignal: 'SIGQUIT', Labels };
	await putTestImage(store, 't/known:v1', [{ name: 'serve', body: 's' }], config);
	const { out } = await run('inspect', 't/known:v1');
	t.regex(out, /^docker\.io\/t\/known:v1$/m);
	for (const line of [
		'command       /serve',
		'environment   A=b',
		'user          nobody',
		'label         note=two lines [2J',
	])
		t.true(out.includes(`  ${line}\n`), out);
	const told = JSON.parse((await run('inspect', '--json', 't/known:v1')).out);
	t.like(told, {
		command: ['/serve'],
		user: 'nobody',
		stopSignal: 'SIGQUIT',
		software: [],
		platform: 'linux/amd64',
	});
	t.is((await run('inspect', 't/web:v1')).out.includes('not known'), true);
	const missing = await run('inspect', 't/none:v1');
	t.is(missing.exitCode, 1);
	t.regex(missing.err, /no image t\/none:v1.*cache pull/);
});

test('slipway inspect shows the system of a YAML file', async (t) => {
	const { write, run } = await place(t);
	const { out } = await run('inspect', write('os.yml'));
	t.regex(out, /^os\n {2}init +t\/ours:v1 {2}[0-9a-f]{12}\n {2}file +etc\/motd\n\nservices\/web\n/);
	t.regex(out, /^ {2}command +\/serve$/m);
	const told = JSON.parse((await run('inspect', '--json', write('os.yml'))).out);
	t.like(told, {
		name: 'os',
		kernel: null,
		containers: [{ section: 'services', name: 'web', image: 't/web:v1' }],
	});
});
