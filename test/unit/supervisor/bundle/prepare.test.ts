import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { asRuntimeConfig, type Bundle } from '../../../../supervisor/bundle/bundle.ts';
import { PrepareError, prepareBundle, releaseBundle } from '../../../../supervisor/bundle/prepare.ts';
import { needsProcess, prepareProcess } from '../../../../supervisor/bundle/prepare-process.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

function bundle(runtime: (folder: string) => unknown): Bundle {
	const folder = join(scratchFolder(), 'svc');
	mkdirSync(join(folder, 'rootfs'), { recursive: true });
	return { name: 'svc', folder, runtime: asRuntimeConfig(runtime(folder), 'runtime.json') };
}

/** The runtime.json that LinuxKit writes for a container with a writable root. */
const writable = (folder: string) => ({
	mounts: [
		{ destination: `${folder}/tmp`, type: 'tmpfs', source: 'tmpfs' },
		{ destination: `${folder}/tmp`, options: ['remount', 'private'] },
		{
			destination: `${folder}/rootfs`,
			type: 'overlay',
			source: 'overlay',
			options: [`lowerdir=${folder}/lower`, `upperdir=${folder}/tmp/upper`, `workdir=${folder}/tmp/work`],
		},
	],
	mkdir: [`${folder}/host`, 'inside/deep'],
	cgroups: ['podsandbox', 'a/b', '../../outside'],
});

test('prepareBundle() mounts, then makes folders, then cgroups', (t) => {
	const svc = bundle(writable);
	const { native, lines } = createFakeNative();
	const cgroup = join(svc.folder, 'cgroup');
	mkdirSync(cgroup);
	writeFileSync(join(cgroup, 'cgroup.controllers'), '');
	prepareBundle(svc, native, cgroup);
	const tmp = `${svc.folder}/tmp`;
	t.deepEqual(lines(), [
		`mount tmpfs ${tmp} tmpfs 0 -`,
		`mount - ${tmp} - 32 -`,
		`mount - ${tmp} - 262144 -`,
		`mount overlay ${svc.folder}/rootfs overlay 0 lowerdir=${svc.folder}/lower,upperdir=${tmp}/upper,workdir=${tmp}/work`,
	]);
	for (const made of [
		'tmp/upper',
		'tmp/work',
		'host',
		'rootfs/inside/deep',
		'cgroup/podsandbox',
		'cgroup/a/b',
		'cgroup/outside',
	]) {
		t.true(existsSync(join(svc.folder, made)), made);
	}
});

test('prepareBundle() makes a cgroup in every hierarchy of cgroup v1', (t) => {
	const svc = bundle(() => ({ cgroups: ['x'] }));
	const cgroup = join(svc.folder, 'cgroup');
	for (const hierarchy of ['memory', 'cpu']) mkdirSync(join(cgroup, hierarchy), { recursive: true });
	prepareBundle(svc, createFakeNative().native, cgroup);
	t.true(existsSync(join(cgroup, 'memory/x')));
	t.true(existsSync(join(cgroup, 'cpu/x')));
});

test('prepareBundle() undoes its mounts and names the step that failed', (t) => {
	const svc = bundle(writable);
	const { native, lines } = createFakeNative({
		mount(_source: string, _target: string, type: string) {
			if (type === 'overlay') throw new Error('mount overlay: No such device (ENODEV)');
		},
	});
	const error = t.throws(() => prepareBundle(svc, native, '/none'), { instanceOf: PrepareError });
	t.regex(error?.message ?? '', /^svc: could not mount overlay on .*\/svc\/rootfs, .*ENODEV/);
	const undone = lines().filter((line) => line.startsWith('umount2'));
	t.deepEqual(undone, [`umount2 ${svc.folder}/tmp 2`, `umount2 ${svc.folder}/tmp 2`]);
});

test('releaseBundle() unmounts the mounts in the bundle, the last one first, and keeps disks', (t) => {
	const svc = bundle((folder) => ({
		mounts: [
			...writable(folder).mounts,
			{ destination: '/var/lib/d', type: 'ext4', source: '/dev/sda1' },
			{ destination: 'rel', type: 'tmpfs', source: 'tmpfs' },
		],
	}));
	const { native, lines } = createFakeNative();
	releaseBundle(svc, native);
	t.deepEqual(lines(), [
		`umount2 ${svc.folder}/rootfs/rel 2`,
		`umount2 ${svc.folder}/rootfs 2`,
		`umount2 ${svc.folder}/tmp 2`,
	]);
});

test('releaseBundle() continues when a target is not mounted', (t) => {
	const svc = bundle(writable);
	const tried: string[] = [];
	const { native } = createFakeNative({
		umount2(target) {
			tried.push(target);
			throw new Error('EINVAL');
		},
	});
	releaseBundle(svc, native);
	t.deepEqual(tried, [`${svc.folder}/rootfs`, `${svc.folder}/tmp`]);
});

test('needsProcess() is true only for interfaces and bound namespaces', (t) => {
	t.false(needsProcess(bundle(writable).runtime));
	t.true(needsProcess(bundle(() => ({ interfaces: [{ name: 'eth0' }] })).runtime));
	t.true(needsProcess(bundle(() => ({ bindNS: { net: '/run/netns/a' } })).runtime));
});

test('prepareProcess() moves interfaces, and binds namespaces to paths that it makes', (t) => {
	const svc = bundle((folder) => ({
		interfaces: [
			{ name: 'v0', peer: 'v1' },
			{ name: 'eth1' },
			{ name: 'wg0', add: 'wireguard', createInRoot: true },
		],
		bindNS: { net: `${folder}/ns/net`, uts: `${folder}/ns/uts` },
	}));
	const { native, lines } = createFakeNative();
	prepareProcess(svc, process.pid, native);
	t.is(lines()[0], 'linkCreateVeth v0 v1');
	t.regex(lines()[1] ?? '', /^linkMoveToNetns v0 \d+$/);
	t.regex(lines()[2] ?? '', /^linkMoveToNetns eth1 \d+$/);
	t.is(lines()[3], 'linkCreate wg0 wireguard');
	t.regex(lines()[4] ?? '', /^linkMoveToNetns wg0 \d+$/);
	t.deepEqual(lines().slice(5), [
		`mount /proc/${process.pid}/ns/net ${svc.folder}/ns/net - 4096 -`,
		`mount /proc/${process.pid}/ns/uts ${svc.folder}/ns/uts - 4096 -`,
	]);
	t.true(existsSync(`${svc.folder}/ns/net`));
});

const refuses = test.macro({
	exec(t, link: unknown, expected: RegExp) {
		const svc = bundle(() => ({ interfaces: [link] }));
		t.throws(() => prepareProcess(svc, process.pid, createFakeNative().native), {
			instanceOf: PrepareError,
			message: expected,
		});
	},
	title: (_, link) => `prepareProcess() refuses the interface ${JSON.stringify(link)}`,
});

test(refuses, {}, /needs a name/);
test(refuses, { name: 'v', add: 'veth' }, /needs `peer`/);
