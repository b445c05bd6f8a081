// `make faults`: the whole campaign; `make faults SEED=… COUNT=…` repeats one. Prints a line a fault, then what was
// measured; the exit code is 1 where a fault left a trace.

import { runCampaign } from './campaign.ts';
import { reportLines } from './report.ts';

const seed = Number(process.env['SEED'] || Math.floor(Math.random() * 2 ** 31));
const count = Number(process.env['COUNT'] || 200);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count))
	throw new Error('SEED and COUNT are whole numbers.');

console.log(`make faults SEED=${seed} COUNT=${count}`);
try {
	const report = await runCampaign({ seed, count, idleSeconds: 30, say: console.log });
	console.log(`\n${reportLines(report).join('\n')}`);
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
