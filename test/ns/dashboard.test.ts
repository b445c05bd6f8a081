// The dashboard's page in a real Chromium.

import { EventEmitter } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { GuestEventLine } from '../../supervisor/contract/events.ts';
import { buildPage } from '../../tools/build/build-page.ts';
import { openDashboard } from '../../tools/dashboard/dashboard-server.ts';
import { watchMachines } from '../../tools/dashboard/machine-systems.ts';
import { readPageFile } from '../../tools/dashboard/page-files.ts';
import type { WatchedSystems } from '../../tools/dashboard/watched-system.ts';
import { eventually } from '../helpers/eventually.ts';
import { findProgram } from '../helpers/program.ts';
import { addMachine, eventLine, machineBasesIn } from '../helpers/recorded-machine.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { type TestSystem, testSystem, testSystems } from '../helpers/watched-systems.ts';

let browser: Browser;

test.before(async () => {
	await buildPage();
	browser = await chromium.launch({
		executablePath: findProgram('chromium-headless-shell') ?? '',
		// The suite runs as root, and Chromium's sandbox does not.
		args: ['--no-sandbox'],
	});
});

test.after.always(async () => {
	await browser?.close();
});

const start: GuestEventLine = { event: 'init', resumed: false, version: '1', at: 1, msg: 'Slipway' };

function service(
	name: string,
	state: 'starting' | 'running' | 'backoff',
	at: number,
	msg = state,
): GuestEventLine & { readonly ready?: true } {
	return {
		event: 'service',
		name,
		state,
		at,
		msg,
		...(state === 'running' ? { ready: true } : {}),
		restarts: at > 5 ? 1 : 0,
	};
}

async function openPage(t: ExecutionContext, ...systems: readonly TestSystem[]) {
	return await openPageOf(t, testSystems(...systems));
}

/** @param script - runs in the page before its own */
async function openPageOf(t: ExecutionContext, systems: WatchedSystems, script = '') {
	const options = { token: 'secret', port: 0, readPage: readPageFile };
	const dashboard = await openDashboard(systems, options);
	const page = await browser.newPage();
	await page.addInitScript(script);
	t.teardown(async () => {
		await page.close();
		await dashboard.close();
	});
	// A violation of the policy is an error on the browser's console.
	const errors: string[] = [];
	page.on('console', (message) => {
		if (message.type() === 'error') errors.push(message.text());
	});
	page.on('pageerror', (error) => errors.push(String(error)));
	page.on('dialog', (dialog) => {
		errors.push(`a dialog: ${dialog.message()}`);
		void dialog.dismiss();
	});
	await page.goto(dashboard.url);
	return { page, dashboard, errors };
}

function stateOf(page: Page, name: string) {
	return page.locator(`tr[data-service=${JSON.stringify(name)}] .state`);
}

test('the dashboard shows a restart as it happens', async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	const { page, errors } = await openPage(t, system);
	await stateOf(page, 'web').getByText('running').waitFor();
	system.send(service('web', 'backoff', 6, 'backoff'));
	await stateOf(page, 'web').getByText('backoff').waitFor();
	await page.locator('.badge').getByText('in trouble').waitFor();
	system.send(service('web', 'starting', 7));
	const { ready: _, ...unproved } = service('web', 'running', 8);
	system.send(unproved);
	await page.locator('tr[data-service=web]').getByText('not ready yet').waitFor();
	system.send(service('web', 'running', 9));
	await page.locator('tr[data-service=web]').getByText('not ready yet').waitFor({ state: 'detached' });
	await stateOf(page, 'web').getByText('running').waitFor();
	t.is(await page.locator('tr[data-service=web] td').nth(3).textContent(), '1');
	system.end();
	await page.locator('.badge').getByText('ended').waitFor();
	t.true(await page.getByRole('button', { name: 'Power off' }).isDisabled());
	t.deepEqual(errors, []);
});

