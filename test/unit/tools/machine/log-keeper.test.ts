import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readTextOrEmpty } from '../../../../native/linux/read-text.ts';
import { keepLogsSmall, keptFirstBytes } from '../../../../tools/machine/log-keeper.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const kibibyte = 1024;

test('keepLogsSmall() frees an old part of a long log, and ends with the process, whose end becomes the time of the logs', async (t) => {
	const folder = scratchFolder();
	const [consoleLog, eventLog] = [join(folder, 'console.log'), join(folder, 'events.log')];
	const chunk = Buffer.from('0123456789abcde\n'.repeat(64 * kibibyte));
	writeFileSync(consoleLog, chunk);
	for (let count = 0; count < 3; count++) appendFileSync(consoleLog, chunk);
	const size = statSync(consoleLog).size;
	writeFileSync(eventLog, 'one\n');
	const machine = spawn('sleep', ['600'], { stdio: 'ignore' });
	t.teardown(() => machine.kill());
	const limits = { maxBytes: 1024 * kibibyte, keptBytes: 256 * kibibyte, intervalS: 1 };
	keepLogsSmall(machine.pid ?? -1, { consoleLog, eventLog }, limits);
	const onDisk = (): number => statSync(consoleLog).blocks * 512;
	await eventually(() => onDisk() <= limits.keptBytes + keptFirstBytes + 64 * kibibyte, {
		timeoutMs: 60_000,
	});
	// An appending writer such as QEMU goes on behind what it has written.
	appendFileSync(consoleLog, 'last line\n');
	const text = readFileSync(consoleLog);
	t.is(text.length, size + 10);
	t.true(text.subarray(0, keptFirstBytes).equals(chunk.subarray(0, keptFirstBytes)));
	t.true(text.subarray(keptFirstBytes, keptFirstBytes + 4096).every((byte) => byte === 0));
	t.true(text.subarray(size - limits.keptBytes, size).equals(chunk.subarray(-limits.keptBytes)));
	t.is(readFileSync(eventLog, 'utf8'), 'one\n');
	t.true(keepers(consoleLog) > 0);
	const long = new Date('2026-01-02T03:04:05Z');
	for (const log of [consoleLog, eventLog]) utimesSync(log, long, long);
	machine.kill();
	await once(machine, 'exit');
	await eventually(() => keepers(consoleLog) === 0, { timeoutMs: 60_000 });
	t.true(statSync(eventLog).mtime > long, 'the time of the logs is that of the end');
});

/** Counts the processes with the path as an argument. */
function keepers(path: string): number {
	const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
	return pids.filter((pid) => readTextOrEmpty(`/proc/${pid}/cmdline`).split('\0').includes(path)).length;
}
