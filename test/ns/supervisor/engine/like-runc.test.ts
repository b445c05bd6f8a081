// The built-in engine beside runc: each case runs by both, and a script inside says what the process is and has.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readJson } from '../../../../supervisor/bundle/bundle.ts';
import { engineRefusals, refusalText } from '../../../../supervisor/contract/engine-refusals.ts';
import type { RuntimeSpec } from '../../../../supervisor/contract/runtime-spec.ts';
import { defaultSeccompProfile } from '../../../../supervisor/contract/seccomp-profile.ts';
import { asContainerSpec } from '../../../../supervisor/engine/container-spec.ts';
import { openAddon } from '../../../helpers/addon.ts';
import { fitted, otherNamespaces } from './stand-ins.ts';
import { twoRuntimes } from './two-runtimes.ts';

const native = await openAddon();
const goldenFolder = new URL('../../../golden/', import.meta.url);

/**
 * What can be compared: without the times and numbers of one run, and without cgroups, which are of another version for
 * runc here (test/vm compares those). runc sets the mode of a tmpfs after it has mounted it, so the modes are compared apart.
 */
const report = `
echo "== status"; grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:|Sig(Blk|Ign))" /proc/self/status
echo "== user"; id; umask; ulimit -a; cat /proc/self/oom_score_adj
echo "== environment"; env
echo "== place"; echo "$PWD"; hostname; readlink /proc/self/root; cat /proc/self/sessionid 2> /dev/null
echo "== files"; ls /proc/$$/fd
echo "== namespaces"; for kind in cgroup ipc mnt net pid user uts; do readlink /proc/$$/ns/$kind; done
echo "== mounts"; sed 's/^[0-9]* [0-9]* [^ ]* //; s/\\(shared\\|master\\|propagate_from\\):[0-9]*/\\1/g; s/ - tmpfs \\(.*\\),mode=[0-7]*/ - tmpfs \\1/' /proc/self/mountinfo
echo "== modes"; sed 's/^[0-9]* [0-9]* [^ ]* [^ ]* \\([^ ]*\\) .*/\\1/' /proc/self/mountinfo | while read place; do stat -c "%n %a" $place; done
echo "== devices"; ls -ln /dev /dev/pts | sed 's/[A-Z][a-z][a-z] .*:[0-9][0-9]//'
echo "== masked"; for path in /proc/kcore /proc/keys /proc/timer_list /sys/firmware /proc/acpi; do ls -d $path; head -c 10 $path | wc -c; done
echo "== read-only"; for path in /proc/sys/kernel/domainname /new /proc/sysrq-trigger; do (: >> $path) && echo writable; done
echo "== links"; sed -n '/^ *lo:/s/:.*//p' /proc/net/dev; cat /sys/class/net/lo/flags
echo "== arguments"; tr "\\0" " " < /proc/self/cmdline
exit 7
`;

/** Namespaces have numbers; whose they are is compared. `joined` is a process in others that the container may join. */
function comparable(output: string, joined: number | null = null): string {
	const isOf = (process: number | 'self', kind: string, line: string) =>
		line === readlinkSync(`/proc/${process}/ns/${kind}`);
	return (
		output
			.replace(/^(cgroup|ipc|mnt|net|pid|user|uts):\[(\d+)\]$/gm, (line, kind: string) => {
				if (isOf('self', kind, line)) return `${kind}: the machine's`;
				return joined !== null && isOf(joined, kind, line) ? `${kind}: the other's` : `${kind}: its own`;
			})
			.replace(/slipway-engine-\d+-\d+/g, 'ID')
			.replace(/slipway-engine-\w{6}\b/g, 'FOLDER')
			// Node sets the signals 1 to 31 for a child as they are by default; runc also inherits what is ignored of the others.
			.replace(
				/^(SigIgn:\t)([0-9a-f]+)$/m,
				(_, label: string, set: string) => `${label}${(BigInt(`0x${set}`) & 0x7fff_ffffn).toString(16)}`,
			)
			// Other programs open terminals and loop devices of the machine meanwhile.
			.replace(/== devices(?=.* (?:mem|vda|sda|loop-control)\n).*== masked/s, "== the machine's devices")
	);
}

function inside(spec: Record<string, unknown>, part: Record<string, unknown> = {}): Record<string, unknown> {
	const { resources: _, cgroupsPath: __, ...linux } = (spec['linux'] ?? {}) as Record<string, unknown>;
	const mounts = (spec['mounts'] ?? []) as { readonly type?: string }[];
	return {
		...spec,
		process: { ...(spec['process'] as object), args: ['/bin/sh', '-c', report] },
		mounts: mounts.filter(({ type }) => type !== 'cgroup'),
		linux,
		...part,
	};
}

/** Every bundle that LinuxKit has made for the golden cases, by its place below test/golden. */
const golden = readdirSync(goldenFolder, { recursive: true, encoding: 'utf8' })
	.filter((path) => path.endsWith('/config.json'))
	.map(dirname)
	.sort();