test('the dashboard shows a restart when its line is in the log: the page waits for no timer of its own', async (t) => {
	const bases = machineBasesIn(scratchFolder(t));
	const log = join(addMachine(bases, 'os'), 'events.log');
	const running = { event: 'service', name: 'web', state: 'running', ready: true, restarts: 0 } as const;
	appendFileSync(log, eventLine(3, running));
	// Figures of memory and processors, which would bring the page to draw as well, never come.
	const systems = watchMachines(bases, null, { service: () => new Promise(() => undefined) });
	t.teardown(() => systems.close());
	const { page } = await openPageOf(t, systems, 'window.setInterval = () => 0');
	await stateOf(page, 'web').getByText('running').waitFor();
	const cell = 'tr[data-service=web] td:nth-child(4)';
	for (let count = 1; count <= 5; count++) {
		const seen = page.evaluate<number>(`new Promise((resolve) => {
			const cell = document.querySelector('${cell}');
			new MutationObserver(() => resolve(Date.now())).observe(cell, { childList: true, characterData: true, subtree: true });
		})`);
		// The observer is there when a later request of the page is answered.
		await page.evaluate('0');
		const writtenAt = Date.now();
		appendFileSync(log, eventLine(3 + count, { ...running, restarts: count }));
		const [seenAt] = await Promise.all([seen, page.locator(`${cell}:text-is("${count}")`).waitFor()]);
		t.log(`restart ${count}: shown ${seenAt - writtenAt} ms after the line`);
		t.is(await page.locator(cell).textContent(), String(count));
	}
});

test('the dashboard keeps hostile names, reasons, log lines and console output text', async (t) => {
	const attack = '<img src=x onerror=alert(1)>"\'</title><script>alert(2)</script>';
	const system = testSystem(`os${attack}`, [
		start,
		{ event: 'onboot', name: attack, state: 'failed', at: 2, msg: attack, reason: attack },
		{ ...service(attack, 'running', 3, 'running'), reason: attack } as GuestEventLine,
	]);
	system.answers.set('logs', `\u001b]0;title\u0007\u001b[31m${attack}\u001b[0m\u202e\n`);
	system.print(`${attack}\r\n`);
	const { page, errors } = await openPage(t, system);
	await page.getByRole('button', { name: attack, exact: true }).first().click();
	t.is(await page.locator('h1').textContent(), `os${attack}`);
	t.is(await page.locator('.reason').textContent(), attack);
	await eventually(async () => (await page.locator('.log .lines').textContent())?.includes('alert(2)'), {
		pauseMs: 50,
	});
	t.is(await page.locator('.log .lines').textContent(), `${attack} `);
	await page.getByRole('button', { name: 'Console' }).click();
	await eventually(async () => (await page.locator('.xterm-rows').textContent())?.includes('alert(2)'), {
		pauseMs: 50,
	});
	t.is(await page.locator('img').count(), 0);
	t.is(await page.locator('body script').count(), 0);
	t.is(await page.title(), `os${attack} – Slipway`);
	t.deepEqual(errors, []);
});

test('the dashboard tells a browser with a wrong token nothing', async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	const { dashboard } = await openPage(t, system);
	const page = await browser.newPage();
	t.teardown(() => page.close());
	const asked: string[] = [];
	page.on('request', (request) => asked.push(new URL(request.url()).pathname));
	for (const path of ['/', '/secreT/', '/secret%2f/']) {
		asked.length = 0;
		const answer = await page.goto(new URL(path, dashboard.url).href);
		t.is(answer?.status(), 404);
		const text = (await page.locator('body').textContent()) ?? '';
		t.regex(text, /^Not found/);
		t.false(/web|os\b/.test(text.replace('dashboard', '')), text);
		t.deepEqual(
			asked.filter((each) => each !== '/favicon.ico'),
			[path],
		);
	}
});

