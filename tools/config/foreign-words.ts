// The words of Docker, Compose and Kubernetes that people write into a system's YAML, and the answers: what to write here instead.

import { bytesOf } from './sizes.ts';
import { type Answer, flowList, policyOf } from './value-hints.ts';

/** By the key that slipway does not have. */
export type ForeignWords = Readonly<Record<string, Answer>>;

const write = (text: string, more = '') => `Write ${text}.${more === '' ? '' : ` ${more}`}`;

function listOr(texts: readonly string[], example: readonly string[]): string {
	return flowList(texts.length === 0 ? example : texts);
}

const ports: Answer = (texts) => {
	const port = texts.find((text) => /^(?:[\d.]+:)?\d+:\d+(?:\/\w+)?$/.test(text)) ?? '8080:80';
	return (
		`A service with "net: bridge" has the key "ports": ["${port}"]. Others have the system's own network, to which "slipway run ` +
		`--publish ${port}" forwards a port.`
	);
};

const volumes: Answer = (texts) =>
	write(
		`binds: ${listOr(texts, ['/var/lib/data:/data'])}`,
		'The source is a path in the system, or a name from "volumes" at the top of the file; files of this machine get into the system by "files".',
	);

const command: Answer = (texts) =>
	write(
		`command: ${listOr(texts, ['/bin/program', 'argument'])}`,
		'It replaces both ENTRYPOINT and CMD of the image.',
	);

const after: Answer = (texts) =>
	write(
		`after: ${listOr(texts, ['db'])}`,
		'The service starts when those are ready; "ready" of each says how to find out.',
	);

const user: Answer = () =>
	'Write uid and gid with numbers: uid: 1000. The names of users are in the image, where /etc/passwd has their numbers.';

const probe: Answer = () =>
	write(
		'health: { exec: [/bin/program], interval: 10s }',
		'There are tcp, http and file too; "ready" has the same for the start.',
	);

const readyProbe: Answer = () => write('ready: { tcp: 8080 }', 'There are http, exec, file and notify too.');

const restartPolicy: Answer = ([text = '']) => write(`restart: { policy: ${policyOf(text) ?? 'always'} }`);

const memory: Answer = ([text = '']) =>
	write(`resources: { memory: { limit: ${bytesOf(text) ?? 268_435_456} } }`, 'The limit is in bytes.');

const limitsOf: Answer = (texts) => {
	const text = texts.find((each) => each.startsWith('memory='))?.slice('memory='.length) ?? '';
	return write(
		`memory: { limit: ${bytesOf(text) ?? 268_435_456} }, and cpu: { quota: 50000, period: 100000 } for half a processor`,
	);
};

const cpus: Answer = ([text = '']) =>
	write(
		`resources: { cpu: { quota: ${Math.round((Number(text) > 0 && Number(text) < 1000 ? Number(text) : 0.5) * 100_000)}, period: 100000 } }`,
		'The quota is processor time per period, in microseconds.',
	);

const network: Answer = ([text = '']) =>
	write(
		`net: ${/^(?:none|bridge)$/.test(text) ? text : 'host'}`,
		'There are "host", the default, "bridge" for an address on a bridge of the system, "new" or "none" for nothing but a ' +
			'loopback interface, and the path of a network namespace. "networks" has the names of networks: networks: [front].',
	);

const capabilitiesOf: Answer = () =>
	'Write its settings as keys of the container: uid, gid, readonly, capabilities, noNewPrivileges, seccomp.';

const confinedBy: Answer = () => 'Write apparmor: default or unconfined.';

const noSchedule: Answer = () =>
	'There are no schedules. Write a service whose program waits from one run to the next.';

const notRun: Answer = () => 'Leave the container out of the file, or put "#" before each of its lines.';

const otherFiles: Answer = () => 'Write it in a file of its own: "slipway build a.yml b.yml" joins files.';

const merged: Answer = () => 'An anchor names a map (services: [&web { … }]), and "<<: *web" takes its keys.';

const addCapabilities: Answer = (texts) =>
	write(
		`capabilities.add: ${listOr(
			texts.map((text) => `CAP_${text.replace(/^CAP_/i, '')}`.toUpperCase()),
			['CAP_NET_ADMIN'],
		)}`,
	);

const logging: Answer = () =>
	write(
		'log: { driver: syslog, address: "udp://10.0.0.1:514" }',
		'Without it the output is in /var/log/NAME.log.',
	);

const isStopped: Answer = () => write('stop: { signal: SIGTERM, timeout: 10s }');

const oneEach: Answer = () =>
	'A system runs each service once. Write a service for each, with a name of its own.';

const terminal: Answer = () =>
	'Leave it out. "slipway exec -it SERVICE -- COMMAND" gives a command of a container a terminal.';

const pulling: Answer = () =>
	'Leave it out: "slipway build --pull" asks the registries, --offline sends no request.';

const builtImage: Answer = () =>
	'Images are built elsewhere: "docker save IMAGE | slipway cache import -" brings one of Docker, "slipway pkg build DIR" builds a recipe (build.yml).';

