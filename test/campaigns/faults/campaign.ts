// The fault campaign: one boot, many faults, and after each the same question: does every service run that should, and
// has nothing happened without cause? Between faults it waits for that, and never sleeps.

import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage } from '../../../native/text/error-message.ts';
import { eventually } from '../../helpers/eventually.ts';
import { bootReadyGuest } from '../../helpers/guest.ts';
import { runProgram } from '../../helpers/program.ts';
import { measureWakeups } from '../../helpers/wakeups.ts';
import { type FaultyGuest, faultyGuest, isTooMuch, troublesOf, type View } from './faulty-guest.ts';
import { buildFaultySystem } from './faulty-system.ts';
import { type Fault, type FaultKind, planFaults } from './plan-faults.ts';
import { provoke } from './provoke.ts';

/**
 * An emulated processor that gets a tenth of a busy host's looks locked up to its kernel after 20 s, which then prints into what
 * the shell answers. With this it waits for 120 s (Documentation/admin-guide/kernel-parameters.txt).
 */
const patientKernel = 'watchdog_thresh=60';

/**
 * QEMU keeps the translated code of a page of memory once for each address at which a program has that page, and to drop one it walks them
 * all. After some hundred starts at random addresses, a page of a library that the memory's next owner overwrites costs QEMU seconds, and
 * the machine stands still. At the same addresses there is one translation.
 */
const sameAddresses = 'norandmaps';

export interface CampaignOptions {
	readonly seed: number;
	readonly count: number;
	readonly kinds: readonly FaultKind[];
	/** The figure of PID 1 at rest, before the first fault; 0 when they are not counted. */
	readonly idleSeconds: number;
	say(line: string): void;
}

export interface CampaignReport {
	/** From a kill to the replacement's run, in seconds of the guest's clock, by kind of fault. */
	readonly replacements: ReadonlyMap<string, readonly number[]>;
	readonly counts: ReadonlyMap<string, number>;
	readonly memoryAtBoot: Memory;
	readonly memoryAfter: Memory;
	/** The sum over all threads of PID 1; null when they were not counted. */
	readonly wakeupsPerSecond: number | null;
	readonly guestSeconds: number;
}

export interface Memory {
	readonly residentMegabytes: number;
	/** Anonymous memory. */
	readonly ownMegabytes: number;
	readonly descriptors: number;
}

const memoryMegabytes = 1024;
/** Room for what a shutdown says; the rest of /var is filled quickly. */
const varMegabytes = 64;
const settleLimitMs = 120_000;
const maxTraces = 10;

/** Throws, with what the guest looks like, where faults leave a trace. */
export async function runCampaign({
	seed,
	count,
	kinds,
	idleSeconds,
	say,
}: CampaignOptions): Promise<CampaignReport> {
	const booted = await bootReadyGuest(await buildFaultySystem(), {
		cpus: 2,
		append: `slipway.faults=1 ${patientKernel} ${sameAddresses}`,
		memoryMegabytes,
		disks: [{ path: await emptyDisk(), format: 'raw' }],
	});
	const guest = faultyGuest(booted);
	try {
		await guest.shell(`mount -o remount,size=${varMegabytes}m /var/log`);
		const memoryAtBoot = await memoryOf(guest);
		const wakeupsPerSecond = idleSeconds === 0 ? null : await idleWakeups(guest, idleSeconds);
		const counts = new Map<string, number>();
		const replacements = new Map<string, number[]>();
		const traces: string[] = [];
		let before = await firstView(guest);
		for (const [index, fault] of planFaults(seed, count, kinds).entries()) {
			const startedAt = performance.now();
			const outcome = await make(guest, fault, before);
			before = outcome.view;
			counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
			if (outcome.deathAt !== undefined) {
				const times = replacements.get(fault.kind) ?? [];
				replacements.set(fault.kind, [...times, runsAgainAfter(guest, fault.service, outcome.deathAt)]);
			}
			const tookSeconds = ((performance.now() - startedAt) / 1000).toFixed(1);
			const what = `${index + 1}/${count} ${fault.kind}${fault.service === '' ? '' : `: ${fault.service}`}`;
			say(`${what} (${tookSeconds} s)`);
			if (outcome.troubles.length === 0) continue;
			// The others are made all the same: one run shows as much as it can.
			traces.push(`${what}\n${outcome.troubles.join('\n')}`);
			say(`  LEFT A TRACE: ${outcome.troubles.join('\n  ')}`);
			if (traces.length === maxTraces) break;
		}
		if (traces.length > 0) throw new Error(`faults left a trace:\n${traces.join('\n')}`);
		const guestSeconds = Number((await guest.shell('cut -d" " -f1 /proc/uptime')).trim());
		const memoryAfter = await memoryOf(guest);
		await noComplaint(guest);
		await endCleanly(guest);
		return { replacements, counts, memoryAtBoot, memoryAfter, wakeupsPerSecond, guestSeconds };
	} catch (error) {
		throw new Error(`SEED=${seed}: ${await described(guest, error)}`, { cause: error });
	} finally {
		await booted.machine.stop();
	}
}

