import test from 'ava';
import type { FileEntry } from '../../../../../tools/archive/entry.ts';
import type { ContainerSettings } from '../../../../../tools/config/system-config.ts';
import { inRange, planUserBases, rangeProblem } from '../../../../../tools/system/bundle/user-range.ts';

type Sections = Parameters<typeof planUserBases>[0];

const named = (...names: readonly string[]) =>
	names.map((name) => ({ name })) as unknown as Sections['services'];

test('planUserBases() gives each container a range of its own, which follows from its name', (t) => {
	const names = Array.from({ length: 2000 }, (_, index) => `service-${index}`);
	const all = planUserBases({
		onboot: named('a', 'a') as Sections['onboot'],
		onshutdown: [],
		services: named(...names, 'a'),
	});
	t.is(all.size, 2003);
	t.is(new Set(all.values()).size, 2003, 'no two are alike');
	for (const base of all.values()) {
		t.is(base % 65_536, 0);
		t.true(base >= 0x80000 && base + 65_535 <= 0x6fffffff);
	}
	const alone = planUserBases({ onboot: [], onshutdown: [], services: named('a') });
	t.is(alone.get('a'), all.get('a'), 'it does not depend on the others');
});

const problems = test.macro({
	exec(t, settings: ContainerSettings, expected: RegExp | null) {
		const problem = rangeProblem({ userns: 'auto', ...settings });
		if (expected === null) t.is(problem, null);
		else t.regex(problem ?? '', expected);
	},
	title: (_, settings) => `rangeProblem() of ${JSON.stringify(settings)}`,
});

test(problems, { uid: 65_535, pid: 'new' }, null);
test(problems, { uid: 65_536 }, /has the users 0 to 65535, not 65536/);
test(problems, { pid: 'host' }, /needs processes of its own/);
test(problems, { gidMappings: [{ containerID: 0, hostID: 1, size: 1 }] }, /makes the mappings itself/);

const file = (uid: number, gid: number, xattrs?: ReadonlyMap<string, Uint8Array>): FileEntry => ({
	kind: 'file',
	path: 'a',
	mode: 0o644,
	uid,
	gid,
	mtimeSeconds: 0,
	sizeBytes: 0,
	async *content() {},
	...(xattrs === undefined ? {} : { xattrs }),
});

test('inRange() moves owners into the range, and whoever is above it becomes nobody', (t) => {
	t.like(inRange(file(0, 65_535), 655_360), { uid: 655_360, gid: 720_895 });
	t.like(inRange(file(65_536, 4_000_000_000), 655_360), { uid: 720_894, gid: 720_894 });
});

test('inRange() names the root of the range in the capabilities of a file', (t) => {
	const given = Buffer.from('010000020004000000000000000000000000000'.padEnd(40, '0'), 'hex');
	const { xattrs } = inRange(
		file(
			0,
			0,
			new Map([
				['security.capability', given],
				['user.a', given],
			]),
		),
		0x0a0000,
	);
	const made = Buffer.from(xattrs?.get('security.capability') ?? []);
	t.is(made.toString('hex'), `01000003${given.toString('hex', 4)}00000a00`);
	t.deepEqual(xattrs?.get('user.a'), given);
});
