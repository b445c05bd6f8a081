// Finds ports of the host on which nothing listens. Another process may still take one before QEMU does.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Returns the port itself when this process may listen on it, else another one. 0 asks for any. */
export async function freePort(wanted: number, address: string): Promise<number> {
	const server = createServer().listen(wanted, address);
	try {
		await once(server, 'listening');
		return (server.address() as AddressInfo).port;
	} catch (error) {
		if (wanted === 0) throw error;
		return await freePort(0, address);
	} finally {
		server.close();
	}
}
