import { EventEmitter } from 'node:events';
import test from 'ava';
import type { Machine, MachineExit } from '../../../../tools/machine/machine.ts';
import { watchConsole } from '../../../campaigns/bench/watch-console.ts';

const killed: MachineExit = { exitCode: null, signal: 'SIGKILL', shutdown: null, lost: null, qemuSays: '' };

function fakeMachine() {
	const emitter: Machine['emitter'] = new EventEmitter();
	const end = Promise.withResolvers<MachineExit>();
	const lastLines = (): string => 'the last line';
	return {
		machine: { emitter, exited: end.promise, lastLines } as unknown as Machine,
		print: (text: string) => emitter.emit('console', Buffer.from(text)),
		isLost: (reason: string) => emitter.emit('lost', reason),
		end: () => end.resolve(killed),
	};
}

test('watchConsole() sees a line that comes in parts', async (t) => {
	const { machine, print } = fakeMachine();
	const console = watchConsole(machine);
	const seen = console.until('a word', (text) => text.includes('one word'));
	print('one');
	print(' word');
	await seen;
	t.is(console.text(), 'one word');
});

test('watchConsole() tells of a kernel that panicked, with the last lines', async (t) => {
	const { machine, isLost } = fakeMachine();
	const seen = watchConsole(machine).until('an open port', () => false);
	isLost('its kernel panicked: no init');
	const message =
		/^The boot did not come to an open port: its kernel panicked: no init\.\n.*\n +the last line/;
	await t.throwsAsync(seen, { message });
});

test('watchConsole() tells how QEMU ended', async (t) => {
	const { machine, end } = fakeMachine();
	const seen = watchConsole(machine).until('an open port', () => false);
	end();
	await t.throwsAsync(seen, { message: /did not come to an open port: QEMU was killed by SIGKILL/ });
});
