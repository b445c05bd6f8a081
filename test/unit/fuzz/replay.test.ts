// Runs the inputs that `make fuzz` keeps (test/fuzz), without counters: the seeds of each target, its corpus, and each
// finding, which was mended. A target with another reader beside it is compared with that too.

import { globSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import test from 'ava';
import { corpusFolder, findingsFolder, readInputs } from '../../fuzz/engine/corpus.ts';
import { judge, judgeBeside, watchRejections } from '../../fuzz/engine/judge.ts';
import { nativeInputs, nativeTargets, replayNative } from '../../fuzz/engine/native-target.ts';
import { asBuffers, type FuzzTarget } from '../../fuzz/engine/target.ts';
import { scratchFolder } from '../../helpers/scratch-folder.ts';

watchRejections();

for (const file of globSync('test/fuzz/targets/*.ts').sort()) {
	const name = basename(file, '.ts');
	// One after the other: each is judged by what the process does meanwhile.
	test.serial(`${name} holds against the corpus and the findings of make fuzz`, async (t) => {
		const { target } = (await import(resolve(file))) as { readonly target: FuzzTarget };
		const kept = [corpusFolder, findingsFolder].flatMap((folder) => readInputs(join(folder, name)));
		const seeds = asBuffers(target.seeds).map((bytes, index) => ({ name: `seed ${index}`, bytes }));
		t.true(seeds.length > 0);
		for (const input of [...seeds, ...kept]) {
			const { finding } = await judge(target, input.bytes);
			t.is(finding?.text ?? null, null, `${name}: ${input.name}`);
			t.is((await judgeBeside(target, input.bytes))?.text ?? null, null, `${name}: ${input.name}`);
		}
	});
}

for (const name of nativeTargets()) {
	test.serial(`${name} holds against the corpus and the findings of make fuzz`, async (t) => {
		const inputs = nativeInputs(name);
		t.true(inputs.length > 0);
		await t.notThrowsAsync(replayNative(name, inputs, scratchFolder()));
	});
}
