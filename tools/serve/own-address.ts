// The address of this host that a client of the network reaches.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** Returns the address from which packets go to the client, by the kernel's routes; null when there is no way. */
export async function ownAddressFor(client: string): Promise<string | null> {
	const socket = createSocket(isIPv6(client) ? 'udp6' : 'udp4');
	try {
		// Connecting a UDP socket sends nothing. The port is that of "discard".
		socket.connect(9, client);
		await once(socket, 'connect');
		return socket.address().address;
	} catch {
		return null;
	} finally {
		socket.close();
	}
}
