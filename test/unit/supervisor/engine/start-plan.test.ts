import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packSteps } from '../../../../native/native.ts';
import { deviceProgram } from '../../../../supervisor/engine/container-cgroup.ts';
import { processRequest } from '../../../../supervisor/engine/container-process.ts';
import { asContainerSpec } from '../../../../supervisor/engine/container-spec.ts';
import { insideSteps } from '../../../../supervisor/engine/container-steps.ts';
import { readStartPlan, startPlan } from '../../../../supervisor/engine/start-plan.ts';
import { mountConstants } from '../../../../tools/system/bundle/mount-constants.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const spec = {
	ociVersion: '1.2.1',
	process: { user: { uid: 7, gid: 8 }, args: ['/a', 'é'], env: ['HOME=/'], cwd: '/w' },
	root: { path: 'rootfs', readonly: true },
	mounts: [
		{ destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec'] },
		{ destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['mode=755'] },
		{ destination: '/dev/../etc', type: 'tmpfs', source: 'tmpfs' },
		{ destination: '/proc/sys/fs/binfmt_misc', source: '/proc/sys/fs/binfmt_misc', options: ['rbind', 'rw'] },
		{ destination: '/sys/a', type: 'bind', source: 'a' },
	],
	linux: {
		namespaces: [{ type: 'mount' }, { type: 'network' }],
		resources: { memory: { limit: 9 }, devices: [{ allow: true, type: 'c', major: 10, minor: 200 }] },
		cgroupsPath: 'c',
		maskedPaths: ['/proc/kcore'],
		readonlyPaths: ['/proc/sys'],
		seccomp: { defaultAction: 'SCMP_ACT_ALLOW' },
	},
} as const;
const text = JSON.stringify(spec, null, 2);

function bundle(plan: (folder: string) => string): string {
	const folder = scratchFolder();
	writeFileSync(join(folder, 'config.json'), text);
	writeFileSync(join(folder, 'start.plan'), plan(folder));
	return folder;
}

const whole = (folder: string): string => startPlan(spec, text, folder, mountConstants, Buffer.alloc(16, 7));

test('readStartPlan() returns the steps that PID 1 would work out', (t) => {
	const folder = bundle(whole);
	const steps = packSteps(insideSteps(spec, folder, mountConstants));
	t.is(readStartPlan(folder)?.steps, steps);
	t.deepEqual(readStartPlan(folder)?.seccomp, Buffer.alloc(16, 7));
	t.deepEqual(readStartPlan(folder)?.devices, deviceProgram(spec.linux.resources));
	t.true(steps.includes(`${folder}/a`));
});

test('readStartPlan() has of config.json what the start still needs', (t) => {
	const folder = bundle(whole);
	const short = asContainerSpec(readStartPlan(folder)?.config, 'config.json');
	const { native } = createFakeNative();
	const request = (each: typeof short) => processRequest(each, folder, join(folder, 'rootfs'), native);
	const { seccomp: filter, ...others } = request(spec as never);
	t.true(filter !== undefined && filter.length > 0);
	t.deepEqual(request(short), others);
	t.deepEqual(
		short.mounts?.map(({ destination }) => destination),
		['/dev/../etc', '/proc/sys/fs/binfmt_misc', '/sys/a'],
	);
	const { maskedPaths: _, readonlyPaths: __, seccomp: ___, ...linux } = spec.linux;
	t.deepEqual(short.linux, { ...linux, resources: { memory: { limit: 9 } } } as never);
});

const foreign: readonly (readonly [what: string, plan: (folder: string) => string])[] = [
	[
		'another config.json',
		(folder) => startPlan(spec, text.replace('"/w"', '"/v"'), folder, mountConstants, null),
	],
	['a config.json that goes on', (folder) => whole(folder).slice(0, -1)],
	['another place', () => whole('/containers/onboot/000-other')],
	['another version', (folder) => whole(folder).replace(/"version":\d/, '"version":0')],
	['no line of JSON', (folder) => whole(folder).slice(1)],
	['a length that is none', (folder) => whole(folder).replace(/"stepsLength":\d+/, '"stepsLength":null')],
	['a filter that is none', (folder) => whole(folder).replace(/"seccomp":"[^"]*"/, '"seccomp":7')],
	['nothing', () => ''],
];

for (const [what, plan] of foreign) {
	test(`readStartPlan() leaves a bundle to the long way whose plan is of ${what}`, (t) => {
		t.is(readStartPlan(bundle(plan)), null);
	});
}

test('readStartPlan() leaves a bundle without a plan to the long way', (t) => {
	t.is(readStartPlan(scratchFolder()), null);
});
