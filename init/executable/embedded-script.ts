// Runs a script that the executable brings as an asset, compiled ahead of time (tools/build/code-cache.ts): on an
// emulated processor half a second of a boot would be V8's compiler's.

import { getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { type ScriptFunction, scriptAssets } from '../../supervisor/contract/embedded-script.ts';

/** @param name - of the recipe's `scripts` (tools/build/single-executable.ts) */
export function runEmbeddedScript(name: string): void {
	const assets = scriptAssets(name);
	const script = new Script(Buffer.from(getRawAsset(assets.source)).toString('latin1'), {
		// As stack traces show it.
		filename: `slipway:${name}`,
		cachedData: Buffer.from(getRawAsset(assets.cache)),
	});
	// It works all the same. Options for V8 that the cache was not made with are the likely cause.
	if (script.cachedDataRejected === true) console.error(`slipway:${name}: the code cache does not fit`);
	const run = script.runInThisContext() as ScriptFunction;
	run(require);
}
