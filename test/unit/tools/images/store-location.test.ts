import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { storeFolder } from '../../../../tools/images/store-location.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

test('storeFolder() is that of the option, of SLIPWAY_CACHE, or below XDG_CACHE_HOME', (t) => {
	const env = { SLIPWAY_CACHE: '/none/store', XDG_CACHE_HOME: '/none/cache' };
	t.is(storeFolder('none', env), resolve('none'));
	t.is(storeFolder(undefined, env), '/none/store');
	t.is(storeFolder(undefined, { ...env, SLIPWAY_CACHE: '' }), '/none/cache/slipway');
	t.regex(storeFolder(undefined, { XDG_CACHE_HOME: 'cache' }), /^\/.*\/\.cache\/slipway$/);
});

test('storeFolder() refuses a file in the place of the store, which would look like an empty one', (t) => {
	const file = join(scratchFolder(t), 'store');
	writeFileSync(file, '');
	t.throws(() => storeFolder(file, {}), {
		code: 'NO_FILE',
		message: `The image store ${file} is no directory. Name one by --cache or $SLIPWAY_CACHE; it is made when it is not there.`,
	});
});