test("the dashboard's page can't be used by another page", async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	const { dashboard } = await openPage(t, system);
	const page = await browser.newPage();
	t.teardown(() => page.close());
	// Another origin, which knows the address all the same.
	await page.route('http://evil.example/', (route) =>
		route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>evil</title>' }),
	);
	await page.goto('http://evil.example/');
	const reached = await page.evaluate(async (url) => {
		const outcomes = [];
		for (const [path, init] of [
			['events', {}],
			['action?system=os', { method: 'POST', body: '{"action":"poweroff"}' }],
			['action?system=os', { method: 'POST', mode: 'no-cors', body: '{"action":"poweroff"}' }],
		] as [string, RequestInit][])
			outcomes.push(
				await fetch(url + path, init).then(
					(answer) => answer.type,
					() => 'refused',
				),
			);
		return outcomes;
	}, dashboard.url);
	t.deepEqual(reached.slice(0, 2), ['refused', 'refused']);
	t.deepEqual(
		system.asked.filter(([what]) => what === 'poweroff'),
		[],
	);
});

test('the dashboard sends what is typed at the console, and what buttons ask for', async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	system.print('\u001b[32mWelcome\u001b[0m\r\n/ # ');
	const { page, errors } = await openPage(t, system);
	await page.getByRole('button', { name: 'Console' }).click();
	await eventually(async () => (await page.locator('.xterm-rows').textContent())?.includes('Welcome'), {
		pauseMs: 50,
	});
	await page.keyboard.type('ls\r');
	await eventually(() => system.typed.join('') === 'ls\r', { pauseMs: 50 });
	await page.getByRole('button', { name: 'Restart' }).click();
	await eventually(() => system.asked.some((each) => each.join(' ') === 'restart web'), { pauseMs: 50 });
	const off = page.getByRole('button', { name: 'Power off' });
	await off.click();
	t.false(
		system.asked.some(([what]) => what === 'poweroff'),
		'one click only asks',
	);
	await page.getByRole('button', { name: 'Power off: sure?' }).click();
	await eventually(() => system.asked.some(([what]) => what === 'poweroff'), { pauseMs: 50 });
	t.deepEqual(errors, []);
});

test('the dashboard sends what is typed in its order, also when the first request is slow', async (t) => {
	const system = testSystem('os', [start]);
	const { page } = await openPage(t, system);
	const requests: string[] = [];
	const held = Promise.withResolvers<void>();
	await page.route(/\/console\?/, async (route) => {
		if (route.request().method() === 'POST') {
			requests.push(route.request().postData() ?? '');
			await held.promise;
		}
		await route.continue();
	});
	await page.getByRole('button', { name: 'Console' }).click();
	await page.keyboard.type('abcd');
	await eventually(() => requests.length > 0, { pauseMs: 50 });
	await page.keyboard.type('efgh');
	held.resolve();
	await eventually(() => system.typed.join('').length === 8, { pauseMs: 50 });
	t.is(system.typed.join(''), 'abcdefgh');
	t.deepEqual(requests, ['a', 'bcdefgh']);
});

test('the dashboard does not answer what the console has asked before the page was opened', async (t) => {
	const system = testSystem('os', [start]);
	const cursor = '\u001b[6n';
	system.print(`${cursor}old`);
	const { page } = await openPage(t, system);
	await page.getByRole('button', { name: 'Console' }).click();
	const rows = page.locator('.xterm-rows');
	await rows.getByText('old').waitFor();
	system.print(`${cursor}\r\nnew`);
	await rows.getByText('new').waitFor();
	await eventually(() => system.typed.length > 0, { pauseMs: 50 });
	t.deepEqual(system.typed, ['\u001b[1;4R']);
});

test('the dashboard draws the boot while it happens, for several systems', async (t) => {
	const first = testSystem('first', [start]);
	const second = testSystem('second', [start, service('redis', 'running', 3)]);
	const { page, errors } = await openPage(t, first, second);
	first.send({ event: 'onboot', name: '000-dhcpcd', state: 'started', at: 2, msg: 'started' });
	const title = page.locator('svg title').getByText('dhcpcd: runs');
	await title.waitFor({ state: 'attached' });
	const width = async () => Number(await page.locator('rect.rect-onboot').first().getAttribute('width'));
	const before = await width();
	await eventually(async () => (await width()) > before, { pauseMs: 50 });
	await page.getByRole('button', { name: 'second' }).click();
	await stateOf(page, 'redis').waitFor();
	const saved = page.waitForEvent('download');
	await page.getByRole('link', { name: 'Save as SVG' }).click();
	t.is((await saved).suggestedFilename(), 'second-boot.svg');
	t.deepEqual(errors, []);
});

