import { closeSync, openSync } from 'node:fs';
import { createServer, Socket } from 'node:net';
import test from 'ava';
import { openAddon } from '../../helpers/addon.ts';
import { bits } from '../../unit/native/bits.ts';

const native = await openAddon();

test("openSocketInNamespace() connects in the other namespace, and leaves Node's threads in theirs", async (t) => {
	const server = createServer().listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const { port } = server.address() as { port: number };
	const [stdin, keep] = native.pipe();
	const namespaces = bits(native, 'CLONE_NEWNET');
	const holder = native.spawn({ path: '/bin/cat', args: ['cat'], env: [], stdio: [stdin, 2, 2], namespaces });
	const answers: string[] = [];
	for (const pid of ['self', String(holder)]) {
		const namespaceFd = openSync(`/proc/${pid}/ns/net`, 'r');
		const fd = native.openSocketInNamespace(namespaceFd, bits(native, 'AF_INET'));
		closeSync(namespaceFd);
		const options = { fd, manualStart: true };
		answers.push(await answerOf(new Socket(options), port));
	}
	// There the loopback interface is down.
	t.deepEqual(answers, ['connected', 'ENETUNREACH']);
	t.is(await answerOf(new Socket(), port), 'connected');
	for (const fd of [stdin, keep]) closeSync(fd);
	native.waitpid(holder, 0);
	server.close();
});

function answerOf(socket: Socket, port: number): Promise<string> {
	return new Promise((resolve) => {
		socket.once('connect', () => {
			socket.destroy();
			resolve('connected');
		});
		socket.once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
		socket.connect(port, '127.0.0.1');
	});
}
