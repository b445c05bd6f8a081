// The process of minimise.ts. Arguments: the target, its instrumented bundle, and the number of counters.

import { join } from 'node:path';
import {
	addInput,
	corpusFolder,
	findingsFolder,
	readInputs,
	removeInput,
	type StoredInput,
	storedBytes,
	workFolder,
} from './corpus.ts';
import { Coverage } from './coverage.ts';
import { countersName } from './instrument.ts';
import { asBuffers, type FuzzTarget } from './target.ts';

/** What a target may have in the repository. */
const maxKeptBytes = 12 * 1024;
const maxInputBytes = 4 * 1024;

const [, , name = '', script = '', counterCount = '0'] = process.argv;
const counters = new Uint32Array(Number(counterCount));
Object.assign(globalThis, { [countersName]: counters });
const { target } = (await import(script)) as { readonly target: FuzzTarget };
process.on('unhandledRejection', () => {});

const corpus = join(corpusFolder, name);
const reached = new Set<number>();
// Seeds and findings are replayed in any case.
for (const seed of asBuffers(target.seeds)) await addReach(seed);
for (const { bytes } of readInputs(join(findingsFolder, name))) await addReach(bytes);

let keptBytes = 0;
const kept = readInputs(corpus);
for (const input of kept.toSorted(bySize)) {
	if ((await addReach(input.bytes)) > 0) keptBytes += storedBytes(input.bytes);
	else removeInput(corpus, input.name);
}
for (const { bytes } of readInputs(join(workFolder, 'corpus', name)).toSorted(bySize)) {
	const cost = storedBytes(bytes);
	if (cost > maxInputBytes || keptBytes + cost > maxKeptBytes) continue;
	if ((await addReach(bytes)) === 0) continue;
	addInput(corpus, bytes);
	keptBytes += cost;
}

/** Returns how many branches are new. */
async function addReach(input: Buffer): Promise<number> {
	const coverage = new Coverage(counters);
	coverage.start();
	try {
		await target.run(input);
	} catch {
		// Findings and refusals reach branches too.
	}
	const before = reached.size;
	for (const edge of coverage.reached()) reached.add(edge);
	return reached.size - before;
}

function bySize(a: StoredInput, b: StoredInput): number {
	return a.bytes.length - b.bytes.length;
}
