import { homedir } from 'node:os';
import { resolve } from 'node:path';
import test from 'ava';
import type { SystemConfig } from '../../../../tools/config/system-config.ts';
import { packageFolders, sourceFiles } from '../../../../tools/options/watched-inputs.ts';

test('packageFolders() finds each package once, from the directory of its file', (t) => {
	const text = 'init: ["@pkg:../pkg/init", @pkg:a]\nservices: [{image: @pkg:a}, {image: \'@pkg:b\'}]\n';
	t.deepEqual(packageFolders([{ name: 'systems/web.yml', text }]), [
		resolve('pkg/init'),
		resolve('systems/a'),
		resolve('systems/b'),
	]);
});

test('sourceFiles() has the files that come from the host', (t) => {
	const files = [
		{ path: 'a', source: 'x/y' },
		{ path: 'b', contents: 'text' },
		{ path: 'c', source: '~/key' },
	];
	t.deepEqual(sourceFiles({ files } as unknown as SystemConfig), [resolve('x/y'), `${homedir()}/key`]);
});
