// The fault campaign in its short form: most kinds of faults once, in an order of its own each time. `make faults` makes
// more of them; with the seed that a failure prints in place of the random one, this test repeats it.
// Runs alone: the machine has two processors, and the faults meet it wherever they can.

import test from 'ava';
import { runCampaign } from '../campaigns/faults/campaign.ts';
import { type FaultKind, faultKinds } from '../campaigns/faults/plan-faults.ts';
import { reportLines } from '../campaigns/faults/report.ts';

/** What others show as well, or what takes long: `make faults` has these too. */
const inTheCampaignAlone: readonly FaultKind[] = [
	'PID 1: SIGABRT from outside',
	'PID 1: SIGSEGV from outside',
	'PID 1: null pointer while a run ends',
	'1000 orphans',
	'kill a run',
	'kill containerd as a service starts',
];

test('kinds of faults are survived, without a trace, and the power-off after them is clean', async (t) => {
	const seed = Math.floor(Math.random() * 2 ** 31);
	const kinds = faultKinds.filter((kind) => !inTheCampaignAlone.includes(kind));
	t.log(`seed ${seed}`);
	const report = await runCampaign({
		seed,
		count: kinds.length,
		kinds,
		idleSeconds: 0,
		say: (line) => t.log(line),
	});
	t.is(report.counts.size, kinds.length);
	t.log(reportLines(report).join('\n'));
});
