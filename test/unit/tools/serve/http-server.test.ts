import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { BootSettings } from '../../../../tools/serve/boot-answer.ts';
import { serveHttp } from '../../../../tools/serve/http-server.ts';
import type { Machine } from '../../../../tools/serve/machines.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { servePlace, webSystem } from './place.ts';

const run = promisify(execFile);

async function start(
	t: ExecutionContext,
	files: Readonly<Record<string, string | Buffer>>,
	more: Partial<BootSettings> = {},
) {
	const place = await servePlace(t, files, more);
	const server = await serveHttp(place.settings, { host: '127.0.0.1', port: 0 });
	t.teardown(() => server.close());
	const base = `http://127.0.0.1:${server.port}`;
	const curl = async (...args: readonly string[]): Promise<string> =>
		(await run('curl', ['-sS', '--path-as-is', ...args], { encoding: 'latin1' })).stdout;
	const text = async (path: string): Promise<string> => await (await fetch(`${base}${path}`)).text();
	return { ...place, base, curl, text };
}

const machine: Machine = {
	name: 'web1',
	mac: '52:54:00:12:34:56',
	uuid: null,
	system: 'web',
	append: 'quiet',
	hostname: 'web1',
	userData: '{"a":1}',
};

test('serveHttp() sends files whole and in parts, as curl reads them', async (t) => {
	const { base, curl, events } = await start(t, { file: 'x'.repeat(100_000), 'a b': 'space', empty: '' });
	t.is((await curl(`${base}/file`)).length, 100_000);
	t.is(await curl(`${base}/a%20b`), 'space');
	t.is(await curl(`${base}/empty`), '');
	t.regex(
		await curl('-i', '-r', '10-14', `${base}/file`),
		/^HTTP\/1.1 206.*Content-Range: bytes 10-14\/100000.*\r\n\r\nx{5}$/s,
	);
	t.regex(
		await curl('-i', '-r', '100000-', `${base}/file`),
		/^HTTP\/1.1 416.*Content-Range: bytes \*\/100000/s,
	);
	t.regex(await curl('-I', `${base}/file`), /^HTTP\/1.1 200.*Content-Length: 100000/s);
	t.is((await curl('-H', 'If-Range: "other"', '-r', '0-0', `${base}/file`)).length, 100_000);
	const sent = events.filter(({ event }) => event === 'file');
	t.like(sent[0], { protocol: 'http', client: '127.0.0.1', path: '/file', bytes: 100_000, outcome: 'sent' });
});

test('serveHttp() gives nothing outside of the directory and takes nothing', async (t) => {
	const { base, curl } = await start(t, { file: 'x' });
	for (const path of ['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/secret', '/a%00b', '/no'])
		t.regex(await curl('-i', `${base}${path}`), /^HTTP\/1.1 404/, path);
	t.regex(await curl('-i', `${base}/%zz`), /^HTTP\/1.1 400/);
	t.regex(await curl('-i', '-X', 'PUT', `${base}/file`), /^HTTP\/1.1 405.*Allow: GET, HEAD/s);
	t.is(await curl(`${base}/`), 'file\n');
});

test('serveHttp() reports a file that was not sent whole', async (t) => {
	const { base, events } = await start(t, { big: Buffer.alloc(64 * 2 ** 20) });
	const ended = new AbortController();
	const answer = await fetch(`${base}/big`, { signal: ended.signal });
	t.is(answer.status, 200);
	ended.abort();
	const file = await eventually(() => events.find(({ event }) => event === 'file'), { pauseMs: 10 });
	t.regex(file.event === 'file' ? file.outcome : '', /^not sent whole/);
});

