import { request } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { openDashboard } from '../../../../tools/dashboard/dashboard-server.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { testSystem, testSystems } from '../../../helpers/watched-systems.ts';

const running = {
	event: 'service',
	name: 'web',
	state: 'running',
	ready: true,
	at: 2,
	msg: 'running',
} as const;

async function place(t: ExecutionContext) {
	const system = testSystem('os', [running]);
	const options = { token: 'secret', port: 0, readPage: (name: string) => `the file ${name}` };
	const dashboard = await openDashboard(testSystems(system), options);
	t.teardown(() => dashboard.close());
	const origin = new URL(dashboard.url).origin;
	const get = async (path: string) => await fetch(`${dashboard.url}${path}`);
	const post = async (path: string, body: string, headers: Record<string, string> = { Origin: origin }) =>
		await fetch(`${dashboard.url}${path}`, { method: 'POST', body, headers });
	return { system, dashboard, origin, get, post };
}

test('openDashboard() serves the page with a policy that allows nothing from elsewhere', async (t) => {
	const { get } = await place(t);
	const page = await get('');
	t.is(page.status, 200);
	const policy = page.headers.get('content-security-policy') ?? '';
	t.true(policy.startsWith("default-src 'none'; script-src 'self';"));
	t.false(/script-src[^;]*unsafe|https?:/.test(policy));
	t.is(page.headers.get('referrer-policy'), 'no-referrer');
	t.is(await (await get('page.js')).text(), 'the file page.js');
	t.is((await get('../../etc/passwd')).status, 404);
	t.is((await get('constructor')).status, 404);
});

test('openDashboard() tells a request without the token nothing', async (t) => {
	const { dashboard } = await place(t);
	const { port } = new URL(dashboard.url);
	for (const path of ['/', '/wrong/', '/wrong/events', '/secre/page.js', '/secret']) {
		const answer = await fetch(`http://127.0.0.1:${port}${path}`);
		t.is(answer.status, 404, path);
		t.regex(await answer.text(), /^Not found/);
	}
	const status = await new Promise((resolve) => {
		const headers = { Host: 'evil.example' };
		request({ port, host: '127.0.0.1', path: '/secret/', headers }, (answer) =>
			resolve(answer.statusCode),
		).end();
	});
	t.is(status, 404);
});

test('openDashboard() sends all events, then each one as it comes', async (t) => {
	const { system, get } = await place(t);
	const { body } = await get('events');
	let text = '';
	const read = (async () => {
		for await (const chunk of body ?? []) text += Buffer.from(chunk).toString('utf8');
	})().catch(() => undefined);
	await eventually(() => text.includes('"type":"system"'));
	t.true(text.includes('"name":"web"'));
	system.send({ event: 'service', name: 'web', state: 'backoff', at: 3, msg: 'it ended' });
	await eventually(() => text.includes('it ended'));
	system.end();
	await eventually(() => text.includes('"isUp":false'));
	void read;
});

test('openDashboard() runs the actions of the page', async (t) => {
	const { system, post } = await place(t);
	t.is((await post('action?system=os', '{"action":"restart","service":"web"}')).status, 200);
	t.is((await post('action?system=os', '{"action":"poweroff"}')).status, 200);
	t.deepEqual(system.asked, [['restart', 'web'], ['poweroff']]);
	t.is((await post('console?system=os', 'ls\r')).status, 204);
	t.deepEqual(system.typed, ['ls\r']);
});

test('openDashboard() refuses actions of other pages, and names that the guest has not told', async (t) => {
	const { system, post, get } = await place(t);
	const body = '{"action":"poweroff"}';
	for (const headers of [{}, { Origin: 'http://evil.example' }, { Origin: 'null' }] as Record<
		string,
		string
	>[])
		t.is((await post('action?system=os', body, headers)).status, 404);
	t.is((await post('action?system=other', body)).status, 404);
	t.is((await post('action?system=os', '{"action":"exec"}')).status, 400);
	for (const service of ['other', '--help', 'init'])
		t.is((await post('action?system=os', JSON.stringify({ action: 'stop', service }))).status, 502);
	t.is((await get('logs?system=os&service=-f')).status, 404);
	t.is((await post('console?system=os', 'x'.repeat(100_000))).status, 413);
	t.deepEqual(system.asked, []);
});

test('openDashboard() streams a log and ends it with the connection', async (t) => {
	const { system, get } = await place(t);
	system.answers.set('logs', 'one line\n');
	const answer = await get('logs?system=os&service=web');
	const reader = answer.body?.getReader();
	t.is(Buffer.from((await reader?.read())?.value ?? []).toString(), 'one line\n');
	t.deepEqual(system.asked, [['logs', '-f', '-n', '200', 'web']]);
	await reader?.cancel();
	const chart = await get('boot.svg?system=os');
	t.is(chart.headers.get('content-type'), 'image/svg+xml');
	t.regex(chart.headers.get('content-disposition') ?? '', /attachment; filename="os-boot\.svg"/);
});

test("openDashboard() follows PID 1's log as those of services", async (t) => {
	const { system, get } = await place(t);
	system.answers.set('logs', '[     1.000] init             Slipway\n');
	const reader = (await get('logs?system=os&service=init')).body?.getReader();
	t.regex(Buffer.from((await reader?.read())?.value ?? []).toString(), /Slipway\n$/);
	t.deepEqual(system.asked, [['logs', '-f', '-n', '200', 'init']]);
	await reader?.cancel();
});
