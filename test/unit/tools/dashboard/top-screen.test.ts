import test from 'ava';
import type { UsageSample } from '../../../../supervisor/contract/usage-table.ts';
import { parseSystemStats } from '../../../../tools/dashboard/system-stats.ts';
import { topScreen } from '../../../../tools/dashboard/top-screen.ts';

function sample(cpuSeconds: number, atSeconds: number, name = 'redis'): UsageSample {
	const service = {
		name,
		state: 'ready',
		ready: true,
		pid: 7,
		restarts: 1,
		memoryBytes: 5 * 2 ** 20,
		cpuSeconds,
		tasks: 3,
		logLines: 9,
	};
	const other = { name: 'web', state: 'backoff', ready: false, restarts: 4 };
	const stats = parseSystemStats(`${JSON.stringify(other)}\n${JSON.stringify(service)}\n`);
	return { stats, atSeconds };
}

const screen = { rows: 24, columns: 120, wantsColour: false };

test('topScreen() shows who uses most first', (t) => {
	const lines = topScreen('os', sample(1, 10), sample(2, 12), screen).split('\n');
	t.is(lines[0], 'os: 1 of 2 services ready');
	t.regex(lines[2] ?? '', /^NAME +STATE +CPU % +MEMORY/);
	t.regex(lines[3] ?? '', /^redis +ready +50\.0 +5\.0 MiB/);
	t.regex(lines[4] ?? '', /^web +backoff +- +-/);
});

test('topScreen() fits the screen, and colours states alone', (t) => {
	const small = topScreen('os', null, sample(1, 1), { rows: 4, columns: 20, wantsColour: false });
	t.is(small.split('\n').length, 5);
	for (const line of small.split('\n')) t.true(line.length <= 20, line);
	const whole = topScreen('os', null, sample(1, 1), screen);
	const columns = Math.max(...whole.split('\n').map((line) => line.length));
	t.is(topScreen('os', null, sample(1, 1), { ...screen, columns }), whole);
	const coloured = topScreen('os', null, sample(1, 1), { ...screen, wantsColour: true });
	t.is(coloured.split('\u001b[').length, 5);
});

test('topScreen() keeps a hostile name from the terminal', (t) => {
	const text = topScreen('os', null, sample(1, 1, 'a\u001b[2Jb\nc'), screen);
	t.false(text.includes('\u001b'));
	t.true(text.includes('a [2Jb c'));
});

test('parseSystemStats() leaves out what is no service', (t) => {
	for (const text of [
		'',
		'null',
		'[]',
		'{}\n',
		'{"name":1,"state":"ready"}',
		'{"name":"a","state":"unheard of"}',
		'{"name":',
	])
		t.deepEqual(parseSystemStats(text).services, [], text);
});