test('the dashboard saves a chart that a browser draws, whatever its names are', async (t) => {
	const name = 'a&<b>"\u0001\u202e';
	const system = testSystem('os', [start, service(name, 'running', 3)]);
	const { page } = await openPage(t, system);
	const saved = page.waitForEvent('download');
	await page.getByRole('link', { name: 'Save as SVG' }).click();
	const image = await browser.newPage();
	t.teardown(() => image.close());
	const svg = readFileSync(await (await saved).path(), 'utf8');
	await image.setContent(`<img src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`);
	const drawn = () =>
		image.evaluate<boolean>('document.images[0].complete && document.images[0].naturalWidth > 0');
	await eventually(drawn, { pauseMs: 50 });
	await image.setContent(svg);
	t.true((await image.locator('svg').textContent())?.includes('a&<b>"'));
	t.is(await image.locator('b').count(), 0);
});

test('the dashboard fits a narrow window', async (t) => {
	const long = 'a-service-with-a-long-name-of-its-own';
	const system = testSystem('os', [
		start,
		{ ...service(long, 'backoff', 3), reason: `could not be started: ${'x'.repeat(300)}` } as GuestEventLine,
	]);
	const { page } = await openPage(t, system);
	await page.setViewportSize({ width: 360, height: 700 });
	await stateOf(page, long).waitFor();
	t.is(await page.evaluate<number>('document.documentElement.scrollWidth'), 360);
	for (const button of await page.getByRole('button').all()) {
		const { x, width } = (await button.boundingBox()) ?? { x: -1, width: 0 };
		t.true(x >= 0 && x + width <= 360, (await button.textContent()) ?? '');
	}
});

test('the dashboard can be used by the keyboard alone', async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	system.answers.set('logs', 'a line of web\n');
	const { page } = await openPage(t, system);
	await stateOf(page, 'web').waitFor();
	const focusOn = async (name: string) => {
		for (let presses = 0; presses < 20; presses++) {
			const text = await page.evaluate<string>('document.activeElement.textContent');
			if (text === name) return;
			await page.keyboard.press('Tab');
		}
		throw new Error(`Tab does not lead to ${name}`);
	};
	await focusOn('Power off');
	await page.keyboard.press('Enter');
	await page.keyboard.press('Enter');
	await eventually(() => system.asked.some(([what]) => what === 'poweroff'), { pauseMs: 50 });
	await focusOn('web');
	await page.keyboard.press('Enter');
	await page.locator('.log .lines').getByText('a line of web').waitFor();
	await focusOn('Restart');
	await page.keyboard.press('Space');
	await eventually(() => system.asked.some((each) => each.join(' ') === 'restart web'), { pauseMs: 50 });
	await focusOn('Console');
	await page.keyboard.press('Enter');
	await page.locator('.xterm-rows').waitFor();
	await page.keyboard.type('ls');
	await eventually(() => system.typed.join('').length >= 2, { pauseMs: 50 });
	t.is(system.typed.join(''), 'ls');
});

test('the dashboard shows that a system ends, and that it comes back', async (t) => {
	const system = testSystem('os', [start, service('web', 'running', 3)]);
	const shown = [system];
	const systems: WatchedSystems = { emitter: new EventEmitter(), list: () => shown };
	const { page } = await openPageOf(t, systems);
	await stateOf(page, 'web').getByText('running').waitFor();
	system.end();
	await page.locator('.badge').getByText('ended').waitFor();
	t.true(await page.getByRole('button', { name: 'Restart' }).isDisabled());
	const again = testSystem('os', [start, service('web', 'starting', 3)]);
	shown.splice(0, 1, again);
	systems.emitter.emit('change');
	await stateOf(page, 'web').getByText('starting').waitFor();
	again.send(service('web', 'running', 4));
	await stateOf(page, 'web').getByText('running').waitFor();
	t.true(await page.getByRole('button', { name: 'Restart' }).isEnabled());
});
