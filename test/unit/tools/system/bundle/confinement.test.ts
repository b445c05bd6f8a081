import { readdirSync } from 'node:fs';
import test from 'ava';
import type { ContainerSettings } from '../../../../../tools/config/system-config.ts';
import { confinementOf } from '../../../../../tools/system/bundle/confinement.ts';

const confined = (settings: ContainerSettings) => {
	const { maskedPaths, readonlyPaths, noNewPrivileges, seccomp, apparmorProfile } = confinementOf(
		settings,
		'amd64',
	);
	return {
		masked: maskedPaths.includes('/proc/kcore'),
		readonly: readonlyPaths.includes('/proc/sys') && readonlyPaths.includes('/sys'),
		noNewPrivileges,
		seccomp: seccomp !== null,
		apparmorProfile,
	};
};

const macro = test.macro({
	exec(t, settings: ContainerSettings, expected: Partial<ReturnType<typeof confined>>) {
		t.deepEqual(confined(settings), {
			masked: true,
			readonly: true,
			noNewPrivileges: true,
			seccomp: true,
			apparmorProfile: null,
			...expected,
		});
	},
	title: (_, settings) => `confinementOf() ${JSON.stringify(settings)}`,
});

test(macro, {}, {});
test(macro, { capabilities: ['none'] }, {});
test(macro, { capabilities: ['CAP_CHOWN'] }, { noNewPrivileges: false });
test(macro, { ambient: ['CAP_CHOWN'] }, { noNewPrivileges: false });

test('confinementOf() leaves /proc/sys/net to a container that configures the network', (t) => {
	const { readonlyPaths } = confinementOf({ capabilities: ['CAP_NET_ADMIN'] }, 'amd64');
	t.false(readonlyPaths.includes('/proc/sys'));
	t.false(readonlyPaths.some((path) => path.startsWith('/proc/sys/net')));
	t.deepEqual(
		readdirSync('/proc/sys').filter((name) => !readonlyPaths.includes(`/proc/sys/${name}`)),
		['net'],
	);
});

const admin = { masked: false, readonly: false, noNewPrivileges: false };
test(macro, { capabilities: ['CAP_SYS_ADMIN'] }, admin);
test(macro, { capabilities: ['all'] }, { ...admin, seccomp: false });
test(macro, { capabilities: ['all'], seccomp: 'default' }, admin);
const held = { apparmorProfile: 'slipway-default' };
test(macro, { apparmor: 'default' }, held);
test(macro, { apparmor: 'unconfined' }, {});
test(macro, { apparmor: 'default', capabilities: ['all'] }, { ...admin, ...held });
test(macro, { apparmor: 'default', seccomp: 'unconfined' }, { ...held, seccomp: false });

test('confinementOf() refuses the calls of mounts that AppArmor does not see', (t) => {
	const calls = (settings: ContainerSettings) =>
		confinementOf({ capabilities: ['CAP_SYS_ADMIN'], ...settings }, 'amd64').seccomp?.syscalls?.flatMap(
			({ names }) => names,
		);
	const unseen = ['fsconfig', 'fsmount', 'fsopen', 'fspick', 'mount_setattr', 'move_mount', 'open_tree'];
	const without = calls({})?.filter((name) => !unseen.includes(name));
	t.deepEqual(calls({ apparmor: 'default' }), without);
	t.true(without?.includes('mount'));
	t.deepEqual(
		unseen.filter((name) => calls({})?.includes(name)),
		unseen,
	);
});

test(macro, { maskedPaths: [] }, { masked: false });
test(macro, { binds: ['/sys:/sys'] }, { readonly: false });
test(macro, { binds: ['/sys:/host/sys'] }, {});
test(macro, { readonlyPaths: [] }, { readonly: false });
test(macro, { noNewPrivileges: false }, { noNewPrivileges: false });
test(macro, { seccomp: 'unconfined' }, { seccomp: false });
test(
	macro,
	{ capabilities: ['CAP_SYS_ADMIN'], readonlyPaths: ['/proc/sys', '/sys'] },
	{ ...admin, readonly: true },
);

test('confinementOf() allows no calls of 32-bit programs when the image has none, unless the YAML asks for the default', (t) => {
	const architectures = (settings: ContainerSettings, isNativeOnly: boolean) =>
		confinementOf(settings, 'amd64', isNativeOnly).seccomp?.architectures;
	t.deepEqual(architectures({}, true), ['SCMP_ARCH_X86_64']);
	t.deepEqual(architectures({ seccomp: 'default' }, true), ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
	t.deepEqual(architectures({}, false), ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86']);
});

test('confinementOf() takes a profile and lists of the YAML as they are', (t) => {
	const seccomp = { defaultAction: 'SCMP_ACT_LOG' } as const;
	const given = { seccomp, maskedPaths: ['/a'], readonlyPaths: ['/b'], noNewPrivileges: true };
	t.deepEqual(confinementOf(given, 'amd64'), { ...given, apparmorProfile: null });
});
