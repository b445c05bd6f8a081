import test from 'ava';
import { packedStep, packSteps } from '../../../native/container-steps.ts';
import { openAddon } from '../../helpers/addon.ts';

const native = await openAddon();
const steps = [
	{ call: 'mount', target: '/proc', source: 'proc', type: 'proc', data: null, flags: 14 },
	{ call: 'mknod', target: '/dev/null', mode: 0o20666, major: 1, minor: 3 },
	{ call: 'pivot' },
] as const;

test('packSteps() has twelve fields for each step, and packedStep() finds one', (t) => {
	const packed = packSteps(steps);
	t.is(packed.split('\0').length, 3 * 12 + 1);
	t.true(packed.startsWith('mount\0/proc\0proc\0proc\0\x0014\0exists\0'));
	t.deepEqual(packedStep(packed, 0), { call: 'mount', target: '/proc', source: 'proc' });
	t.deepEqual(packedStep(packed, 2), { call: 'pivot', target: '', source: null });
	t.is(packedStep(packed, 3), undefined);
	t.is(packedStep(packed, -1), undefined);
});

test('packSteps() keeps unsigned words', (t) => {
	t.true(packSteps([{ call: 'mount', flags: -(2 ** 31) }]).includes('\x002147483648\0'));
});

test('packSteps() refuses what C++ could not read', (t) => {
	const refused = (step: object, message: RegExp) => t.throws(() => packSteps([step as never]), { message });
	refused({ call: 'format' }, /container\[0\]\.call must be a step of a container, not "format"/);
	refused({ call: 'mount', mountPoint: 'door' }, /container\[0\]\.mountPoint/);
	refused({ call: 'mkdir', target: '/a\0/b' }, /container\[0\]\.target must be a string without NUL bytes/);
	refused({ call: 'symlink', target: '/a' }, /container\[0\]\.source must be a string, not null/);
	refused({ call: 'umask', mode: 0.5 }, /container\[0\]\.mode must be an integer/);
});

/** A file of the host may hold packed steps. */
const damaged: readonly (readonly [what: string, packed: string])[] = [
	['a part of a step', packSteps(steps).slice(0, -3)],
	['an unknown call', packSteps(steps).replace('mknod', 'knock')],
	['an unknown mount point', packSteps(steps).replace('exists', 'exits')],
	['a number that is none', packSteps(steps).replace('\x0014\0', '\x001x\0')],
];

for (const [what, container] of damaged) {
	test(`spawn() starts nothing with ${what}`, (t) => {
		const request = { path: '/bin/true', args: ['true'], env: [], stdio: [0, 1, 2], container } as const;
		t.throws(() => native.spawn(request), { message: /container.*EINVAL/ });
	});
}
