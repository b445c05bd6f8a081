// The HTTP server of the dashboard: the page, a stream of what happens, the console, logs, and requests to the systems. It listens
// on 127.0.0.1 alone; request-guard.ts decides who is answered.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errorMessage } from '../../native/text/error-message.ts';
import { bootChart } from './boot-chart.ts';
import { chartSvg } from './chart-svg.ts';
import { isLogName, streamLog } from './log-stream.ts';
import { createMessageStream, type MessageStream } from './message-stream.ts';
import { type PageAction, parseAction } from './messages.ts';
import { contentSecurityPolicy, type PageFile, pageFiles, pageHtml } from './page-files.ts';
import { createGuard } from './request-guard.ts';
import { pollUsage } from './usage-poll.ts';
import type { WatchedSystem, WatchedSystems } from './watched-system.ts';

export interface Dashboard {
	/** The address of the page, with the token. */
	readonly url: string;
	close(): Promise<void>;
}

export interface DashboardOptions {
	readonly token: string;
	/** 0 for any free one. */
	readonly port: number;
	readPage(name: PageFile): string;
}

const maxBodyBytes = 64 * 1024;

/** Headers of every answer; nothing of the page is kept, framed or told to others. */
const commonHeaders = {
	'Cache-Control': 'no-store',
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Resource-Policy': 'same-origin',
	'Referrer-Policy': 'no-referrer',
	'X-Content-Type-Options': 'nosniff',
} as const;

interface Context {
	readonly systems: WatchedSystems;
	readonly messages: MessageStream;
	readonly options: DashboardOptions;
}

