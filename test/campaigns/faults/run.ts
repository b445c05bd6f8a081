// `make faults`: the whole campaign; `make faults SEED=… COUNT=…` repeats one, and KIND=… has the kinds alone that have these words in their
// name. Prints a line a fault, then what was measured; the exit code is 1 where a fault left a trace.

import { runCampaign } from './campaign.ts';
import { faultKinds } from './plan-faults.ts';
import { reportLines } from './report.ts';

const seed = Number(process.env['SEED'] || Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env['COUNT'] || 200);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count))
	throw new Error('SEED and COUNT are whole numbers.');
const words = process.env['KIND'] ?? '';
const kinds = faultKinds.filter((kind) => kind.includes(words));
if (kinds.length === 0) throw new Error(`KIND=${words}: the kinds are ${faultKinds.join('; ')}.`);

console.log(`make faults SEED=${seed} COUNT=${count}${words === '' ? '' : ` KIND='${words}'`}`);
try {
	const report = await runCampaign({ seed, count, kinds, idleSeconds: 30, say: console.log });
	console.log(`\n${reportLines(report).join('\n')}`);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