/** For the keys of containers. */
export const containerWords: ForeignWords = {
	ports,
	expose: ports,
	publish: ports,
	volumes,
	volume: volumes,
	bind: volumes,
	volumeMounts: volumes,
	depends_on: after,
	dependsOn: after,
	depends: after,
	links: after,
	requires: after,
	before: after,
	entrypoint: command,
	cmd: command,
	args: command,
	environment: (texts) => write(`env: ${listOr(texts, ['NAME=VALUE'])}`),
	env_file: () =>
		'Write env: [NAME=VALUE]. "slipway build --env-file FILE" gives values for ${NAME} in the YAML.',
	user,
	runAsUser: user,
	group_add: () => write('additionalGids: [20]'),
	working_dir: ([text = '/srv']) => write(`cwd: ${text}`),
	workdir: ([text = '/srv']) => write(`cwd: ${text}`),
	workingDir: ([text = '/srv']) => write(`cwd: ${text}`),
	healthcheck: probe,
	livenessProbe: probe,
	readinessProbe: readyProbe,
	startupProbe: readyProbe,
	restart_policy: restartPolicy,
	restartPolicy,
	privileged: () =>
		write(
			'capabilities: [all]',
			'Devices are listed in "devices". A container with all capabilities is as powerful as the system.',
		),
	cap_add: addCapabilities,
	cap_drop: () =>
		'Write capabilities with those that the container keeps; without capabilities it has those that the label of its image names, else none.',
	network_mode: network,
	network,
	read_only: () => write('readonly: true'),
	mem_limit: memory,
	memory,
	mem_reservation: () => write('resources: { memory: { reservation: 268435456 } }'),
	cpus,
	cpu_shares: ([text = '512']) =>
		write(`resources: { cpu: { shares: ${/^\d+$/.test(text) ? text : '512'} } }`),
	pids_limit: ([text = '100']) =>
		write(`resources: { pids: { limit: ${/^\d+$/.test(text) ? text : '100'} } }`),
	deploy: () =>
		'Write resources: { memory: { limit: 268435456 } } for limits. A system runs each service once, and starts it again when it ends ("restart").',
	scale: oneEach,
	replicas: oneEach,
	ulimits: () => write('rlimits: ["nofile,1024,4096"]', 'Each is NAME,SOFT,HARD.'),
	logging,
	log_driver: logging,
	container_name: ([text = 'web']) => write(`name: ${text}`),
	build: builtImage,
	dockerfile: builtImage,
	securityContext: capabilitiesOf,
	hostNetwork: () => write('net: host', 'It is the default.'),
	hostPID: () => write('pid: host'),
	init: () =>
		'Leave it out. A program that leaves children behind needs one in its image, such as tini, as the first word of "command".',
	schedule: noSchedule,
	cron: noSchedule,
	enabled: notRun,
	disabled: notRun,
	profiles: otherFiles,
	extends: merged,
	mac_address: () => 'Leave it out: the system chooses it.',
	cpuset: ([text = '0-1']) => write(`resources: { cpu: { cpus: ${JSON.stringify(text)} } }`),
	memswap_limit: ([text = '']) => write(`resources: { memory: { swap: ${bytesOf(text) ?? 536_870_912} } }`),
	cgroup_parent: ([text = 'web']) => write(`cgroupsPath: ${text}`),
	security_opt: () => 'Write seccomp and apparmor: default or unconfined, and noNewPrivileges: true.',
	apparmorProfile: confinedBy,
	appArmorProfile: confinedBy,
	labels: () => write('annotations: { org.example.owner: web }'),
	tty: terminal,
	stdin_open: terminal,
	stop_signal: isStopped,
	stop_grace_period: isStopped,
	terminationGracePeriodSeconds: isStopped,
	extra_hosts: () =>
		'Write the file of the system that the container sees: "files" with path: etc/hosts, and binds: [/etc/hosts:/etc/hosts:ro].',
	dns: () => 'Bind the resolv.conf of the system: binds: [/etc/resolv.conf:/etc/resolv.conf].',
	shm_size: () => write('tmpfs: ["/dev/shm:size=64m"]'),
	sysctls: () => write('sysctl: { net.ipv4.ip_forward: "1" }'),
	userns_mode: () => write('userns: new'),
	secrets: () =>
		'Write "files" with a source and a mode at the top of the file, and bind the path: binds: [/etc/secret:/run/secret:ro].',
	configs: () =>
		'Write "files" at the top of the file, and bind the path: binds: [/etc/web.conf:/etc/web.conf:ro].',
	platform: () => 'Leave it out: a system is for the processor of the machine that builds it.',
	pull_policy: pulling,
	imagePullPolicy: pulling,
	timezone: () => write('env: [TZ=Europe/Berlin]'),
};

/** For the keys at the top of a file. */
export const systemWords: ForeignWords = {
	version: () => 'Leave it out: the format has no version.',
	name: () => 'Leave it out: "slipway build --name NAME" names the outputs.',
	containers: () => 'Write "services" for those that keep running, "onboot" for those that run once at boot.',
	initContainers: () => 'Write "onboot", whose containers run one after another before the services.',
	include: otherFiles,
	profiles: otherFiles,
	secrets: () => 'Write "files" with a path, a source and a mode.',
	configs: () => 'Write "files" with a path and its contents.',
	image: () => 'Images are in "kernel", "init", and in each item of "onboot" and "services".',
	cmdline: ([text = 'console=ttyS0']) =>
		write(`kernel: { image: slipway/kernel:v1, cmdline: ${JSON.stringify(text)} }`),
	hostname: ([text = 'web']) =>
		`Write files: [{ path: etc/hostname, contents: ${JSON.stringify(text)}, mode: "0644" }].`,
};

/** For the keys of `resources`. */
export const resourceWords: ForeignWords = {
	limits: limitsOf,
	requests: limitsOf,
	reservations: limitsOf,
};

/** The keys of Compose that hold what is used by anchors alone. */
export function extensionHint(key: string): string | null {
	return key.startsWith('x-')
		? 'Leave it out: an anchor (&name) may stand where the value is used first, and *name repeats it.'
		: null;
}
