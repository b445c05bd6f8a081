// Asks a server by TCP, as a client outside of the guest.

import { once } from 'node:events';
import { connect } from 'node:net';

/** Returns the first bytes that 127.0.0.1:`port` answers. */
export async function answerOf(port: number, request: string): Promise<string> {
	const socket = connect(port, '127.0.0.1');
	socket.write(request);
	const [answer] = await once(socket, 'data');
	socket.destroy();
	return String(answer);
}
