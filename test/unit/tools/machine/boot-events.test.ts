import test from 'ava';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { addEvent } from '../../../../tools/machine/boot-events.ts';

const start: GuestEventLine = { event: 'init', resumed: false, version: '1', at: 1, msg: '' };
const ready: GuestEventLine = { event: 'ready', at: 3, msg: '' };

test('addEvent() keeps one boot, and of a flood its beginning and its end', (t) => {
	const events = [start, ready];
	addEvent(events, { ...start, resumed: true } as GuestEventLine);
	t.is(events.length, 3);
	addEvent(events, start);
	t.deepEqual(events, [start]);
	for (let number = 0; number < 50_000; number++) addEvent(events, { ...ready, at: number });
	t.true(events.length <= 8000);
	t.is(events[0], start);
	t.is(events.at(-1)?.at, 49_999);
});
