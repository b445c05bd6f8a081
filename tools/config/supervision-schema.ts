// The keys for the supervision of containers. LinuxKit's files have none of them. The guest reads what they become
// (supervisor/contract/supervision.ts), which also has the defaults.

import { constants } from 'node:os';
import { nearestName } from '../../native/text/nearest-name.ts';
import { parseForwardAddress } from '../../supervisor/contract/forward-address.ts';
import { signalNumber } from '../../supervisor/contract/signals.ts';
import { serviceRules } from '../../supervisor/contract/supervision.ts';
import { burstProblem, duration, formatDuration, parseBurst } from './durations.ts';
import { containerNetworks } from './network-schema.ts';
import { portProblem } from './ports.ts';
import { type ProbeDefaults, probe } from './probe-schema.ts';
import { choice, described, integer, parsed, record, string, strings, word } from './schema.ts';
import { parseSizeBytes, sizeProblem } from './sizes.ts';
import { namesHint, policyOf, portHint, probeHint, restartHint, stopHint } from './value-hints.ts';

/** The guest's defaults of what a YAML leaves out. */
const defaults = serviceRules({});

function byDefault(value: string | number): string {
	return `Default: \`${value}\`.`;
}

/** Probes are frequent while the service starts, and rare later. */
export const probeDefaults = {
	ready: { intervalMs: 500, timeoutMs: 2_000, retries: 180 },
	health: { intervalMs: 10_000, timeoutMs: 2_000, retries: 3 },
} as const satisfies Record<string, ProbeDefaults>;

function oneOf<const Word extends string>(description: string, ...words: readonly Word[]) {
	return word(description, words, (given) => {
		if ((words as readonly string[]).includes(given)) return null;
		const near = nearestName(given, words);
		const meant = near ?? words.find((each) => each === policyOf(given)) ?? null;
		const hint = meant === null ? '' : ` Did you mean "${meant}"?`;
		return `"${given}" is none of ${words.join(', ')}.${hint}`;
	});
}

function signalProblem(name: string): string | null {
	if (signalNumber(name) !== null) return null;
	const near = signals.find((each) => each === `SIG${name.toUpperCase()}`) ?? nearestName(name, signals);
	return `"${name}" is not a signal.${near === null ? '' : ` Did you mean ${near}?`} See signal(7).`;
}

const signals: readonly string[] = Object.keys(constants.signals);

function logProblem({ driver, address }: Readonly<Record<string, unknown>>): string | null {
	if (driver !== 'tcp' && driver !== 'syslog') {
		return address === undefined ? null : 'An address is for the drivers tcp and syslog.';
	}
	const expected = driver === 'tcp' ? 'HOST:PORT' : 'HOST:PORT or udp://HOST:PORT';
	if (typeof address !== 'string') return `The driver ${driver} needs an address: ${expected}.`;
	const receiver = parseForwardAddress(address);
	if (receiver !== null && (driver === 'syslog' || receiver.protocol === 'tcp')) return null;
	return `"${address}" is not an address for the driver ${driver}. Expected ${expected}.`;
}

/** A file has room for two lines of 16 KiB. */
const leastLogBytes = 64 * 1024;

function parseLogBytes(text: string): number | null {
	const bytes = parseSizeBytes(text);
	return bytes === null || bytes < leastLogBytes ? null : bytes;
}

function logSizeProblem(text: string): string {
	if (parseSizeBytes(text) === null) return sizeProblem(text);
	return `"${text}" is too small for a log: at least 64KiB.`;
}

const log = described(
	'Where the output of the service goes besides its file `/var/log/NAME.log`, and how much of it is kept.',
	record(
		{
			driver: oneOf(
				'Forwards each line to the `console`, as JSON to a receiver by `tcp`, or to a `syslog` server (RFC 5424). ' +
					'Default: nothing is forwarded.',
				'console',
				'tcp',
				'syslog',
			),
			address: string(
				'The receiver: `HOST:PORT`. With the driver `syslog` it may be `udp://HOST:PORT`, else TCP is used. Only for ' +
					'the drivers `tcp` and `syslog`, which need it.',
				{ examples: ['10.0.0.1:6514', 'udp://10.0.0.1:514'] },
			),
			maxSize: parsed(
				`The size at which the file is rotated, with KiB, MiB or GiB; at least \`64KiB\`. ${byDefault(`${defaults.log.maxBytes / 2 ** 20}MiB`)}`,
				parseLogBytes,
				logSizeProblem,
				{ examples: ['4MiB'] },
			),
			maxFiles: integer(
				1n,
				1000n,
				`The number of files, the current one included. ${byDefault(defaults.log.maxFiles)}`,
			),
		},
		{ check: logProblem },
	),
	{ examples: [{ driver: 'syslog', address: 'udp://10.0.0.1:514', maxSize: '4MiB', maxFiles: 2 }] },
);

