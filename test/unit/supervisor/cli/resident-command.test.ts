// `service` inside of PID 1, with a made-up handler of requests.

import test from 'ava';
import { residentClient } from '../../../../supervisor/cli/resident-client.ts';
import { residentCommand } from '../../../../supervisor/cli/resident-command.ts';
import type { GuestEventLine } from '../../../../supervisor/contract/events.ts';
import { ControlError, type HandleRequest } from '../../../../supervisor/control/control-server.ts';

const never = new AbortController().signal;
const ready: GuestEventLine = { event: 'ready', at: 7, msg: 'every service runs' };

function run(
	args: readonly string[],
	handle: HandleRequest,
	gone = never,
	errored: () => Error | null = () => null,
) {
	const said = { out: '', err: '' };
	const ended = residentCommand(args, handle, gone, {
		out: {
			write: (text) => (said.out += text),
			get errored() {
				return errored();
			},
		},
		err: { write: (text) => (said.err += text) },
		nowSeconds: () => 61,
		columns: 20,
	});
	return { said, ended };
}

const unreached: HandleRequest = () => Promise.reject(new Error('no request was expected'));

for (const args of [
	['exec', 'redis', '--', 'true'],
	['logs', 'redis'],
	['help'],
	['--help'],
	['status', '-h'],
	['lits'],
	['status', '--loud'],
	['start'],
	['wait', 'a', 'b'],
]) {
	test(`residentCommand() leaves to the caller: ${args.join(' ')}`, (t) => {
		t.is(run(args, unreached).ended, null);
	});
}

test('residentCommand() lists by default, in the width of the terminal', async (t) => {
	const { said, ended } = run([], async () => []);
	t.is(await ended, 0);
	t.is(said.out, 'NAME  STATE  PID  R…\n\n'.slice(0, -1));
});

test('residentCommand() has the exit codes and texts of `service`', async (t) => {
	const missing = run(['stop', 'x'], () => {
		throw new ControlError('unknown-service', 'There is no service "x".');
	});
	t.is(await missing.ended, 5);
	t.is(missing.said.err, 'service: There is no service "x".\n');
	const broken = run(['list'], async () => {
		throw new TypeError('it\x1b[31m broke');
	});
	t.is(await broken.ended, 1);
	t.is(broken.said.err, 'service: it [31m broke\n');
	const wrong = run(['reload', 'x', '--signal', 'NOPE'], unreached);
	t.is(await wrong.ended, 1);
	t.regex(wrong.said.err, /signal must be the name of a signal/);
	t.is(await run(['wait', 'x', '--for', 'ever'], unreached).ended, 2);
	// A status that no table can show.
	t.is(await run(['list'], async () => [null]).ended, 1);
});

test('residentCommand() ends a request that would never end: by its timeout, and when the client goes', async (t) => {
	const signals: AbortSignal[] = [];
	let began = Promise.withResolvers<void>();
	const handle: HandleRequest = (_, __, gone) => {
		signals.push(gone);
		began.resolve();
		return new Promise((resolve) => gone.addEventListener('abort', () => resolve(null)));
	};
	const late = run(['wait', 'x', '--timeout', '0.01'], handle);
	t.is(await late.ended, 1);
	t.is(late.said.err, 'service: x is not ready after 0.01 s.\n');
	began = Promise.withResolvers();
	const client = new AbortController();
	const following = run(['events', '-f'], handle, client.signal);
	await began.promise;
	client.abort();
	t.is(await following.ended, 0);
	t.deepEqual(
		signals.map(({ aborted }) => aborted),
		[true, true],
	);
});

test('residentCommand() throws nothing at the sender of events when the client has gone, or an event can not be shown', async (t) => {
	let gone = false;
	let subscribed = Promise.withResolvers<(event: GuestEventLine) => void>();
	const handle: HandleRequest = (_, sendEvent) => {
		subscribed.resolve(sendEvent);
		return new Promise(() => undefined);
	};
	const noReader = (): Error | null => (gone ? Object.assign(new Error('gone'), { code: 'EPIPE' }) : null);
	const { said, ended } = run(['events', '-f'], handle, never, noReader);
	const emit = await subscribed.promise;
	emit(ready);
	gone = true;
	t.notThrows(() => emit(ready));
	t.is(await ended, 141);
	const before = said.out;
	gone = false;
	emit(ready);
	t.is(said.out, before, 'nothing follows the end');

	subscribed = Promise.withResolvers();
	const odd = run(['events', '-f'], handle);
	const emitOdd = await subscribed.promise;
	t.notThrows(() => emitOdd({ ...ready, at: undefined } as never));
	t.is(await odd.ended, 1);
});

test('residentClient() checks a request as the control socket does', async (t) => {
	const client = residentClient(unreached, never);
	await t.throwsAsync(client.request({ command: 'power', action: 'explode' as never }), {
		message: 'power: action must be poweroff, reboot or halt',
	});
});

for (const name of ['top', 'metrics']) {
	test(`residentCommand() refuses --json of ${name}, whose output has a form of its own`, async (t) => {
		const { said, ended } = run([name, '--json'], unreached);
		t.is(await ended, 2);
		t.deepEqual(said, {
			out: '',
			err: `service: ${name} has no --json. For programs: service stats --json. See "service help".\n`,
		});
	});
}
