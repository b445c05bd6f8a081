import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { showLogs } from '../../../../supervisor/cli/show-logs.ts';
import type { LogQuery } from '../../../../supervisor/logs/log-reader.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const record = (second: number, text: string, tag = 'F'): string =>
	`2026-11-21T13:00:${String(second).padStart(2, '0')}.123000000Z stdout ${tag} ${text}\n`;

function makeLogs(t: ExecutionContext) {
	const folder = scratchFolder(t);
	const redis = { name: 'redis', path: join(folder, 'redis.log') };
	const web = { name: 'web', path: join(folder, 'web.log') };
	writeFileSync(`${redis.path}.1`, record(1, 'first'));
	writeFileSync(redis.path, `${record(3, 'third')}${record(5, 'begun', 'P')}`);
	writeFileSync(web.path, `${record(2, 'second')}${record(4, 'fourth')}`);
	return { redis, web, none: { name: 'none', path: join(folder, 'none.log') } };
}

async function shown(
	sources: Parameters<typeof showLogs>[0],
	query: LogQuery = {},
	json = false,
): Promise<string> {
	let text = '';
	const { signal } = new AbortController();
	await showLogs(sources, { query, json, follow: false, signal, write: (each) => (text += each) });
	return text;
}

test('showLogs() reads one log across its rotation, and marks a partial line', async (t) => {
	const { redis, web } = makeLogs(t);
	t.is(
		await shown([redis]),
		'2026-11-21T13:00:01.123Z  first\n2026-11-21T13:00:03.123Z  third\n2026-11-21T13:00:05.123Z  begun …\n',
	);
	t.is(await shown([web], { lines: 1 }), '2026-11-21T13:00:04.123Z  fourth\n');
});

test('showLogs() merges several logs in the order of time', async (t) => {
	const { redis, web, none } = makeLogs(t);
	const lines = (await shown([web, redis, none])).trimEnd().split('\n');
	t.deepEqual(
		lines.map((line) => line.slice(26)),
		['redis  first', 'web    second', 'redis  third', 'web    fourth', 'redis  begun …'],
	);
	t.is(await shown([none]), '');
});

test('terminal injection: showLogs() shows no control or format characters but tabs', async (t) => {
	const { none } = makeLogs(t);
	writeFileSync(none.path, record(1, '\u001b]0;title\u0007a\u001b[2Jb\u009b2Jc\u202ed\te\r'));
	t.is(await shown([none]), '2026-11-21T13:00:01.123Z   ]0;title a [2Jb 2Jc d\te \n');
});

test('showLogs() in JSON', async (t) => {
	const { redis, web } = makeLogs(t);
	const last = (await shown([redis], {}, true)).trimEnd().split('\n').at(-1) ?? '';
	t.like(JSON.parse(last), { line: 'begun', partial: true });
	t.deepEqual(JSON.parse(await shown([web], { lines: 1 }, true)), {
		time: '2026-11-21T13:00:04.123000000Z',
		service: 'web',
		stream: 'stdout',
		line: 'fourth',
	});
});

test('showLogs() continues with later records', async (t) => {
	const { web } = makeLogs(t);
	const ended = new AbortController();
	let text = '';
	const following = showLogs([web], {
		query: { lines: 1 },
		json: false,
		follow: true,
		signal: ended.signal,
		write(each) {
			text += each;
			if (text.includes('fourth') && !text.includes('fifth')) appendFileSync(web.path, record(9, 'fifth'));
			if (text.includes('fifth')) ended.abort();
		},
	});
	await following;
	t.regex(text, /fourth\n.*fifth\n$/);
});
