import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { processRequest } from '../../../../supervisor/engine/container-process.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const spec = {
	ociVersion: '1.2.1',
	process: { user: { uid: 0, gid: 0 }, args: ['/a'], env: ['HOME=/'], cwd: '/' },
	root: { path: 'rootfs' },
	linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } },
};

test('processRequest() has the profile of AppArmor', (t) => {
	const folder = scratchFolder();
	const { native } = createFakeNative();
	const request = (apparmorProfile?: string) =>
		processRequest(
			{
				...spec,
				process: { ...spec.process, ...(apparmorProfile === undefined ? {} : { apparmorProfile }) },
			},
			folder,
			join(folder, 'rootfs'),
			native,
		);
	t.is(request('slipway-default').apparmor, 'slipway-default');
	t.false('apparmor' in request());
	t.false('apparmor' in request(''));
});

test('processRequest() takes the filter that the host has compiled, and compiles one for a bundle without', (t) => {
	const folder = scratchFolder();
	const { native } = createFakeNative();
	const filterOf = () => processRequest(spec, folder, join(folder, 'rootfs'), native).seccomp;
	const own = filterOf();
	t.true(own !== undefined && own.length > 8);
	writeFileSync(join(folder, 'seccomp.bpf'), Buffer.alloc(16, 7));
	t.deepEqual(filterOf(), Buffer.alloc(16, 7));
	const { seccomp: _, ...linux } = spec.linux;
	t.is(processRequest({ ...spec, linux }, folder, join(folder, 'rootfs'), native).seccomp, undefined);
});
