// A proxy for HTTP that knows every name: whatever host is asked for, it goes to one registry.

import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface ConnectProxy {
	/** `http://127.0.0.1:PORT` */
	readonly url: string;
	/** `CONNECT registry.invalid:443`, `GET http://registry.invalid/v2/…`, in order. */
	readonly seen: readonly string[];
}

/** @param login - `USER:PASSWORD`, asked for where it is given */
export async function startConnectProxy(
	t: ExecutionContext,
	upstream: string,
	login?: string,
): Promise<ConnectProxy> {
	const seen: string[] = [];
	const tunnels = new Set<Socket>();
	const mayPass = ({ headers }: IncomingMessage): boolean =>
		login === undefined ||
		headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`;
	const server = createServer((incoming, answer) => {
		const { method = '', url = '', headers } = incoming;
		seen.push(`${method} ${url}`);
		const { pathname, search } = new URL(url);
		const sent = request(`http://${upstream}${pathname}${search}`, { method, headers }, (real) => {
			answer.writeHead(real.statusCode ?? 0, real.headers);
			real.pipe(answer);
		});
		sent.on('error', (error) => answer.destroy(error));
		incoming.pipe(sent);
	});
	server.on('connect', (incoming: IncomingMessage, client: Socket) => {
		seen.push(`CONNECT ${incoming.url}`);
		if (!mayPass(incoming)) {
			client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
			return;
		}
		const [host = '', port = ''] = upstream.split(':');
		const far = connect(Number(port), host, () => {
			client.write('HTTP/1.1 200 Connection established\r\n\r\n');
			far.pipe(client);
			client.pipe(far);
		});
		far.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
		for (const socket of [client, far]) {
			tunnels.add(socket);
			socket.on('error', () => undefined);
		}
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.teardown(() => {
		for (const socket of tunnels) socket.destroy();
		server.closeAllConnections();
		server.close();
	});
	return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
