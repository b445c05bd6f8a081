// Whether a Redis behind a forwarded port answers. A connection for each question: one that was begun too early
// waits for a retransmission.

import { connect } from 'node:net';

export function answersPing(port: number, timeoutMs: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host: '127.0.0.1', port, timeout: timeoutMs });
		const end = (answered: boolean): void => {
			socket.destroy();
			resolve(answered);
		};
		socket.on('connect', () => socket.write('PING\r\n'));
		socket.on('data', (bytes) => end(bytes.toString('latin1').startsWith('+PONG')));
		socket.on('timeout', () => end(false));
		socket.on('error', () => end(false));
		socket.on('close', () => end(false));
	});
}
