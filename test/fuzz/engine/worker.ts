// A process that fuzzes one target for a time. It writes each input to a file before it runs, because a run may not come
// back; run-target.ts watches. Arguments: a `WorkerOrder` as JSON.

import { openSync, writevSync } from 'node:fs';
import { addFinding, addInput, readInputs } from './corpus.ts';
import { Fuzzer } from './fuzzer.ts';
import { countersName } from './instrument.ts';
import { watchRejections } from './judge.ts';
import type { FuzzTarget } from './target.ts';
import type { WorkerOrder, WorkerReport } from './worker-order.ts';

const order = JSON.parse(process.argv[2] ?? '') as WorkerOrder;
const counters = new Uint32Array(order.counterCount);
Object.assign(globalThis, { [countersName]: counters });
const { target } = (await import(order.script)) as { readonly target: FuzzTarget };

const current = openSync(order.currentFile, 'w');
const header = new Uint32Array(2);
const found: string[] = [];

const fuzzer = new Fuzzer(target, counters, {
	seed: order.seed,
	literals: order.literals,
	events: {
		running(input) {
			header.set([(header[0] ?? 0) + 1, input.length]);
			writevSync(current, [header, input], 0);
		},
		learnt: (input) => addInput(order.workFolder, input),
		found(finding, input) {
			const path = addFinding(order.findingsFolder, finding, input);
			if (path === null) return;
			found.push(path);
			console.log(`FOUND  ${path}\n${finding.text}`);
		},
	},
});

const endsAt = Date.now() + order.seconds * 1000;
watchRejections();
const known = [order.corpusFolder, order.findingsFolder, order.workFolder].flatMap(readInputs);
await fuzzer.start(known.map(({ bytes }) => bytes));
await fuzzer.runUntil(() => {
	if (fuzzer.runs % 256 === 0) report();
	return Date.now() >= endsAt;
});
report();
process.disconnect?.();

function report(): void {
	const { runs, edges, corpusSize } = fuzzer;
	process.send?.({ runs, edges, corpusSize, found } satisfies WorkerReport);
}
