import assert from 'node:assert/strict';
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

function bundle(plan: (folder: string) => Buffer): string {
	const folder = scratchFolder();
	writeFileSync(join(folder, 'config.json'), text);
	writeFileSync(join(folder, 'start.plan'), plan(folder));
	return folder;
}

const whole = (folder: string): Buffer =>
	startPlan(spec, text, folder, mountConstants, Buffer.alloc(16, 0xf7));

/** Changes the plan of a folder, byte by byte a character. */
function changed(folder: string, pattern: RegExp, replacement: string): Buffer {
	const plan = whole(folder).toString('latin1');
	assert.match(plan, pattern);
	return Buffer.from(plan.replace(pattern, replacement), 'latin1');
}

test('readStartPlan() returns the steps that PID 1 would work out', (t) => {
	const folder = bundle(whole);
	const steps = packSteps(insideSteps(spec, folder, mountConstants));
	t.is(readStartPlan(folder)?.steps, steps);
	t.deepEqual(readStartPlan(folder)?.seccomp, Buffer.alloc(16, 0xf7));
	t.deepEqual(readStartPlan(folder)?.devices, Buffer.from(deviceProgram(spec.linux.resources)));
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

const foreign: readonly (readonly [what: string, plan: (folder: string) => Buffer])[] = [
	[
		'another config.json',
		(folder) => startPlan(spec, text.replace('"/w"', '"/v"'), folder, mountConstants, null),
	],
	['a config.json that goes on', (folder) => whole(folder).subarray(0, -1)],
	['another place', () => whole('/containers/onboot/000-other')],
	['another version', (folder) => changed(folder, /"version":\d/, '"version":0')],
	['no line of JSON', (folder) => whole(folder).subarray(1)],
	['steps of no length', (folder) => changed(folder, /"stepsBytes":\d+/, '"stepsBytes":null')],
	['steps longer than the file', (folder) => changed(folder, /"stepsBytes":\d+/, '"stepsBytes":1e99')],
	['devices of no length', (folder) => changed(folder, /"devicesBytes":\d+/, '"devicesBytes":"8"')],
	['a filter of no length', (folder) => changed(folder, /"seccompBytes":\d+/, '"seccompBytes":"8"')],
	['a filter too short', (folder) => changed(folder, /"seccompBytes":\d+/, '"seccompBytes":8')],
	['nothing', () => Buffer.alloc(0)],
];

for (const [what, plan] of foreign) {
	test(`readStartPlan() leaves a bundle to the long way whose plan is of ${what}`, (t) => {
		t.is(readStartPlan(bundle(plan)), null);
	});
}

test('readStartPlan() leaves a bundle without a plan to the long way', (t) => {
	t.is(readStartPlan(scratchFolder()), null);
});
