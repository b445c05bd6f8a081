// The logs of services with the real runc and containerd: whole over a crash of PID 1, bounded, forwarded.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readTextOrEmpty } from '../../native/linux/read-text.ts';
import { eventually } from '../helpers/eventually.ts';
import { tcpReceiver } from '../unit/supervisor/logs/receivers.ts';
import { startGuest } from './supervised-guest.ts';

/** Reports whether a shell with these words in its script waits until its full pipe is read. */
function waitsForAReader(words: string): boolean {
	return readdirSync('/proc').some((pid) => {
		const [commandLine, waitsIn] = ['cmdline', 'wchan'].map((file) =>
			readTextOrEmpty(`/proc/${pid}/${file}`),
		);
		return (
			commandLine?.startsWith('/bin/sh\0') && commandLine.includes(words) && /pipe_write/.test(waitsIn ?? '')
		);
	});
}

test.serial('much output arrives whole, also over a crash of PID 1', async (t) => {
	const guest = await startGuest(t);
	guest.addBundle(
		'services/talker',
		`i=0; while [ $i -lt 40000 ]; do echo "line $i of many, so that the pipe fills up"; i=$((i+1)); done; sleep 100`,
		{},
		{ stop: { timeoutMs: 100 } },
	);
	await guest.command('start');
	await guest.crash();
	await eventually(() => waitsForAReader('so that the pipe fills up'), { pauseMs: 10 });
	await guest.command('start');
	const output = () => guest.output('talker', 'stdout');
	await eventually(() => output().includes('line 39999 '), { pauseMs: 100 });
	const lines = Array.from(
		{ length: 40_000 },
		(_, line) => `line ${line} of many, so that the pipe fills up\n`,
	);
	t.true(output() === lines.join(''), 'nothing is missing, nothing twice');
	await guest.command('stop');
});

/** Returns the text of a stream in the JSON lines that came; a record that is partial has no line end. */
function forwarded(received: string, stream: string): string {
	const whole = received.slice(0, received.lastIndexOf('\n') + 1);
	const records = whole
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => JSON.parse(line) as { stream: string; line: string; partial?: boolean });
	return records
		.filter((record) => record.stream === stream)
		.map(({ line, partial }) => (partial === true ? line : `${line}\n`))
		.join('');
}

test.serial("a service's log is bounded by its own rules, and forwarded", async (t) => {
	const guest = await startGuest(t);
	const receiver = await tcpReceiver();
	t.teardown(() => receiver.stop());
	const log = {
		maxBytes: 65_536,
		maxFiles: 2,
		driver: 'tcp',
		address: `127.0.0.1:${receiver.port}`,
	} as const;
	// All of stdout fits into its pipe: stderr could be read before it, and leave the files again with the oldest lines.
	const script = `i=0; while [ $i -lt 3000 ]; do echo "line $i"; i=$((i+1)); done
		while [ ! -e /go-on ]; do sleep 0.05; done; echo -n last >&2; exit 0`;
	guest.addBundle('services/talker', script, {}, { log, restart: { policy: 'no' } });
	await guest.command('start');
	await receiver.until((received) => forwarded(received, 'stdout').endsWith('line 2999\n'));
	writeFileSync(join(guest.root, 'containers/services/talker/rootfs/go-on'), '');
	await guest.next((line) => line.name === 'talker' && line.state === 'stopped');
	await receiver.until((received) => received.includes('"last"'));
	t.true(receiver.received().includes('"service":"talker","stream":"stdout","line":"line 0"}'));
	t.is(
		forwarded(receiver.received(), 'stdout'),
		Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join(''),
	);
	t.regex(forwarded(receiver.received(), 'stderr'), /^last\n?$/);
	t.is(guest.output('talker', 'stderr'), 'last\n');
	t.true(guest.output('talker', 'stdout').endsWith('line 2998\nline 2999\n'));
	t.deepEqual(
		readdirSync(join(guest.root, 'var/log')).filter((name) => name.startsWith('talker')),
		['talker.log', 'talker.log.1'],
	);
	await guest.command('stop');
});
