// Probes in tests: a probe and a target with defaults, and the first results in words.

import type { Native } from '../../../../native/native.ts';
import type { Probe, ProbeKind } from '../../../../supervisor/contract/supervision.ts';
import { type ProbeResult, type ProbeTarget, startProbe } from '../../../../supervisor/probes/start-probe.ts';
import { identifyProcess, type ProcessIdentity } from '../../../../supervisor/process/process-identity.ts';
import { openAddon } from '../../../helpers/addon.ts';

export const native = await openAddon();
export const own: ProcessIdentity = identifyProcess(process.pid) ?? { pid: 0, startTicks: '' };
export const dependencies = { native, now: () => performance.now() };

export const probe = (how: ProbeKind, rules: Partial<Probe> = {}): Probe => ({
	how,
	intervalMs: 20,
	timeoutMs: 5000,
	retries: 1,
	...rules,
});

export const target = (change: Partial<ProbeTarget> = {}): ProbeTarget => ({
	purpose: 'ready',
	process: own,
	container: { run: () => Promise.reject(new Error('not in this test')) },
	spec: {},
	notify: null,
	...change,
});

/** Resolves with the first results, in words. */
export function results(
	asked: Probe,
	about: ProbeTarget,
	count = 1,
	onResult: (result: string) => void = () => {},
	used: { native: Native; now(): number } = dependencies,
): Promise<string[]> {
	const reported: string[] = [];
	return new Promise((resolve) => {
		const running = startProbe(asked, about, used, (result: ProbeResult) => {
			reported.push(result.works ? 'works' : result.reason);
			onResult(reported.at(-1) ?? '');
			if (reported.length < count) return;
			running.stop();
			resolve(reported);
		});
	});
}
