// From the kernel's "Run /init" to Redis' PONG through the forwarded port, both seen from outside, ours and the shell
// init's in turn; and the parts of it, as the guest tells them.

import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { answersPing } from '../../../tools/build/run-example.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bootGuest, type Guest, type GuestOptions } from '../../helpers/guest.ts';
import { type BootParts, baselineParts, bootParts, ourParts } from './boot-marks.ts';
import { type BootSystems, meminfoPort, type Side } from './boot-systems.ts';
import { type Figure, figure } from './figure.ts';

const runs = 3;
const timeoutMs = 300_000;
const memoryMegabytes = 1024;

interface Boot {
	readonly readySeconds: number;
	readonly parts: BootParts;
}

export async function bootFigures({ names }: BootSystems, note: (figure: Figure) => void): Promise<void> {
	for (const cpus of [2, 1]) {
		const ours: Boot[] = [];
		const baseline: Boot[] = [];
		for (let run = 0; run < runs; run++) {
			ours.push(await boot(names.ours, 'ours', cpus));
			baseline.push(await boot(names.baseline, 'baseline', cpus));
		}
		const add = (name: string, value: (boot: Boot) => number): void =>
			note(figure(name, 's', ours.map(value), baseline.map(value)));
		// With two processors the parts overlap.
		const ending = cpus === 1 ? ', 1 CPU' : '';
		add(`init-to-ready${ending}`, ({ readySeconds }) => readySeconds);
		if (cpus === 1) for (const part of bootParts) add(part, ({ parts }) => parts[part]);
	}
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

async function boot(name: string, side: Side, cpus: number): Promise<Boot> {
	const options: GuestOptions = { memoryMegabytes, cpus };
	const guest = await bootGuest(name, options);
	let console = '';
	guest.machine.emitter.on('console', (bytes: Buffer) => {
		console += bytes.toString('latin1');
	});
	const sees = async (pattern: RegExp): Promise<number> => {
		while (!pattern.test(console)) await consoleGrows(guest);
		return performance.now();
	};
	try {
		const startedAt = await sees(/Run \/init as init process/);
		await firstPong(guest);
		const readySeconds = (performance.now() - startedAt) / 1000;
		if (side === 'baseline') {
			await sees(/^bench: service-start [\d.]+\r?\n/m);
			return { readySeconds, parts: baselineParts(console) };
		}
		await guest.event((event) => event.event === 'ready');
		return { readySeconds, parts: ourParts(console, guest.machine.events) };
	} finally {
		await guest.machine.stop();
	}
}

async function consoleGrows(guest: Guest): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const timer = setTimeout(() => reject(new Error(`silence\n${guest.machine.lastLines()}`)), timeoutMs);
	guest.machine.emitter.once('console', () => resolve());
	await promise.finally(() => clearTimeout(timer));
}

const askEveryMs = 50;

/**
 * A connection that is begun before the guest listens waits for a retransmission, so new ones are begun all the time.
 * Rejects after the limit.
 */
export async function firstPong(guest: Guest, withinMs = timeoutMs): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	const timer = setTimeout(() => reject(new Error(`no PONG\n${guest.machine.lastLines()}`)), withinMs);
	const asking = setInterval(() => {
		void answersPing(guest.redisPort, 2_000).then((answered) => {
			if (answered) resolve();
		});
	}, askEveryMs);
	await promise.finally(() => {
		clearTimeout(timer);
		clearInterval(asking);
	});
}
