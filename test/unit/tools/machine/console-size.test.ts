import { EventEmitter } from 'node:events';
import test from 'ava';
import type { GuestEventLine, HostCommand } from '../../../../supervisor/contract/events.ts';
import { followScreenSize } from '../../../../tools/machine/console-size.ts';

const init: GuestEventLine = { event: 'init', resumed: false, version: '1', at: 1, msg: '' };
const ready: GuestEventLine = { event: 'ready', at: 2, msg: '' };

function setUp(events: readonly GuestEventLine[], isTTY = true) {
	const emitter = new EventEmitter<{ event: [GuestEventLine] }>();
	const screen = Object.assign(new EventEmitter(), { isTTY, rows: 24, columns: 80 });
	const sent: HostCommand[] = [];
	const guest = { emitter, events, command: (command: HostCommand) => void sent.push(command) };
	return { emitter, screen, sent, end: followScreenSize(guest, screen) };
}

const resize = (rows: number, columns: number): HostCommand => ({ command: 'resize', rows, columns });

test('followScreenSize() waits until PID 1 listens, and tells the next PID 1 again', (t) => {
	const { emitter, screen, sent } = setUp([]);
	screen.rows = 30;
	screen.emit('resize');
	t.deepEqual(sent, []);
	emitter.emit('event', init);
	emitter.emit('event', ready);
	t.deepEqual(sent, [resize(30, 80)]);
	emitter.emit('event', init);
	t.is(sent.length, 2);
});

test('followScreenSize() tells a guest that runs at once, and each change', (t) => {
	const { screen, sent, end } = setUp([init, ready]);
	screen.columns = 132;
	screen.emit('resize');
	end();
	screen.emit('resize');
	t.deepEqual(sent, [resize(24, 80), resize(24, 132)]);
});

test('followScreenSize() tells nothing of what is no terminal', (t) => {
	const { emitter, sent } = setUp([init], false);
	emitter.emit('event', init);
	t.deepEqual(sent, []);
});
