// The fault campaign in its short form: each kind of fault once, in an order of its own each time. `make faults` makes
// more of them; the seed that a failure prints repeats it.

import test from 'ava';
import { runCampaign } from '../campaigns/faults/campaign.ts';
import { faultKinds } from '../campaigns/faults/plan-faults.ts';
import { reportLines } from '../campaigns/faults/report.ts';

test('each kind of fault is survived, without a trace, and the power-off after them is clean', async (t) => {
	const seed = Math.floor(Math.random() * 2 ** 31);
	t.log(`make faults SEED=${seed} COUNT=${faultKinds.length}`);
	const report = await runCampaign({
		seed,
		count: faultKinds.length,
		kinds: faultKinds,
		idleSeconds: 0,
		say: (line) => t.log(line),
	});
	t.is(report.counts.size, faultKinds.length);
	t.log(reportLines(report).join('\n'));
});
