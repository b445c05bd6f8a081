// The words of Docker, Compose and Kubernetes that people write into a system's YAML, and the answers: what to write here instead.

/** Returns what to write here, as sentences. @param texts - the texts of the value that was given, see `textsOf()` */
export type Answer = (texts: readonly string[]) => string;

/** By the key that slipway does not have. */
export type ForeignWords = Readonly<Record<string, Answer>>;

const write = (text: string, more = '') => `Write ${text}.${more === '' ? '' : ` ${more}`}`;

/** A list in the form in which YAML takes it on one line. In quotes, a number is a text. */
export function flowList(texts: readonly string[]): string {
	return `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
}

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

const memory: Answer = ([text = '']) =>
	write(`resources: { memory: { limit: ${bytesOf(text) ?? 268_435_456} } }`, 'The limit is in bytes.');

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
	readinessProbe: () => write('ready: { tcp: 8080 }', 'There are http, exec, file and notify too.'),
	restart_policy: () => write('restart: { policy: always }'),
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
	security_opt: () => 'Write seccomp: default or unconfined, and noNewPrivileges: true.',
	labels: () => write('annotations: { org.example.owner: web }'),
	tty: terminal,
	stdin_open: terminal,
	stop_signal: isStopped,
	stop_grace_period: isStopped,
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
	pull_policy: () => 'Leave it out: "slipway build --pull" asks the registries, --offline sends no request.',
	timezone: () => write('env: [TZ=Europe/Berlin]'),
};

/** For the keys at the top of a file. */
export const systemWords: ForeignWords = {
	version: () => 'Leave it out: the format has no version.',
	name: () => 'Leave it out: "slipway build --name NAME" names the outputs.',
	containers: () => 'Write "services" for those that keep running, "onboot" for those that run once at boot.',
	secrets: () => 'Write "files" with a path, a source and a mode.',
	configs: () => 'Write "files" with a path and its contents.',
	image: () => 'Images are in "kernel", "init", and in each item of "onboot" and "services".',
	cmdline: ([text = 'console=ttyS0']) =>
		write(`kernel: { image: slipway/kernel:v1, cmdline: ${JSON.stringify(text)} }`),
	hostname: ([text = 'web']) =>
		`Write files: [{ path: etc/hostname, contents: ${JSON.stringify(text)}, mode: "0644" }].`,
};

/** Returns the list of the words of a command line, which a shell runs when it has signs of the shell in it. */
export function commandHint([text = '']: readonly string[]): string {
	const words = /[|&;<>()$`\\"'*?~#\n]/.test(text)
		? ['/bin/sh', '-c', text]
		: text.split(/\s+/).filter((word) => word !== '');
	return `Did you mean ${flowList(words)}?`;
}

/** `env:` as a map. */
export function environmentHint(texts: readonly string[]): string {
	return `Did you mean ${flowList(texts)}?`;
}

/** `networks:` as a text or a map, which Compose has. */
export function networksHint(texts: readonly string[]): string {
	return `Did you mean ${flowList(texts.map((text) => text.replace(/=.*/s, '')))}?`;
}

/** `networks:` at the top as Compose's map. */
export function systemNetworksHint(texts: readonly string[]): string {
	const names = texts.map((text) => text.replace(/=.*/s, ''));
	return `Did you mean [${(names.length === 0 ? ['front'] : names).map((name) => `{ name: ${name} }`).join(', ')}]?`;
}

export function restartHint([text = '']: readonly string[]): string {
	const policy = policyOf(text);
	return policy === null ? 'Write restart: { policy: on-failure }.' : `Did you mean { policy: ${policy} }?`;
}

/** Returns the policy that means what Docker's word means, or null. */
export function policyOf(word: string): string | null {
	if (/^(?:always|unless-stopped|true|yes|on)$/.test(word)) return 'always';
	if (/^on-failure(?::\d+)?$/.test(word)) return 'on-failure';
	return /^(?:no|never|none|false)$/i.test(word) ? 'no' : null;
}

export function bytesHint([text = '']: readonly string[]): string {
	const bytes = bytesOf(text);
	return bytes === null ? 'It is a number of bytes, such as 268435456.' : `${text} is ${bytes} bytes.`;
}

const unitsBytes: Readonly<Record<string, number>> = {
	'': 1,
	k: 2 ** 10,
	m: 2 ** 20,
	g: 2 ** 30,
	t: 2 ** 40,
};

/** Parses sizes as Docker and Kubernetes write them, such as `64M`, `1.5g` or `256Mi`; null for another text. */
export function bytesOf(text: string): number | null {
	const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d{1,3})?)([kmgt]?)i?b?$/i.exec(text) ?? [];
	return number === '' ? null : Math.round(Number(number) * (unitsBytes[unit.toLowerCase()] ?? 1));
}
