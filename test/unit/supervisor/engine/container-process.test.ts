import { join } from 'node:path';
import test from 'ava';
import { hostProcessor } from '../../../../supervisor/contract/processors.ts';
import { processRequest } from '../../../../supervisor/engine/container-process.ts';
import { seccompFilter } from '../../../../supervisor/engine/seccomp-filter.ts';
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

test('processRequest() compiles the profile of config.json', (t) => {
	const folder = scratchFolder();
	const { native } = createFakeNative();
	const filterOf = (linux: typeof spec.linux) =>
		processRequest({ ...spec, linux }, folder, join(folder, 'rootfs'), native).seccomp;
	const { seccomp, ...others } = spec.linux;
	t.deepEqual(filterOf({ ...others, seccomp }), seccompFilter(seccomp, hostProcessor.seccomp[0] ?? ''));
	t.is(filterOf(others as typeof spec.linux), undefined);
});
