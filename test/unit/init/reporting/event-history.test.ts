import { appendFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { EventHistory } from '../../../../init/reporting/event-history.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const line = (at: number): string => `${JSON.stringify({ level: 'info', at, event: 'ready', msg: 'x' })}\n`;

test('EventHistory.past() reads both log files and skips lines that are no events', (t) => {
	const file = join(scratchFolder(t), 'init.log');
	const history = new EventHistory(file);
	t.deepEqual(history.past(), []);
	appendFileSync(file, `${line(1)}{"level":"info","at":2,"msg":"no event"}\n`);
	renameSync(file, `${file}.1`);
	appendFileSync(file, `${line(3)}{"event":"rea`);
	t.deepEqual(
		history.past().map(({ at }) => at),
		[1, 3],
	);
});

test('EventHistory.listen() receives each event until the subscription ends', (t) => {
	const history = new EventHistory('/nowhere');
	const heard: GuestEventLine[] = [];
	const end = history.listen((event) => heard.push(event));
	history.onLine(line(1));
	history.onLine('{"msg":"no event"}\n');
	end();
	history.onLine(line(2));
	t.deepEqual(
		heard.map(({ at }) => at),
		[1],
	);
});
