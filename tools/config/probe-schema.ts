// The keys of a probe: how `ready` and `health` of a service find out that it works.

import { duration, formatDuration } from './durations.ts';
import { boolean, integer, record, string, strings } from './schema.ts';
import { commandHint, probePortHint } from './value-hints.ts';

const kinds = ['tcp', 'http', 'exec', 'file', 'notify'] as const;

/** The defaults of a probe. */
export interface ProbeDefaults {
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly retries: number;
}

/** @param retriesText - describes what follows after so many failures */
export function probe(defaults: ProbeDefaults, retriesText: string) {
	return record(
		{
			tcp: integer(
				1n,
				65_535n,
				"Succeeds when this TCP port accepts a connection, in the container's network namespace.",
				{ examples: [6379], hint: probePortHint },
			),
			host: string('The address to connect to; only with `tcp`. Default: `127.0.0.1`.'),
			http: string(
				"Succeeds when a GET of this URL is answered with a status from 200 to 399, in the container's network " +
					'namespace.',
				{ check: urlProblem, examples: ['http://127.0.0.1:8080/health'] },
			),
			exec: strings('Succeeds when this program, run in the container, exits with 0.', {
				examples: [['/usr/bin/redis-cli', 'ping']],
				hint: commandHint,
			}),
			file: string('Succeeds when this absolute path exists in the container.', {
				check: pathProblem,
				examples: ['/run/ready'],
			}),
			notify: boolean(
				'Succeeds when the service says so itself by sd_notify(3): READY=1, and as `health` WATCHDOG=1 within each ' +
					'interval.',
			),
			interval: duration(
				`The time from one probe to the next. Default: \`${formatDuration(defaults.intervalMs)}\`.`,
			),
			timeout: duration(
				`The time in which a probe must succeed. Default: \`${formatDuration(defaults.timeoutMs)}\`.`,
			),
			retries: integer(1n, 100_000n, `${retriesText} Default: ${defaults.retries}.`),
		},
		{ check: probeProblem },
	);
}

function probeProblem(given: Readonly<Record<string, unknown>>): string | null {
	const found = kinds.filter((kind) => given[kind] !== undefined);
	if (found.length !== 1) {
		const what = found.length === 0 ? 'none' : found.join(' and ');
		return `expected one of ${kinds.join(', ')}, found ${what}.`;
	}
	const { tcp, host, exec, notify } = given;
	if (host !== undefined && tcp === undefined) return 'host goes with tcp only.';
	if (Array.isArray(exec) && exec.length === 0) return 'exec needs a program.';
	return notify === false ? 'notify is true, or left out.' : null;
}

function pathProblem(path: string): string | null {
	return path.startsWith('/') ? null : `"${path}" does not begin with "/".`;
}

function urlProblem(text: string): string | null {
	if (URL.canParse(text) && new URL(text).protocol === 'http:') return null;
	const withScheme = `http://${text}`;
	const isHost = /^[\w.-]+(?::\d+)?(?:\/|$)/.test(text) && URL.canParse(withScheme);
	if (isHost) return `"${text}" is not a URL. Did you mean ${withScheme}?`;
	return `"${text}" is not a URL. Expected one such as http://127.0.0.1:8080/health (https can't be asked).`;
}