/** The bundles that the engine refuses, and why. All others run. */
const refusedCases: Readonly<Record<string, RegExp>> = {
	'cases/hostname-label': /"hostname" without "uts: new"/,
	'cases/sysctl': /the sysctl kernel\.domainname.*the sysctl net\.ipv4\.ip_forward/,
	'cases/sysctl-label': /the sysctl a\.b/,
};

/** runc 1.1 loses `rootfsPropagation` when it binds the root; newer ones and the engine set it after the change of the root. */
function setRoot({ linux = {} }: RuntimeSpec, output: string): string {
	if (linux['rootfsPropagation'] !== 'shared') return output;
	return output.replace(/(?<=^\S+ \/ \S+)(?= - )/m, ' shared');
}

/** The bundles that no runtime runs, and what the engine says. */
const notRun: Readonly<Record<string, RegExp>> = {
	// No files may be open.
	'cases/label-full': /Too many open files/,
	// The directories of its overlay are on no disk here.
	'cases/mounts': /mount overlay -> \/ov: No such file/,
	'cases/mounts-precedence': /mount tmpfs -> \/n: Invalid argument/,
	'cases/image-workdir-relative': /process\.cwd must be an absolute path/,
};

/** Returns null for a bundle that the engine takes. One that is not valid is compared, too: both must refuse it. */
function refusalOf(value: unknown): string | null {
	let spec: RuntimeSpec;
	try {
		spec = asContainerSpec(value, 'config.json');
	} catch {
		return null;
	}
	const refusals = engineRefusals(spec);
	return refusals.length === 0 ? null : refusalText(refusals);
}

test.serial(
	'startContainer() makes of each golden case that it takes the same process as runc',
	async (t) => {
		const bench = twoRuntimes(t, native);
		const seen = new Set<string>();
		const refused: string[] = [];
		const joined = await otherNamespaces(t);
		for (const name of golden) {
			const path = fileURLToPath(new URL(`${name}/config.json`, goldenFolder));
			const spec = inside(readJson(path) as Record<string, unknown>);
			const refusal = refusalOf(spec);
			if (refusal !== null) {
				refused.push(name);
				t.regex(refusal, refusedCases[name] ?? /^$/, name);
				continue;
			}
			const key = JSON.stringify(spec);
			// Many cases differ only in what the script replaces.
			if (seen.has(key)) continue;
			seen.add(key);
			const runnable = fitted(spec as unknown as RuntimeSpec, bench.folder, joined);
			const [runc, builtin] = [await bench.run('runc', runnable), await bench.run('builtin', runnable)];
			t.is(comparable(builtin.output, joined), comparable(setRoot(runnable, runc.output), joined), name);
			if (builtin.status !== null) {
				const planned = await bench.run('planned', runnable);
				t.is(comparable(planned.output, joined), comparable(builtin.output, joined), `${name}, planned`);
			}
			const why = notRun[name];
			const expected = why === undefined ? 7 : null;
			t.is(runc.status, expected, `${name}: ${runc.error}`);
			t.is(builtin.status, expected, `${name}: ${builtin.error}`);
			if (why === undefined) t.is(builtin.error, runc.error, name);
			else t.regex(builtin.error, why, name);
		}
		t.deepEqual(refused, Object.keys(refusedCases));
		t.log(`${seen.size} of ${golden.length} bundles are different`);
	},
);

interface Difference {
	readonly name: string;
	readonly spec: (spec: GoldenSpec) => Record<string, unknown>;
}

type GoldenSpec = ReturnType<typeof plain>;

/** What LinuxKit's format gives a service that asks for nothing, in a bundle that both take. */
function plain() {
	const spec = JSON.parse(
		readFileSync(new URL('cases/image-full/config.json', goldenFolder), 'utf8'),
	) as Record<string, unknown>;
	const { process, linux, mounts } = inside(spec);
	return {
		...inside(spec),
		process: process as Record<string, unknown>,
		linux: linux as Record<string, unknown>,
		mounts: mounts as readonly object[],
	};
}

const user = { uid: 1000, gid: 100, additionalGids: [7, 8], umask: 0o77 };
const some = ['CAP_NET_ADMIN', 'CAP_CHOWN'];
const allNamespaces = ['pid', 'mount', 'network', 'ipc', 'uts', 'cgroup'].map((type) => ({ type }));

