import {
	closeSync,
	constants as fsConstants,
	mkdtempSync,
	openSync,
	readFileSync,
	readSync,
	rmSync,
	writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { eventually } from '../../helpers/eventually.ts';
import { failureOf } from './failure-of.ts';
import { onTerminal } from './on-terminal.ts';
import { fixtureResult, runFixture } from './run-fixture.ts';

const native = await openAddon();

const isCloseOnExec = (fd: number): boolean => {
	const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '';
	return (Number.parseInt(flags, 8) & 0o2000000) !== 0;
};

/** Both ends of a named pipe, non-blocking. */
function nonBlockingPipe(): [number, number] {
	const folder = mkdtempSync(join(tmpdir(), 'slipway-pipe-'));
	const path = join(folder, 'fifo');
	native.mkfifo(path, 0o600);
	const reader = openSync(path, fsConstants.O_RDONLY | fsConstants.O_NONBLOCK);
	const writer = openSync(path, fsConstants.O_WRONLY | fsConstants.O_NONBLOCK);
	rmSync(folder, { recursive: true });
	return [reader, writer];
}

test('pipe() joins two descriptors that exec closes', (t) => {
	const [reader, writer] = native.pipe();
	writeSync(writer, 'through');
	const buffer = Buffer.alloc(16);
	t.is(buffer.toString('utf8', 0, readSync(reader, buffer)), 'through');
	t.true(isCloseOnExec(reader) && isCloseOnExec(writer));
	closeSync(reader);
	closeSync(writer);
});

test('setCloseOnExec() sets and clears the flag', (t) => {
	const fd = openSync('/dev/null', 'r');
	native.setCloseOnExec(fd, false);
	t.false(isCloseOnExec(fd));
	native.setCloseOnExec(fd, true);
	t.true(isCloseOnExec(fd));
	closeSync(fd);
	t.is(
		failureOf(() => native.setCloseOnExec(9999, true)),
		'fcntl: EBADF',
	);
});

test('readAvailable() tells nothing yet, bytes and the end apart', (t) => {
	const [reader, writer] = nonBlockingPipe();
	t.is(native.readAvailable(reader, 4), null);
	writeSync(writer, 'abcdef');
	t.is(native.readAvailable(reader, 4)?.toString(), 'abcd');
	t.is(native.readAvailable(reader, 4)?.toString(), 'ef');
	closeSync(writer);
	t.is(native.readAvailable(reader, 4)?.length, 0);
	closeSync(reader);
	t.is(
		failureOf(() => native.readAvailable(9999, 4)),
		'read: EBADF',
	);
});

test('writeAvailable() takes what fits, then 0, and reports a reader that has gone', (t) => {
	const [reader, writer] = nonBlockingPipe();
	const block = new Uint8Array(100_000);
	t.is(native.writeAvailable(writer, block), 65_536);
	t.is(native.writeAvailable(writer, block), 0);
	closeSync(reader);
	t.is(
		failureOf(() => native.writeAvailable(writer, block)),
		'write: EPIPE',
	);
	closeSync(writer);
});

test('writeAvailable() writes the part that a view shows', (t) => {
	const [reader, writer] = nonBlockingPipe();
	native.writeAvailable(writer, new Uint8Array(Buffer.from('0123456789')).subarray(3, 6));
	t.is(native.readAvailable(reader, 10)?.toString(), '345');
	closeSync(reader);
	closeSync(writer);
});

test('signalOnInput() sends SIGIO for bytes until it is turned off', async (t) => {
	const [reader, writer] = nonBlockingPipe();
	let signals = 0;
	const count = (): void => {
		signals += 1;
	};
	process.on('SIGIO', count);
	t.teardown(() => process.off('SIGIO', count));
	native.signalOnInput(reader, true);
	writeSync(writer, 'a');
	t.true(await eventually(() => signals > 0));
	native.signalOnInput(reader, false);
	const before = signals;
	writeSync(writer, 'b');
	// A signal that comes later than this one would have come before it.
	process.kill(process.pid, 'SIGIO');
	await eventually(() => signals > before);
	t.is(signals, before + 1);
	closeSync(reader);
	closeSync(writer);
	t.is(
		failureOf(() => native.signalOnInput(9999, true)),
		'fcntl: EBADF',
	);
});

test('watchReadable() calls back for bytes and for the end, until stopped', async (t) => {
	const [reader, writer] = nonBlockingPipe();
	const seen: string[] = [];
	await new Promise<void>((resolve) => {
		const stop = native.watchReadable(reader, () => {
			const bytes = native.readAvailable(reader, 100);
			seen.push(bytes?.toString() ?? 'nothing');
			if (bytes?.length === 1) writeSync(writer, 'second');
			if (bytes?.length === 6) closeSync(writer);
			if (bytes?.length !== 0) return;
			stop();
			stop();
			resolve();
		});
		writeSync(writer, '1');
	});
	t.deepEqual(seen, ['1', 'second', '']);
	closeSync(reader);
});

test('watchReadable() does not call back once it is stopped', async (t) => {
	const [reader, writer] = nonBlockingPipe();
	const stop = native.watchReadable(reader, () => t.fail());
	writeSync(writer, '1');
	stop();
	await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
	// Stopped, it can be watched anew.
	let calls = 0;
	await new Promise<void>((resolve) => {
		const stopAgain = native.watchReadable(reader, () => {
			calls++;
			stopAgain();
			resolve();
		});
	});
	t.is(calls, 1);
	closeSync(reader);
	closeSync(writer);
});

test('watchReadable() refuses a regular file and a descriptor that is watched', (t) => {
	const file = openSync(import.meta.filename, 'r');
	t.is(
		failureOf(() => native.watchReadable(file, () => undefined)),
		'epoll_ctl: EPERM',
	);
	closeSync(file);
	const [reader, writer] = nonBlockingPipe();
	const stop = native.watchReadable(reader, () => undefined);
	t.is(
		failureOf(() => native.watchReadable(reader, () => undefined)),
		'epoll_ctl: EEXIST',
	);
	stop();
	closeSync(reader);
	closeSync(writer);
});

test('watchReadable(): what the callback throws is an uncaught exception, and the watch goes on', async (t) => {
	t.deepEqual(await fixtureResult('watch-throws.ts'), { caught: ['first', 'second'] });
});

test('watchReadable(): a worker may end and leave its watch behind', async (t) => {
	const end = await runFixture('watch-in-worker.ts');
	t.is(end.signal, null, end.stderr);
	t.is(end.stdout, 'worker ended with 0\n', end.stderr);
});

test('makeRaw() turns off echo, lines, signals and output processing', async (t) => {
	t.deepEqual(await onTerminal('terminal.ts'), {
		before: true,
		after: ['-echo', '-icanon', '-isig', 'onlcr'],
	});
	const fd = openSync('/dev/null', 'r');
	t.is(
		failureOf(() => native.makeRaw(fd)),
		'tcsetattr: ENOTTY',
	);
	closeSync(fd);
});