/** For the fault that pulls it out. */
async function emptyDisk(): Promise<string> {
	const path = resolve('build/test/faulty-disk.img');
	rmSync(path, { force: true });
	const made = await runProgram('mke2fs', ['-q', '-t', 'ext4', path, '16M']);
	if (made.exitCode !== 0) throw new Error(made.stderr);
	return path;
}

/** Programs that the boot has started besides the services may still run for a moment. */
async function firstView(guest: FaultyGuest): Promise<View> {
	let last: View | null = null;
	return await eventually(async () => {
		const view = await guest.view();
		const isStill = view !== null && view.census === last?.census && view.redisSays === 'PONG';
		last = view;
		return isStill && !/runc|zombie/.test(view.census) ? view : null;
	});
}

interface Outcome {
	/** The present state, good or bad. */
	readonly view: View;
	readonly troubles: readonly string[];
	readonly deathAt?: number;
}

async function make(guest: FaultyGuest, fault: Fault, before: View): Promise<Outcome> {
	const { expected, ...provoked } = await provoke(guest, fault, before);
	const deadline = performance.now() + settleLimitMs;
	for (;;) {
		const view = await guest.view();
		const isLate = performance.now() > deadline;
		if (view === null) {
			if (isLate) throw new Error(`PID 1 does not answer after ${fault.kind}`);
			continue;
		}
		const troubles = troublesOf(before, expected, view);
		const isOver = troubles.length === 0 || isLate || isTooMuch(before, expected, view);
		if (isOver) return { view, troubles, ...provoked };
	}
}

/** Returns the time until the service ran again, by the event that reports it. */
function runsAgainAfter(guest: FaultyGuest, service: string, deathAt: number): number {
	const runs = guest.guest.machine.events.findLast(
		(event) =>
			event.event === 'service' && event.name === service && event.state === 'running' && event.at > deathAt,
	);
	if (runs === undefined) throw new Error(`${service} was replaced, but no event reports it`);
	return runs.at - deathAt;
}

async function memoryOf(guest: FaultyGuest): Promise<Memory> {
	const text = await guest.shell('cat /proc/1/status; echo "Open: $(ls /proc/1/fd | wc -l)"');
	const numberOf = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
	return {
		residentMegabytes: (numberOf('VmRSS') * 1024) / 1e6,
		ownMegabytes: (numberOf('RssAnon') * 1024) / 1e6,
		descriptors: numberOf('Open'),
	};
}

/** Counts those of PID 1 while the one service that always writes is at rest. */
async function idleWakeups(guest: FaultyGuest, seconds: number): Promise<number> {
	await guest.shell('service stop chatter');
	const [pid1] = await measureWakeups(guest.guest, '1', seconds);
	await guest.shell('service start chatter');
	return pid1?.perSecond ?? Number.NaN;
}

/** Messages of PID 1 that report a fault of its own. */
async function noComplaint(guest: FaultyGuest): Promise<void> {
	const complaints = 'no longer supervised|a rejection that nobody handled';
	const found = await guest.shell(`cat /run/slipway/init.log* | grep -E '${complaints}' || true`);
	if (found.trim() !== '') throw new Error(`PID 1 complains:\n${found}`);
}

async function endCleanly(guest: FaultyGuest): Promise<void> {
	guest.guest.machine.type('poweroff\r');
	const exit = await guest.guest.exited();
	if (exit.exitCode !== 0 || exit.shutdown !== 'poweroff' || exit.lost !== null) {
		throw new Error(`the power-off was not clean: ${JSON.stringify(exit)}`);
	}
}

async function described(guest: FaultyGuest, error: unknown): Promise<string> {
	const message = errorMessage(error);
	const events = guest.guest.machine.events.slice(-60).map((event) => JSON.stringify(event));
	return [message, 'the last events:', ...events, 'the console:', guest.guest.machine.lastLines()].join('\n');
}
