// The HTTP server of systems: files by GET and HEAD, the scripts of iPXE and the machines' metadata. It takes nothing from clients.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { errorMessage } from '../../native/text/error-message.ts';
import { answerMetadata, answerScript, type BootSettings, scriptPath } from './boot-answer.ts';
import { parseRange } from './http-range.ts';
import { type ListenAddress, portText, startListening } from './listen-address.ts';
import type { ServedFile } from './served-files.ts';

export interface FileServer {
	/** The port that it listens on. */
	readonly port: number;
	close(): Promise<void>;
}

const maxConnections = 1000;
/** A client that reads nothing for so long is gone. */
const idleMs = 60_000;

/** Throws a `SlipwayError` when the port is taken or may not be used. */
export async function serveHttp(settings: BootSettings, listen: ListenAddress): Promise<FileServer> {
	const server = createServer({ maxHeaderSize: 8192, requestTimeout: 30_000 }, (request, response) => {
		answer(settings, request, response).catch((error: unknown) => {
			// A client that goes away in the midst is reported by sendFile().
			if (response.headersSent) response.destroy();
			else answerText(request, response, 500, `${errorMessage(error)}\n`);
		});
	});
	server.maxConnections = maxConnections;
	server.setTimeout(idleMs);
	await startListening('--port', listen, async () => {
		server.listen({ port: listen.port, ...(listen.host === null ? {} : { host: listen.host }) });
		await once(server, 'listening');
	});
	const address = server.address();
	const port = typeof address === 'object' && address !== null ? address.port : listen.port;
	settings.report({ event: 'listening', protocol: 'http', address: portText({ ...listen, port }) });
	return {
		port,
		async close() {
			server.closeAllConnections();
			server.close();
			await once(server, 'close');
		},
	};
}

async function answer(
	settings: BootSettings,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	response.setHeader('X-Content-Type-Options', 'nosniff');
	if (request.method !== 'GET' && request.method !== 'HEAD') {
		response.setHeader('Allow', 'GET, HEAD');
		answerText(request, response, 405, 'Only GET and HEAD are answered.\n');
		return;
	}
	const url = URL.parse(request.url ?? '', 'http://host');
	const path = url === null ? null : decoded(url.pathname);
	if (url === null || path === null) {
		answerText(request, response, 400, 'The address of the request is wrong.\n');
		return;
	}
	const file = await settings.files.open(path);
	if (file !== null) {
		await sendFile(settings, request, response, path, file);
		return;
	}
	const text = await madeText(settings, request, url, path);
	answerText(request, response, text === null ? 404 : 200, text ?? 'Not found.\n');
}

/** Answers what is no file: the script of iPXE, metadata, and the list of files. */
async function madeText(
	settings: BootSettings,
	request: IncomingMessage,
	url: URL,
	path: string,
): Promise<string | null> {
	if (path === scriptPath)
		return await answerScript(settings, url.searchParams, clientOf(request), serverOf(request));
	if (path === '/') return (await settings.files.list()).map((name) => `${name}\n`).join('');
	return answerMetadata(settings.machines, path);
}

async function sendFile(
	{ report }: BootSettings,
	request: IncomingMessage,
	response: ServerResponse,
	path: string,
	{ handle, sizeBytes, modifiedAt }: ServedFile,
): Promise<void> {
	const tag = `"${sizeBytes.toString(16)}-${Math.round(modifiedAt.getTime() * 1000).toString(16)}"`;
	const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === tag;
	const range = isSame ? parseRange(request.headers.range, sizeBytes) : null;
	response.setHeader('Accept-Ranges', 'bytes');
	response.setHeader('ETag', tag);
	response.setHeader('Last-Modified', modifiedAt.toUTCString());
	response.setHeader('Content-Type', 'application/octet-stream');
	try {
		if (range === 'unsatisfiable') {
			response.writeHead(416, { 'Content-Range': `bytes */${sizeBytes}`, 'Content-Length': 0 }).end();
			return;
		}
		const { from, to } = range ?? { from: 0, to: sizeBytes - 1 };
		const bytes = to - from + 1;
		response.setHeader('Content-Length', bytes);
		if (range !== null) response.setHeader('Content-Range', `bytes ${from}-${to}/${sizeBytes}`);
		response.writeHead(range === null ? 200 : 206);
		const event = { event: 'file', protocol: 'http', client: clientOf(request), path, bytes } as const;
		if (request.method === 'HEAD' || bytes === 0) {
			response.end();
			return;
		}
		try {
			await pipeline(handle.createReadStream({ start: from, end: to, autoClose: false }), response);
			report({ ...event, outcome: 'sent' });
		} catch (error) {
			report({ ...event, outcome: `not sent whole: ${errorMessage(error)}` });
			throw error;
		}
	} finally {
		await handle.close();
	}
}

function answerText(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
	response.writeHead(status, {
		'Content-Type': 'text/plain; charset=utf-8',
		'Content-Length': Buffer.byteLength(text),
	});
	response.end(request.method === 'HEAD' ? '' : text);
}

function decoded(path: string): string | null {
	try {
		return decodeURIComponent(path);
	} catch {
		return null;
	}
}

function clientOf({ socket }: IncomingMessage): string {
	return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
}

/** Returns `http://HOST:PORT` as the client knows it; it becomes part of a kernel command line. */
function serverOf({ headers, socket }: IncomingMessage): string {
	const { host = '' } = headers;
	if (/^[\w.:[\]-]{1,255}$/.test(host)) return `http://${host}`;
	const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
	return `http://${portText({ host: address, port: socket.localPort ?? 80 })}`;
}
