import test from 'ava';
import { app, type Case, findingsOf, linesOf, program, service, type TestImage } from './system-of.ts';

const policy: TestImage['members'][number] = { name: 'lib/slipway/apparmor/slipway-default', body: 'x' };

const cases: Readonly<Record<string, Case>> = {
	'apparmor: default without the profile, and with a kernel without it': {
		yaml: service('    apparmor: default\n').replace('ttyS0"', 'ttyS0 security=selinux"'),
		images: app([program('app')]),
		expected: [
			/^error apparmor 11:15 a: no image of "init" has the profile of "apparmor: default" \(\/lib\/slipway\/apparmor\/slipway-default\), .* Add slipway\/apparmor:v1/,
			/^error apparmor 3:12 "security=selinux" turns off AppArmor, .*Leave it out\./,
		],
	},
	'apparmor: default with its profile': {
		yaml: service('    apparmor: default\n    capabilities: [all]\n').replace(
			'slipway/runc:v1',
			'slipway/runc:v1\n  - a/policy:v1',
		),
		images: { ...app([program('app')]), 'a/policy:v1': { members: [policy] } },
		expected: [],
	},
	'ways around apparmor: default that the YAML itself gives': {
		yaml: service(
			'    capabilities: [CAP_SYS_ADMIN]\n    seccomp: unconfined\n    binds: ["/proc/sys/net:/read:ro", "/proc:/host:ro"]\n',
		)
			.replace('slipway/runc:v1', 'slipway/runc:v1\n  - a/policy:v1')
			.concat('defaults: {apparmor: default}\n'),
		images: { ...app([program('app')]), 'a/policy:v1': { members: [policy] } },
		expected: [
			/^warning apparmor 10:5 a: AppArmor's profile knows the kernel's files below \/proc and \/sys, and not at \/host/,
			/^warning apparmor 10:5 a: a container with CAP_SYS_ADMIN whose seccomp profile allows it can make mounts that AppArmor does not see/,
		],
	},
	'apparmor: default with the tree of the machine, and a seccomp profile that allows mounts': {
		yaml: service(
			'    capabilities: [CAP_SYS_ADMIN]\n    seccomp: {defaultAction: SCMP_ACT_ERRNO, syscalls: [{names: [read, open_tree], action: SCMP_ACT_ALLOW}]}\n    binds: ["/:/host"]\n',
		)
			.replace('slipway/runc:v1', 'slipway/runc:v1\n  - a/policy:v1')
			.concat('defaults: {apparmor: default}\n'),
		images: { ...app([program('app')]), 'a/policy:v1': { members: [policy] } },
		expected: [/^warning apparmor 10:5 a: AppArmor's .* not at \/host/, /whose seccomp profile allows it/],
	},
};

for (const [title, { yaml, images, expected }] of Object.entries(cases)) {
	test(`checkImages() of ${title}`, async (t) => {
		const lines = linesOf(await findingsOf(t, yaml, images));
		t.is(lines.length, expected.length, lines.join('\n'));
		for (const [index, pattern] of expected.entries()) t.regex(lines[index] ?? '', pattern);
	});
}

for (const [word, isOff] of Object.entries({
	'apparmor=0': true,
	'apparmor=1': false,
	'security=apparmor': false,
	'lsm=landlock,yama': true,
	'lsm=landlock,apparmor': false,
})) {
	test(`checkImages() of apparmor: default with ${word} on the command line`, async (t) => {
		const yaml = service('    apparmor: default\n').replace('ttyS0"', `ttyS0 ${word}"`);
		const lines = linesOf(await findingsOf(t, yaml, app([program('app')])));
		t.is(
			lines.some((line) => line.includes(`"${word}" turns off AppArmor`)),
			isOff,
			lines.join('\n'),
		);
	});
}
