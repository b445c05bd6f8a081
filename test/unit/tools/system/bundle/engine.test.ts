import test from 'ava';
import type { RuntimeSpec } from '../../../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../../../supervisor/contract/seccomp-profile.ts';
import { seccompFilter } from '../../../../../supervisor/engine/seccomp-filter.ts';
import {
	compiledSeccomp,
	engineFiles,
	engineWord,
	isBuiltin,
} from '../../../../../tools/system/bundle/engine.ts';
import { mountConstants } from '../../../../../tools/system/bundle/mount-constants.ts';
import { openAddon } from '../../../../helpers/addon.ts';

const container = { name: 'a', image: 'a', at: {} } as unknown as Parameters<typeof isBuiltin>[0];
const kernel = (cmdline: string) => ({ kernel: { image: 'k', cmdline } }) as Parameters<typeof isBuiltin>[2];
const spec = (seccomp?: object) => ({ linux: seccomp === undefined ? {} : { seccomp } }) as RuntimeSpec;

test('isBuiltin() takes the word of the container before that of the kernel, and never for a service', (t) => {
	const asked = kernel(`console=ttyS0 ${engineWord}`);
	t.true(isBuiltin(container, 'onboot', asked));
	t.false(isBuiltin(container, 'onboot', kernel('console=ttyS0')));
	t.false(isBuiltin({ ...container, engine: 'runc' }, 'onboot', asked));
	t.true(isBuiltin({ ...container, engine: 'builtin' }, 'onshutdown', { kernel: null }));
	t.false(isBuiltin(container, 'services', asked));
});

test('compiledSeccomp() is the filter that PID 1 would compile on that processor', (t) => {
	for (const [architecture, name] of [
		['amd64', 'SCMP_ARCH_X86_64'],
		['arm64', 'SCMP_ARCH_AARCH64'],
	] as const) {
		const profile = defaultSeccompProfile(['CAP_CHOWN'], architecture);
		const { filter, problem } = compiledSeccomp(spec(profile), architecture);
		t.is(problem, null);
		t.deepEqual(filter, Buffer.from(seccompFilter(profile, name)));
	}
	t.is(compiledSeccomp(spec(), 'amd64').filter, null);
	t.is(compiledSeccomp(spec(defaultSeccompProfile([], 's390x')), 's390x').filter, null);
});

test('compiledSeccomp() says what the engine can not have', (t) => {
	const { filter, problem } = compiledSeccomp(spec({ defaultAction: 'SCMP_ACT_NOTIFY' }), 'amd64');
	t.is(filter, null);
	t.regex(problem ?? '', /SCMP_ACT_NOTIFY/);
});

test('engineFiles() has a plan for a container that the engine takes, and none for another', (t) => {
	const whole = {
		...{ ociVersion: '1.2.1', root: { path: 'rootfs' } },
		...{ process: { user: { uid: 0, gid: 0 }, args: ['/a'], cwd: '/' } },
		linux: { namespaces: [{ type: 'mount' }] },
	} as const;
	const names = (each: object) =>
		engineFiles('containers/onboot/000-a', { ...whole, ...each }, 'amd64').map(({ path }) => path);
	const folder = 'containers/onboot/000-a';
	t.deepEqual(names({}), [`${folder}/start.plan`]);
	const seccomp = defaultSeccompProfile([], 'amd64');
	t.deepEqual(names({ linux: { ...whole.linux, seccomp } }), [`${folder}/start.plan`]);
	t.deepEqual(names({ linux: { ...whole.linux, seccomp: { defaultAction: 'SCMP_ACT_NOTIFY' } } }), []);
	t.deepEqual(names({ hooks: { prestart: [{ path: '/b' }] } }), []);
});

test('mountConstants are those of the kernel', async (t) => {
	const { constants } = await openAddon();
	const names = Object.keys(mountConstants);
	t.deepEqual(mountConstants, Object.fromEntries(names.map((name) => [name, constants[name]])) as object);
});
