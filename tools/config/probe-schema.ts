// How a YAML says that a service is asked whether it works: `ready` and `health`.

import { durationProblem } from './durations.ts';
import { boolean, checked, list, type RecordSchema, record, string } from './schema.ts';

const duration = checked(durationProblem);
const kinds = ['tcp', 'http', 'exec', 'file', 'notify'] as const;

export const probe: RecordSchema = {
	...record({
		tcp: { type: 'integer', minimum: 1n, maximum: 65_535n },
		host: string,
		http: checked(urlProblem),
		exec: list(string),
		file: checked(pathProblem),
		notify: boolean,
		interval: duration,
		timeout: duration,
		retries: { type: 'integer', minimum: 1n, maximum: 100_000n },
	}),
	check: probeProblem,
};

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
	return `"${text}" is not a URL. Expected one such as http://127.0.0.1:8080/health (https can't be asked).`;
}
