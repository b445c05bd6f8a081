import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { apparmorProfileOf, requireProfile } from '../../../../supervisor/bundle/apparmor.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const policy = Buffer.from([0, 255, 10, 1]);
const wanting = (apparmorProfile: unknown) => ({ process: { args: ['/a'], apparmorProfile } });

/** The kernel's directory, with the profiles that are loaded, and the directory of policies. */
function machine(loaded: string) {
	const folder = scratchFolder();
	const paths = { apparmor: join(folder, 'kernel'), apparmorPolicies: join(folder, 'policies') };
	for (const path of Object.values(paths)) mkdirSync(path);
	writeFileSync(join(paths.apparmor, 'profiles'), loaded);
	writeFileSync(join(paths.apparmorPolicies, 'slipway-default'), policy);
	const written = () => {
		const path = join(paths.apparmor, '.replace');
		return existsSync(path) ? readFileSync(path) : null;
	};
	return { paths, written };
}

test('requireProfile() gives the kernel the policy', (t) => {
	const { paths, written } = machine('other (enforce)\n');
	requireProfile(wanting('slipway-default'), paths);
	t.deepEqual(written(), policy);
});

test('requireProfile() replaces a profile that holds nothing', (t) => {
	const { paths, written } = machine('slipway-default (complain)\n');
	requireProfile(wanting('slipway-default'), paths);
	t.deepEqual(written(), policy);
});

test('requireProfile() leaves a loaded profile, and a container without one', (t) => {
	const { paths, written } = machine('slipway-default (enforce)\nmine (enforce)\n');
	for (const each of [wanting('slipway-default'), wanting('mine'), wanting('unconfined'), wanting(''), {}])
		requireProfile(each, paths);
	t.is(written(), null);
});

test('requireProfile() refuses a profile without AppArmor in the kernel', (t) => {
	const { paths } = machine('');
	t.throws(() => requireProfile(wanting('slipway-default'), { ...paths, apparmor: '/nowhere' }), {
		message:
			/^its AppArmor profile slipway-default can't be applied: the kernel has no AppArmor, .*"apparmor=0"/,
	});
});

const unknown = (t: ExecutionContext, profile: string) => {
	const { paths, written } = machine('');
	t.throws(() => requireProfile(wanting(profile), paths), {
		message: /is neither loaded nor in .*policies\. Add slipway\/apparmor:v1 to "init"/,
	});
	t.is(written(), null);
};

test('requireProfile() refuses a profile that no image has', unknown, 'other');
test(
	'path escape: requireProfile() reads no file outside of the policies',
	unknown,
	'../policies/slipway-default',
);

test('requireProfile() says why the kernel refuses a policy', (t) => {
	const { paths } = machine('');
	mkdirSync(join(paths.apparmor, '.replace'));
	t.throws(() => requireProfile(wanting('slipway-default'), paths), {
		message: /^the kernel refuses its AppArmor profile slipway-default: /,
	});
});

test('apparmorProfileOf() is null for a process that nothing confines', (t) => {
	t.is(apparmorProfileOf(0), null);
});