test('serveHttp() asks iPXE which machine it is, then boots what the list says', async (t) => {
	const { base, text, events } = await start(t, webSystem, { machines: [machine] });
	t.regex(await text('/boot.ipxe'), /^#!ipxe\nchain --autofree \/boot\.ipxe\?mac=\$\{netX\/mac:hexhyp\}/);
	const script = await text('/boot.ipxe?mac=52:54:00:12:34:56&uuid=&platform=pcbios');
	const line = `console=ttyS0 quiet ds=nocloud-net;s=${base}/machines/web1/`;
	t.is(script, `#!ipxe\nkernel /web-kernel ${line}\ninitrd /web-initrd.img\nboot\n`);
	t.like(events.at(-1), { event: 'boot', machine: 'web1', system: 'web', mac: machine.mac, problem: null });
	t.regex(
		await text('/boot.ipxe?mac=525400123456&platform=efi'),
		/^kernel \/web-kernel initrd=web-initrd\.img /m,
	);
	t.is(await text('/machines/web1/user-data'), '{"a":1}');
	t.is(await text('/machines/web1/meta-data'), 'instance-id: "web1"\nlocal-hostname: "web1"\n');
	t.is(await text('/machines/web1/vendor-data'), '');
	for (const path of ['/machines/web1/other', '/machines/web2/meta-data', '/machines/web1/meta-data/x'])
		t.is((await fetch(`${base}${path}`)).status, 404, path);
});

test('serveHttp() boots the only system that is there on a machine of no list', async (t) => {
	const { text, events } = await start(t, webSystem);
	t.regex(await text('/boot.ipxe?mac=52:54:00:12:34:57'), /^kernel \/web-kernel console=ttyS0$/m);
	t.like(events.at(-1), { event: 'boot', machine: null, system: 'web' });
});

const nothing: readonly [
	title: string,
	files: Record<string, string>,
	system: string | null,
	expected: RegExp,
][] = [
	['no system', {}, null, /no system is there/],
	['two systems', { ...webSystem, 'b-kernel': '', 'b-initrd.img': '' }, null, /2 systems are there/],
	[
		'a name that iPXE would read',
		{ '${x} b-kernel': '', '${x} b-initrd.img': '' },
		null,
		/is no name of a system/,
	],
	['a system without its kernel', { 'web-cmdline': '' }, 'web', /web-kernel is not in the directory/],
	['a system without its command line', { ...webSystem, 'web-cmdline': '' }, 'other', /other-kernel is not/],
	['a root on a disk', { ...webSystem, 'web-squashfs.img': '' }, null, /has its root on a disk/],
	['an EROFS on a disk', { ...webSystem, 'web-erofs.img': '' }, null, /has its root on a disk/],
	[
		'a long command line',
		{ ...webSystem, 'web-cmdline': 'a'.repeat(5000) },
		null,
		/longer than the 2047 bytes/,
	],
	['a command line of iPXE', { ...webSystem, 'web-cmdline': 'a=${b}' }, null, /can't be given by iPXE/],
];
for (const [title, files, system, expected] of nothing) {
	test(`serveHttp() shows why nothing is booted: ${title}`, async (t) => {
		const { text, events } = await start(t, files, { system });
		const script = await text('/boot.ipxe?mac=52:54:00:12:34:57');
		t.regex(script, /^#!ipxe\necho Slipway: .*\nsleep 10\nexit 1\n$/);
		t.regex(script.replaceAll('?', "'"), /Slipway/);
		const last = events.at(-1);
		t.regex(last?.event === 'boot' ? (last.problem ?? '') : '', expected);
	});
}

test('serveHttp() puts no hostile Host header into a command line', async (t) => {
	const { base, curl } = await start(t, webSystem, { machines: [machine] });
	const script = await curl('-H', 'Host: a b && shell', `${base}/boot.ipxe?mac=${machine.mac}`);
	t.regex(script, new RegExp(`s=${base}/machines/web1/\n`));
});

test('serveHttp() says that a port is taken', async (t) => {
	const other = createServer();
	await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
	t.teardown(() => other.close());
	const address = other.address();
	const port = typeof address === 'object' && address !== null ? address.port : 0;
	const { settings } = await servePlace(t, {});
	const error = await t.throwsAsync(serveHttp(settings, { host: '127.0.0.1', port }));
	t.is(
		error.message,
		`--port 127.0.0.1:${port}: another program listens there. Name another: --port [ADDRESS]:PORT`,
	);
});
