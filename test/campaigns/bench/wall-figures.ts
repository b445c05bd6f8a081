// From QEMU's start, and from the kernel's "Run /init", to Redis' PONG through the forwarded port, both seen from outside by the
// wall clock, ours and the baseline in turn. Other work on the host disturbs these figures; it disturbs the ratios less.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { answersPing } from '../../../tools/build/run-example.ts';
import { SlipwayError } from '../../../tools/errors.ts';
import { describeExit, stoppingOnSignals, withLastLines } from '../../../tools/machine/machine-end.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bootGuest, type Guest } from '../../helpers/guest.ts';
import { type BootSystems, meminfoPort, type Side } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';
import { watchConsole } from './watch-console.ts';

const runs = 3;
const timeoutMs = 300_000;
const memoryMegabytes = 1024;

interface Boot {
	readonly fromPowerOnSeconds: number;
	readonly fromInitSeconds: number;
}

export async function wallFigures({ names }: BootSystems, note: (figure: Figure) => void): Promise<void> {
	for (const cpus of [1, 2]) {
		const ours: Boot[] = [];
		const baseline: Boot[] = [];
		for (let run = 0; run < runs; run++) {
			ours.push(await boot(names.ours, cpus));
			baseline.push(await boot(names.baseline, cpus));
		}
		const add = (name: string, value: (boot: Boot) => number): void =>
			note(
				figure(
					`wall: ${name}, ${cpus} CPU${cpus === 1 ? '' : 's'}`,
					's',
					ours.map(value),
					baseline.map(value),
				),
			);
		add('power-on to PONG', ({ fromPowerOnSeconds }) => fromPowerOnSeconds);
		add('run-init to PONG', ({ fromInitSeconds }) => fromInitSeconds);
	}
}

async function boot(name: string, cpus: number): Promise<Boot> {
	const startedAt = performance.now();
	const guest = await bootGuest(name, { memoryMegabytes, cpus });
	const console = watchConsole(guest.machine);
	return await stoppingOnSignals(guest.machine, async () => {
		await console.until('/init', (printed) => printed.includes('Run /init as init process'));
		const initAt = performance.now();
		await firstPong(guest);
		const pongAt = performance.now();
		return { fromPowerOnSeconds: (pongAt - startedAt) / 1000, fromInitSeconds: (pongAt - initAt) / 1000 };
	});
}

/** MemAvailable (proc_meminfo(5)) of a machine of 1 GB, as soon as somebody can ask for it. */
export async function memoryAvailable(
	{ withMeminfo }: BootSystems,
	note: (figure: Figure) => void,
): Promise<void> {
	const megabytes = async (side: Side): Promise<number> => {
		const guest = await bootGuest(withMeminfo[side], { memoryMegabytes, cpus: 1, publish: [meminfoPort] });
		try {
			await firstPong(guest);
			return await eventually(async () => {
				const meminfo = await text(connect({ host: '127.0.0.1', port: guest.port(meminfoPort) })).catch(
					() => '',
				);
				const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
				return kilobytes === undefined ? null : (Number(kilobytes) * 1024) / 1e6;
			});
		} finally {
			await guest.machine.stop();
		}
	};
	const ours: number[] = [];
	const baseline: number[] = [];
	for (let run = 0; run < runs; run++) {
		ours.push(await megabytes('ours'));
		baseline.push(await megabytes('baseline'));
	}
	note(figure('memory-available', 'MB', ours, baseline));
}

const askEveryMs = 50;

/**
 * A connection that is begun before the guest listens waits for a retransmission, so new ones are begun all the time.
 * Throws a `SlipwayError` with the guest's last lines after `timeoutMs`, or when the guest has ended.
 */
async function firstPong(guest: Guest): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const fail = (why: string): void => {
		const error = new SlipwayError('GUEST_FAILED', `Redis did not answer: ${why}.`);
		reject(withLastLines(error, guest.machine));
	};
	const timer = setTimeout(fail, timeoutMs, `${timeoutMs / 1000} s are over`);
	guest.machine.emitter.once('lost', fail);
	void guest.machine.exited.then((exit) => fail(describeExit(exit)));
	const asking = setInterval(() => {
		void answersPing(guest.redisPort, 2_000).then((answered) => {
			if (answered) resolve();
		});
	}, askEveryMs);
	await promise.finally(() => {
		clearTimeout(timer);
		clearInterval(asking);
		guest.machine.emitter.off('lost', fail);
	});
}
