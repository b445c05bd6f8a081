// Does the service answer a GET with 200 to 399? Redirections aren't followed, and no body is read.

import type { Native } from '../../native/native.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { connectInContainer, inWords } from './container-connection.ts';
import type { Ask } from './question.ts';

const DEFAULT_PORT = 80;
const MAX_HEADER_BYTES = 16 * 1024;

export function askHttp(native: Native, process: ProcessIdentity, url: string): Ask {
	return async (signal, onBegun) => {
		onBegun();
		if (!URL.canParse(url)) return 'it is not a URL';
		const { protocol, hostname, port } = new URL(url);
		if (protocol !== 'http:') return `only http: can be asked, not ${protocol}`;
		const host = hostname.replace(/^\[|\]$/g, '');
		const number = port === '' ? DEFAULT_PORT : Number(port);
		const socket = await connectInContainer(native, process, host, number, signal);
		try {
			const status = await statusOf(url, socket, signal);
			return status >= 200 && status <= 399 ? null : `status ${status}`;
		} finally {
			socket.destroy();
		}
	};
}

async function statusOf(
	url: string,
	socket: Awaited<ReturnType<typeof connectInContainer>>,
	signal: AbortSignal,
): Promise<number> {
	// Loaded only where it is used; containerd's client needs most of it anyhow.
	const { get } = await import('node:http');
	return new Promise((resolve, reject) => {
		// Without an agent, hence with `Connection: close`.
		const options = { createConnection: () => socket, maxHeaderSize: MAX_HEADER_BYTES, signal };
		const request = get(url, options, (response) => {
			response.destroy();
			resolve(response.statusCode ?? 0);
		});
		request.on('error', (error) => reject(new Error(inWords(error))));
	});
}
