// Runs a script that is an asset of the executable, compiled ahead of time (tools/build/code-cache.ts): V8's compiler would
// take half a second of a boot on an emulated processor.

import { getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { type ScriptFunction, scriptAssets } from '../../supervisor/contract/embedded-script.ts';

/** @param name - one of the recipe's `scripts` (tools/build/single-executable.ts) */
export function runEmbeddedScript(name: string): void {
	const assets = scriptAssets(name);
	const script = new Script(Buffer.from(getRawAsset(assets.source)).toString('latin1'), {
		// Stack traces show this name.
		filename: `slipway:${name}`,
		cachedData: Buffer.from(getRawAsset(assets.cache)),
	});
	// The script runs without the cache, too. Other options for V8 than when it was made are the likely cause.
	if (script.cachedDataRejected === true) console.error(`slipway:${name}: the code cache does not fit`);
	const run = script.runInThisContext() as ScriptFunction;
	run(require);
}