/** The keys of services. */
export const serviceKeys = {
	networks: containerNetworks,
	ports: strings(
		'Ports of the system that lead to ports of a service with `net: bridge` or `networks`: `[ADDRESS:]PORT:CONTAINER-PORT[/tcp|udp]`. They need ' +
			'`slipway/nftables:v1` in `init`. Default: none.',
		{ check: portProblem, itemHint: portHint, examples: [['8080:80', '127.0.0.1:53:53/udp']] },
	),
	after: strings(
		'Names of services. This service starts when all of them are ready, and stops before them. Default: none.',
		{ examples: [['database']], hint: namesHint },
	),
	ready: described(
		'How to find out that the service is ready. Default: it is ready as soon as it runs.',
		probe(
			probeDefaults.ready,
			'The number of failures after which the service is stopped and has failed to start.',
		),
		{ examples: [{ tcp: 6379 }], hint: probeHint },
	),
	health: choice(
		"How to find out that a ready service still works; `none` for no probe. Default: the image's (HEALTHCHECK), else none.",
		['none'],
		probe(
			probeDefaults.health,
			'The number of failures in a row after which the service is stopped and has failed.',
		),
		{ examples: [{ exec: ['/usr/bin/redis-cli', 'ping'], interval: '10s' }] },
	),
	restart: described(
		'When the service is started again after it has ended.',
		record({
			policy: oneOf(
				'Restarts the service `always`, only `on-failure` (another exit code than 0, a signal, a failed probe) or ' +
					`never (\`no\`). ${byDefault(defaults.restart.policy)}`,
				'always',
				'on-failure',
				'no',
			),
			delay: duration(
				`The pause before the first restart; each further pause is twice as long. ${byDefault(formatDuration(defaults.restart.delayMs))}`,
			),
			maxDelay: duration(
				`The longest pause. A service that has run for so long starts with \`delay\` again. ${byDefault(formatDuration(defaults.restart.maxDelayMs))}`,
			),
			burst: parsed(
				'The most ends within a time, as `NUMBER/DURATION`; after more, `onBurst` follows. Default: no limit.',
				parseBurst,
				burstProblem,
				{ examples: ['10/1m'] },
			),
			onBurst: oneOf(
				'What follows after too many ends: `stop` leaves the service stopped, `reboot` and `poweroff` end the ' +
					`machine. ${byDefault(defaults.restart.onBurst)}`,
				'stop',
				'reboot',
				'poweroff',
			),
		}),
		{ examples: [{ policy: 'on-failure', burst: '10/1m', onBurst: 'reboot' }], hint: restartHint },
	),
	stop: described(
		'How the service is stopped.',
		record({
			signal: word(
				`The signal that asks the program to end (signal(7)), also \`SIGRTMIN+3\` for systemd in a container. Default: the image's (STOPSIGNAL), else \`${defaults.stop.signal}\`.`,
				signals,
				signalProblem,
			),
			timeout: duration(
				`The time from the signal to SIGKILL. ${byDefault(formatDuration(defaults.stop.timeoutMs))}`,
			),
		}),
		{ examples: [{ signal: 'SIGINT', timeout: '30s' }], hint: stopHint },
	),
	log,
};

const timeout = duration(
	'The time in which the container must end. Afterwards it is killed and has failed. Default: no limit of its own.',
	['2m'],
);

const engine = oneOf(
	'The runtime that runs the container: `runc`, or the engine that is built into PID 1 (`builtin`), which is faster and has ' +
		'no hooks, terminals and user namespaces. Default: `slipway.runtime=` of the ' +
		"kernel's command line, else `runc`.",
	'runc',
	'builtin',
);

export const onbootKeys = {
	networks: containerNetworks,
	onFailure: oneOf(
		'What follows when the container fails: the boot goes on (`continue`), or the machine ends by `reboot`, ' +
			'`poweroff` or `halt`. A failure is always reported. Default: `continue`.',
		'continue',
		'reboot',
		'poweroff',
		'halt',
	),
	timeout,
	engine,
};

/** A container of a shutdown has no `onFailure`: the machine ends already. */
export const onshutdownKeys = {
	networks: containerNetworks,
	timeout,
	engine,
};
