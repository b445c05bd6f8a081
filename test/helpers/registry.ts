// Debian's docker-registry on a free port of 127.0.0.1, filled by skopeo, and a proxy that makes faults.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runProgram } from './program.ts';
import { type Owner, scratchFolder } from './scratch.ts';

/** As htpasswd writes it (bcrypt, the only kind that the registry reads). */
export const login = { username: 'anna', password: 'secret' };
const htpasswd = 'anna:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n';

export interface RegistryOptions {
	readonly basic?: boolean;
	readonly tls?: { readonly certificate: string; readonly key: string };
}

/** @returns `127.0.0.1:PORT` */
export async function startRegistry(t: Owner, options: RegistryOptions = {}): Promise<string> {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'htpasswd'), htpasswd);
	const auth =
		options.basic === true ? { htpasswd: { realm: 'test', path: join(folder, 'htpasswd') } } : null;
	const config = {
		version: 0.1,
		log: { level: 'info' },
		storage: { filesystem: { rootdirectory: join(folder, 'data') } },
		http: { addr: '127.0.0.1:0', ...(options.tls === undefined ? {} : { tls: options.tls }) },
		...(auth === null ? {} : { auth }),
	};
	// YAML is a superset of JSON.
	writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
	const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], {
		env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	t.teardown(() => child.kill('SIGKILL'));
	const port = await new Promise<string>((resolve, reject) => {
		let log = '';
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			log += text;
			const found = /listening on [^\s"]*:(\d+)/.exec(log)?.[1];
			if (found !== undefined) resolve(found);
		});
		child.on('error', reject);
		child.on('close', () => reject(new Error(`docker-registry ended:\n${log}`)));
	});
	return `127.0.0.1:${port}`;
}

/** Pushes from an OCI layout. */
export async function pushImage(
	layout: string,
	tag: string,
	target: string,
	...options: readonly string[]
): Promise<void> {
	const pushed = await runProgram('skopeo', [
		'copy',
		'--dest-tls-verify=false',
		...options,
		`oci:${layout}:${tag}`,
		`docker://${target}`,
	]);
	if (pushed.exitCode !== 0) throw new Error(pushed.stderr);
}

/** Answers itself and returns true, or leaves the request to the registry; `forward` gives the real answer. */
export type Fault = (
	incoming: IncomingMessage,
	answer: ServerResponse,
	forward: () => Promise<IncomingMessage>,
) => Promise<boolean> | boolean;

export interface FaultProxy {
	/** `127.0.0.1:PORT` */
	readonly host: string;
	/** `GET /v2/… [range]`, in order. */
	readonly seen: readonly string[];
}

export async function startFaultProxy(
	t: ExecutionContext,
	upstream: string,
	fault: Fault,
	address = '127.0.0.1',
): Promise<FaultProxy> {
	const seen: string[] = [];
	const server = createServer((incoming, answer) => {
		const { method = '', url = '', headers } = incoming;
		seen.push([method, url, headers.range].filter((each) => each !== undefined).join(' '));
		const forward = async (): Promise<IncomingMessage> =>
			await new Promise((resolve, reject) => {
				// With the proxy's own host: the registry tells its client where to send an upload.
				incoming.pipe(request(`http://${upstream}${url}`, { method, headers }, resolve).on('error', reject));
			});
		void (async () => {
			if (await fault(incoming, answer, forward)) return;
			const real = await forward();
			answer.writeHead(real.statusCode ?? 0, real.headers);
			real.pipe(answer);
		})().catch((error) => answer.destroy(error as Error));
	});
	await new Promise<void>((resolve) => server.listen(0, address, resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const host = address.includes(':') ? `[${address}]` : address;
	return { host: `${host}:${(server.address() as AddressInfo).port}`, seen };
}
