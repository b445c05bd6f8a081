// `service logs`: finds the logs that the names mean, and parses which part of them is wanted.

import { lineCount, sinceTime } from '../contract/option-values.ts';
import type { ServiceStatus } from '../contract/protocol.ts';
import { numberOf } from './command-options.ts';
import { type ControlClient, events } from './control-requests.ts';
import { findOneShot, oneShotStatus } from './one-shot-status.ts';
import {
	followInitLog,
	followOneShotLog,
	type LogPlaces,
	pid1Name,
	showInitLog,
	showOneShotLog,
} from './plain-logs.ts';
import { showLogs } from './show-logs.ts';

interface LogsRequest {
	readonly names: readonly string[];
	readonly lines: string | undefined;
	readonly since: string | undefined;
	readonly follow: boolean;
	readonly json: boolean;
}

interface LogsContext {
	readonly places: LogPlaces;
	readonly write: (text: string) => unknown;
	readonly ended: AbortSignal;
	nowSeconds(): number;
}

export async function logsCommand(
	client: ControlClient,
	request: LogsRequest,
	{ places, write, ended, nowSeconds }: LogsContext,
): Promise<void> {
	const { names, follow, json } = request;
	const lines = request.lines === undefined ? undefined : numberOf('-n', request.lines, lineCount);
	const nowMs = Date.now();
	const sinceMs =
		request.since === undefined ? undefined : numberOf('--since', request.since, sinceTime(nowMs));
	const all = await client.request<readonly ServiceStatus[]>({ command: 'list' });
	const since = sinceMs === undefined ? undefined : nowSeconds() - (nowMs - sinceMs) / 1000;
	const plain = { lines: lines ?? Number.POSITIVE_INFINITY, since, json, write };
	const services: ServiceStatus[] = names.length === 0 ? [...all] : [];
	const oneShots = names.length === 0 ? [] : oneShotStatus(await events(client));
	// Begun once all names are known to be right.
	const followed: (() => Promise<void>)[] = [];
	for (const name of names) {
		const service = all.find((each) => each.name === name);
		const oneShot = service === undefined ? findOneShot(name, oneShots) : null;
		if (service !== undefined) services.push(service);
		else if (name !== pid1Name && oneShot === null)
			// PID 1's error names the services that exist.
			await client.request({ command: 'status', name });
		else if (oneShot !== null && follow)
			followed.push(() => followOneShotLog(oneShot.name, places, plain, ended));
		else if (oneShot !== null) showOneShotLog(oneShot.name, places, plain);
		else if (follow) followed.push(() => followInitLog(places, plain, ended));
		else showInitLog(places, plain);
	}
	if (services.length === 0 && names.length > 0) {
		await Promise.all(followed.map((each) => each()));
		return;
	}
	const query = { ...(lines === undefined ? {} : { lines }), ...(sinceMs === undefined ? {} : { sinceMs }) };
	const sources = services.map(({ name, log }) => ({ name, path: log }));
	const show = showLogs(sources, { query, follow, json, write, signal: ended });
	await Promise.all([show, ...followed.map((each) => each())]);
}
