// One boot of a system at rest, and its end: who is spared when memory is short, how often PID 1 wakes up with nothing to
// do, and a power-off in the middle of which PID 1 crashes and then hangs. (test/ns/shutdown.test.ts has the other ends.)

import test, { type ExecutionContext } from 'ava';
import { bootReadyGuest, type Guest } from '../helpers/guest.ts';
import { buildSystem } from '../helpers/system.ts';
import { measureWakeups, type Wakeups } from '../helpers/wakeups.ts';

const yaml = `
kernel:
  image: slipway/kernel:v1
  cmdline: console=ttyS0
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
services:
  - name: getty
    image: slipway/getty:v1
    env: ["INSECURE=true"]
  - name: deaf
    image: slipway/getty:v1
    command: ["/bin/sh", "-c", "trap : TERM; while :; do sleep 1; done"]
    binds: []
    # Ample for two commands that must come while it is being stopped.
    stop: {timeout: 15s}
`;

/** `oom_score_adj` by the process's name, several where its processes differ. */
async function oomScores(guest: Guest): Promise<Readonly<Record<string, string>>> {
	const { output } = await guest.shell(
		'for p in /proc/[0-9]*; do echo $(cat $p/comm) $(cat $p/oom_score_adj) $(tr "\\0" " " < $p/cmdline); done 2>/dev/null',
	);
	const scores: Record<string, string> = {};
	for (const line of output.trim().split('\n')) {
		const [name = '', score = '', program] = line.split(' ');
		// The kernel's own threads have no command line.
		if (program === undefined || scores[name]?.split(' ').includes(score)) continue;
		scores[name] = scores[name] === undefined ? score : `${scores[name]} ${score}`;
	}
	return scores;
}

/** When the kernel wrote a line, in seconds of its clock. */
function kernelTime(console: string, line: RegExp): number {
	const found = new RegExp(`\\[ *(\\d+\\.\\d+)\\] ${line.source}`).exec(console);
	return Number(found?.[1] ?? Number.NaN);
}

/** Measures PID 1 up to six times: V8 collects the garbage of the boot once, and a busy host makes the boot late. */
async function wakeupsAtRest(t: ExecutionContext, guest: Guest): Promise<Wakeups | undefined> {
	for (let turn = 1; ; turn++) {
		const [init, containerd] = await measureWakeups(guest, '1 $(pidof containerd)', 15);
		t.log(
			`wakeups a second: PID 1 ${init?.perSecond.toFixed(2)}, containerd ${containerd?.perSecond.toFixed(1)}`,
		);
		if (turn === 6 || (init?.perSecond ?? 9) < 1) return init;
	}
}

test('a system at rest hardly wakes up; a PID 1 that crashes and hangs in a power-off is cut in time', async (t) => {
	const guest = await bootReadyGuest(await buildSystem('shutdown', yaml), { append: 'slipway.faults=1' });
	t.teardown(async () => void (await guest.machine.stop()));
	const spared = { init: '-1000', containerd: '-999', 'containerd-shim': '-998' };
	t.like(await oomScores(guest), { ...spared, sh: '0' });

	// The last thing that a boot does.
	await guest.shell('until grep -q ^crc32c_intel /proc/modules; do sleep 1; done; sleep 2');
	const init = await wakeupsAtRest(t, guest);
	t.true((init?.perSecond ?? 9) < 1, JSON.stringify(init));

	let console = '';
	guest.machine.emitter.on('console', (bytes: Buffer) => (console += bytes.toString('latin1')));
	guest.machine.command({ command: 'poweroff' });
	await guest.event(
		(event) => event.event === 'service' && event.name === 'deaf' && event.state === 'stopping',
	);
	guest.machine.command({ command: 'fault', kind: 'segv' });
	await guest.event((event) => event.event === 'init' && event.resumed);
	guest.machine.command({ command: 'fault', kind: 'hang' });
	t.like(await guest.exited(), { exitCode: 0, shutdown: 'poweroff' });
	t.regex(console, /slipway: the poweroff takes longer than all its limits together/);
	t.notRegex(console, /poweroff: now/);
	const told = guest.machine.events.find((event) => event.event === 'shutdown');
	const endsAtLatest = told?.event === 'shutdown' ? told.at + told.timeoutMs / 1000 : 0;
	t.true(kernelTime(console, /reboot: Power down/) <= endsAtLatest, console);
});