/** Rejects when the port is taken. */
export async function openDashboard(systems: WatchedSystems, options: DashboardOptions): Promise<Dashboard> {
	const guard = createGuard(options.token);
	const messages = createMessageStream(systems);
	const context: Context = { systems, messages, options };
	const server = createServer((request, response) => {
		for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
		const url = guard.admit(request, portOf(server.address()));
		if (url === null) {
			answer(response, 404, 'Not found: the address of the dashboard has a token in it.\n');
			return;
		}
		handle(context, request, response, url).catch((error: unknown) => {
			if (response.headersSent) response.destroy();
			else answer(response, 502, `${errorMessage(error)}\n`);
		});
	});
	server.listen(options.port, '127.0.0.1');
	await once(server, 'listening');
	const stopPolling = pollUsage(systems, messages.isWatched, messages.sendUsage);
	return {
		url: `http://127.0.0.1:${portOf(server.address())}${guard.base}`,
		async close() {
			stopPolling();
			messages.close();
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

function portOf(address: AddressInfo | string | null): number {
	return typeof address === 'object' && address !== null ? address.port : 0;
}

type Route = (
	context: Context,
	request: IncomingMessage,
	response: ServerResponse,
	url: URL,
) => Promise<void>;

const routes: Readonly<Record<string, Route>> = {
	'GET /': sendPage,
	'GET /events': async ({ messages }, _request, response) => messages.add(response),
	'GET /console': onSystem(sendConsole),
	'POST /console': onSystem(typeAtConsole),
	'POST /size': onSystem(resizeConsole),
	'GET /logs': onSystem(sendLogs),
	'GET /boot.svg': onSystem(sendChart),
	'POST /action': onSystem(act),
};

async function handle(
	context: Context,
	request: IncomingMessage,
	response: ServerResponse,
	url: URL,
): Promise<void> {
	const file = url.pathname.slice(1);
	if (request.method === 'GET' && Object.hasOwn(pageFiles, file)) {
		const name = file as PageFile;
		answer(response, 200, context.options.readPage(name), pageFiles[name]);
		return;
	}
	const key = `${request.method} ${url.pathname}`;
	const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
	if (route === undefined) answer(response, 404, 'Not found.\n');
	else await route(context, request, response, url);
}

async function sendPage(
	_context: Context,
	_request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const nonce = randomBytes(16).toString('base64url');
	response.setHeader('Content-Security-Policy', contentSecurityPolicy(nonce));
	answer(response, 200, pageHtml(nonce), 'text/html; charset=utf-8');
}

type SystemRoute = (
	system: WatchedSystem,
	request: IncomingMessage,
	response: ServerResponse,
	url: URL,
) => Promise<void>;

/** Returns a route whose request names the system. */
function onSystem(route: SystemRoute): Route {
	return async ({ systems }, request, response, url) => {
		const name = url.searchParams.get('system');
		const system = systems.list().find((each) => each.name === name);
		if (system === undefined) answer(response, 404, 'There is no system of this name.\n');
		else await route(system, request, response, url);
	};
}

async function sendConsole(
	system: WatchedSystem,
	_request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const tail = system.consoleTail();
	response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'X-Old-Bytes': tail.length });
	response.write(tail);
	const pass = (bytes: Buffer): void => {
		// A browser that does not read loses lines, and memory stays.
		if (response.writableLength < maxBodyBytes * 64) response.write(bytes);
	};
	system.emitter.on('console', pass);
	response.on('close', () => system.emitter.off('console', pass));
}

async function typeAtConsole(
	system: WatchedSystem,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const body = await bodyOf(request);
	if (body !== null) system.type(body);
	answer(response, body === null ? 413 : 204, '');
}

async function resizeConsole(
	system: WatchedSystem,
	_request: IncomingMessage,
	response: ServerResponse,
	{ searchParams }: URL,
): Promise<void> {
	const [rows = 0, columns = 0] = ['rows', 'columns'].map((key) => Number(searchParams.get(key)));
	const isSize = [rows, columns].every((each) => Number.isInteger(each) && each > 0 && each < 1000);
	if (isSize) system.resizeConsole({ rows, columns });
	answer(response, isSize ? 204 : 400, '');
}

async function sendLogs(
	system: WatchedSystem,
	_request: IncomingMessage,
	response: ServerResponse,
	{ searchParams }: URL,
): Promise<void> {
	const name = searchParams.get('service') ?? '';
	if (isLogName(system, name)) await streamLog(system, name, response);
	else answer(response, 404, 'There is no service of this name.\n');
}

async function sendChart(
	system: WatchedSystem,
	_request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const now = (Date.now() - system.bootedAtMs) / 1000;
	const svg = chartSvg(bootChart(system.events, now), `${system.name}: boot`);
	const name = system.name.replaceAll(/[^\w.-]/g, '_');
	response.setHeader('Content-Disposition', `attachment; filename="${name}-boot.svg"`);
	// An SVG can have scripts; ours has none, and a browser that shows it runs none.
	response.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
	answer(response, 200, svg, 'image/svg+xml');
}

async function act(system: WatchedSystem, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const body = await bodyOf(request);
	const action = body === null ? null : parseAction(parsed(body));
	if (action === null) {
		answer(response, 400, 'This is not an action.\n');
		return;
	}
	const failure = await perform(system, action);
	answer(response, failure === null ? 200 : 502, failure ?? '');
}

/** Returns the reason why it could not be done, or null. */
async function perform(system: WatchedSystem, action: PageAction): Promise<string | null> {
	if (!('service' in action)) {
		system.power(action.action);
		return null;
	}
	if (!isLogName(system, action.service) || action.service === 'init')
		return 'There is no service of this name.';
	let said = '';
	const keep = (bytes: Buffer): void => {
		if (said.length < maxBodyBytes) said += bytes.toString('utf8');
	};
	const exitCode = await system.service([action.action, action.service], keep, AbortSignal.timeout(60_000));
	return exitCode === 0 ? null : said.trim() || `service ${action.action} exited with ${exitCode}`;
}

function parsed(body: Buffer): unknown {
	try {
		return JSON.parse(body.toString('utf8'));
	} catch {
		return null;
	}
}

/** Returns null for a body that is too long. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
	const chunks: Buffer[] = [];
	let length = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		length += chunk.length;
		if (length > maxBodyBytes) return null;
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

function answer(
	response: ServerResponse,
	status: number,
	text: string,
	type = 'text/plain; charset=utf-8',
): void {
	response.writeHead(status, { 'Content-Type': type });
	response.end(text);
}
