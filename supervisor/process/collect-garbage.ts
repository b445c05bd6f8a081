// Collects the garbage of this process at once, which V8 would do at its leisure.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let gc: (() => void) | null = null;

/** Sets the flag only now, because V8 refuses the code cache when its flags at the start differ from those at the build. */
export function collectGarbage(): void {
	if (gc === null) {
		setFlagsFromString('--expose-gc');
		gc = runInNewContext('gc') as () => void;
	}
	gc();
}
