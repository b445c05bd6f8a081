import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { GrpcError } from '../../../../supervisor/containerd/grpc-error.ts';
import { removeHalfRemoved, takenDirectoryOf } from '../../../../supervisor/containerd/task-leftovers.ts';

const directory = '/run/containerd/io.containerd.runtime.v2.task/services/app';

const names = test.macro({
	exec(t, _what: string, details: string, expected: string | null) {
		t.is(takenDirectoryOf(new GrpcError('UNKNOWN', 'Create', details), 'services', 'app'), expected);
	},
	title: (_, what) => `takenDirectoryOf() ${what}`,
});

// Both texts are containerd's own, from broken starts of test/ns.
const binaryPath = `failed to start shim: start failed: open ${directory}/shim-binary-path: no such file or directory`;
const log = `failed to start shim: start failed: open shim log pipe: error creating fifo ${directory}/log: no such file or directory`;

test(names, 'knows a shim that has started without its directory', binaryPath, directory);
test(names, 'knows a shim that has not started', log, directory);
test(names, 'leaves the directory of another task alone', log.replace('/app/', '/other/'), null);
test(names, 'leaves the directory of another namespace alone', log.replace('/services/', '/other/'), null);
test(names, 'leaves other errors alone', `mkdir ${directory}: file exists`, null);

test('removeHalfRemoved() removes the renamed directory with its content, and nothing beside it', (t) => {
	const root = mkdtempSync(join(tmpdir(), 'slipway-leftovers-'));
	t.teardown(() => rmSync(root, { recursive: true }));
	for (const name of ['app', '.app', '.other']) {
		mkdirSync(join(root, name));
		writeFileSync(join(root, name, 'config.json'), '{}');
	}
	removeHalfRemoved(join(root, 'app'));
	t.deepEqual(
		['app', '.app', '.other'].map((name) => existsSync(join(root, name))),
		[true, false, true],
	);
	t.notThrows(() => removeHalfRemoved(join(root, 'app')));
});