const differences: readonly Difference[] = [
	{ name: 'another user', spec: (spec) => ({ process: { ...spec.process, user } }) },
	{
		name: 'another user with capabilities and limits',
		spec: (spec) => ({
			process: {
				...spec.process,
				user,
				noNewPrivileges: true,
				oomScoreAdj: 500,
				capabilities: { bounding: some, permitted: some, effective: some, inheritable: some, ambient: some },
				rlimits: [
					{ type: 'RLIMIT_NOFILE', soft: 77, hard: 99 },
					{ type: 'RLIMIT_CORE', soft: 0, hard: 1000 },
				],
			},
		}),
	},
	{
		name: 'the shipped seccomp profile',
		spec: (spec) => ({ linux: { ...spec.linux, seccomp: defaultSeccompProfile([], 'amd64') } }),
	},
	{
		name: 'the shipped seccomp profile without new privileges',
		spec: (spec) => ({
			process: { ...spec.process, noNewPrivileges: true },
			linux: { ...spec.linux, seccomp: defaultSeccompProfile(['CAP_SYS_ADMIN'], 'amd64') },
		}),
	},
	{
		name: 'namespaces of its own, a host name and sysctls',
		spec: (spec) => ({
			hostname: 'other',
			linux: {
				...spec.linux,
				namespaces: allNamespaces,
				sysctl: { 'net.ipv4.ip_forward': '1', 'kernel.shmmni': '77' },
			},
		}),
	},
	{
		name: 'users that a bind brings',
		spec: (spec) => ({
			mounts: [...spec.mounts, { destination: '/etc', type: 'bind', source: '/srv', options: ['rbind'] }],
		}),
	},
	{
		name: 'users in a file system of their own',
		spec: (spec) => ({ mounts: [...spec.mounts, { destination: '/etc/', type: 'tmpfs', source: 'tmpfs' }] }),
	},
	{
		name: 'a joined network and pid namespace',
		spec: (spec) => ({
			linux: {
				...spec.linux,
				namespaces: [
					{ type: 'mount' },
					{ type: 'network', path: '/proc/1/ns/net' },
					{ type: 'pid', path: '/proc/self/ns/pid' },
				],
			},
		}),
	},
	{
		name: 'a read-only root',
		spec: (spec) => ({ root: { path: 'rootfs', readonly: true }, process: { ...spec.process, cwd: '/tmp' } }),
	},
	{
		name: 'mounts of every kind',
		spec: (spec) => ({
			linux: { ...spec.linux, namespaces: allNamespaces, rootfsPropagation: 'private' },
			mounts: [
				...spec.mounts,
				{
					destination: '/dev/mqueue',
					type: 'mqueue',
					source: 'mqueue',
					options: ['nosuid', 'noexec', 'nodev'],
				},
				{
					destination: '/var/new/place',
					type: 'tmpfs',
					source: 'tmpfs',
					options: ['nodev', 'size=1m', 'mode=700', 'ro'],
				},
				{ destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['nosuid'] },
				{
					destination: '/etc/hosts',
					type: 'bind',
					source: '/etc/hosts',
					options: ['rbind', 'ro', 'nosuid', 'rslave'],
				},
				{ destination: '/srv/data', source: '/srv', options: ['bind', 'noexec', 'rprivate'] },
			],
		}),
	},
	{
		name: 'hidden and read-only paths',
		spec: (spec) => ({
			linux: {
				...spec.linux,
				maskedPaths: ['/proc/keys', '/proc/acpi', '/sys/firmware', '/not/there', '/proc/timer_list'],
				readonlyPaths: ['/proc/sys', '/proc/sysrq-trigger', '/var', '/not/there'],
			},
		}),
	},
	{
		name: 'devices',
		spec: (spec) => ({
			linux: {
				...spec.linux,
				devices: [
					{ path: '/dev/kmsg', type: 'c', major: 1, minor: 11, fileMode: 0o640, uid: 5, gid: 6 },
					{ path: '/dev/sub/vda', type: 'b', major: 254, minor: 0, fileMode: 0o600 },
					{ path: '/dev/pipe', type: 'p', fileMode: 0o622 },
				],
			},
		}),
	},
	{
		name: 'the devices of the machine',
		spec: (spec) => ({
			mounts: [
				{ destination: '/dev', type: 'bind', source: '/dev', options: ['rbind'] },
				...spec.mounts.slice(2),
			],
		}),
	},
	{ name: 'a program that is missing', spec: (spec) => ({ process: { ...spec.process, args: ['none'] } }) },
	{ name: 'a program that PATH finds', spec: (spec) => ({ process: { ...spec.process, args: ['env'] } }) },
	{
		name: 'a working directory that is made',
		spec: (spec) => ({ process: { ...spec.process, cwd: '/srv/a/../b/c' } }),
	},
	{
		name: 'a bind of what is missing',
		spec: (spec) => ({
			mounts: [...spec.mounts, { destination: '/x', source: '/no/such', options: ['bind'] }],
		}),
	},
];

/** What the script says in a container that asks for nothing. */
let ordinary: string | null = null;

for (const { name, spec } of differences) {
	test.serial(`startContainer() makes the same process as runc with ${name}`, async (t) => {
		const bench = twoRuntimes(t, native);
		const whole = { ...plain(), ...spec(plain()) };
		const [runc, builtin] = [await bench.run('runc', whole), await bench.run('builtin', whole)];
		t.is(builtin.status, runc.status, `${runc.error} | ${builtin.error}`);
		t.is(comparable(builtin.output), comparable(runc.output));
		if (builtin.status !== null) {
			const planned = await bench.run('planned', whole);
			t.is(comparable(planned.output), comparable(builtin.output), 'planned');
		}
		// The script shows the difference, so the comparison has a meaning.
		ordinary ??= comparable((await bench.run('builtin', plain())).output);
		t.not(comparable(builtin.output), ordinary);
	});
}
