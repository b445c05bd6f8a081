import test from 'ava';
import { parseRunArguments } from '../../../../../supervisor/cli/run/run-arguments.ts';
import { type RunSurroundings, runSpec } from '../../../../../supervisor/cli/run/run-spec.ts';
import { engineRefusals } from '../../../../../supervisor/contract/engine-refusals.ts';
import { cgroupSettings } from '../../../../../supervisor/engine/container-cgroup.ts';

const around: RunSurroundings = {
	name: 'box',
	rootfs: '/run/slipway/run/box/root',
	image: {},
	files: { passwd: 'root:x:0:0::/root:\nweb:x:1000:55::/web:\n', group: 'log:x:66:web\n' },
	network: { type: 'network' },
	pid: { type: 'pid' },
	resolvConf: '/etc/resolv.conf',
	hosts: null,
	env: { TERM: 'vt100', MINE: 'value' },
	terminal: false,
};
const spec = (args: readonly string[], more: Partial<RunSurroundings> = {}) =>
	runSpec(parseRunArguments([...args, 'a.tar', ...('image' in more ? [] : ['--', 'ls'])]), {
		...around,
		...more,
	});
const paths = (value: unknown) => value as readonly string[];

test('runSpec() confines as the default of a service does, in namespaces of its own', (t) => {
	const { process, root, linux, hostname } = spec([]);
	t.is(hostname, 'box');
	t.true(root.readonly);
	t.true(process.noNewPrivileges);
	t.deepEqual(process.capabilities?.bounding, []);
	t.is(linux?.cgroupsPath, '/slipway.run/box');
	t.deepEqual(
		linux?.namespaces?.map(({ type }) => type),
		['network', 'pid', 'ipc', 'uts', 'cgroup', 'mount'],
	);
	t.is(linux?.seccomp?.defaultAction, 'SCMP_ACT_ERRNO');
	t.true(paths(linux?.['maskedPaths']).includes('/proc/kcore'));
	t.true(paths(linux?.['readonlyPaths']).includes('/proc/sys'));
	t.deepEqual(engineRefusals(spec([])), []);
});

test('runSpec() sets the limits that are given', (t) => {
	const { linux } = spec(['--memory', '64M', '--cpus', '0.5', '--pids', '100']);
	t.deepEqual(cgroupSettings(linux?.['resources']), [
		['memory.max', '67108864'],
		['pids.max', '100'],
		['cpu.max', '50000 100000'],
	]);
	t.deepEqual(spec([]).linux?.['resources'], {}, 'the defaults come later');
});

test('runSpec() takes program, user, environment and directory of the image, and those of the command line before', (t) => {
	const image = {
		Entrypoint: ['/bin/a'],
		Cmd: ['b'],
		Env: ['PATH=/bin', 'A=1'],
		User: 'web',
		WorkingDir: '/srv',
	};
	const own = spec([], { image }).process;
	t.deepEqual([own.args, own.cwd], [['/bin/a', 'b'], '/srv']);
	t.deepEqual(own.user, { uid: 1000, gid: 55, additionalGids: [66] });
	t.deepEqual(own.env?.slice(1), ['HOME=/web', 'PATH=/bin', 'A=1']);
	const other = spec(['-e', 'A=2', '-e', 'MINE', '-e', 'NOBODYS', '-u', '7:8', '-w', '/'], {
		image,
		terminal: true,
	}).process;
	t.deepEqual(other.env?.slice(1), ['HOME=/', 'TERM=vt100', 'PATH=/bin', 'A=1', 'A=2', 'MINE=value']);
	t.like(other, { cwd: '/', user: { uid: 7, gid: 8 } });
	t.throws(() => spec(['-u', 'nobody'], { image }), { message: /There is no user "nobody"/ });
	t.throws(() => spec([], { image: {} }), { message: /a\.tar names no program of its own/ });
	t.throws(() => runSpec(parseRunArguments(['-']), around), {
		message: /^the tarball on stdin names no program/,
	});
});

test('runSpec() has names resolved where there is a network', (t) => {
	const binds = (network: RunSurroundings['network']) =>
		spec([], { network })
			.mounts?.filter(({ type }) => type === 'bind')
			.map(({ destination }) => destination);
	t.deepEqual(binds({ type: 'network' }), []);
	t.deepEqual(binds(null), ['/etc/resolv.conf']);
	t.deepEqual(binds({ type: 'network', path: '/proc/self/fd/9' }), ['/etc/resolv.conf']);
});

test('runSpec() lets a path of the machine replace what hides it', (t) => {
	const { linux, mounts } = spec(['-v', '/sys/firmware:/sys/firmware:ro', '--cap-add', 'sys_admin', '--rw']);
	t.deepEqual(linux?.['maskedPaths'], []);
	t.deepEqual(mounts?.find(({ destination }) => destination === '/sys/firmware')?.options, [
		'rbind',
		'rprivate',
		'rro',
	]);
	const bound = spec(['-v', '/sys/firmware:/sys/firmware']).linux;
	t.false(paths(bound?.['maskedPaths']).includes('/sys/firmware'));
});

test('runSpec() shows the names of the neighbours as /etc/hosts, unless a path of the machine is there', (t) => {
	const hosts = '/run/slipway/runs/box/hosts';
	const sourceIn = (args: readonly string[]) =>
		spec(args, { hosts }).mounts?.find(({ destination }) => destination === '/etc/hosts')?.source;
	t.is(sourceIn([]), hosts);
	t.is(sourceIn(['-v', '/mine:/etc/hosts']), '/mine');
});
