import test from 'ava';
import { tcpSender, udpSender } from '../../../../supervisor/logs/forward-senders.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { freePort, tcpReceiver } from './receivers.ts';

const host = '127.0.0.1';

test('tcpSender().send() rejects while nobody listens, and works once somebody does', async (t) => {
	const port = await freePort();
	const sender = tcpSender({ protocol: 'tcp', host, port });
	await t.throwsAsync(sender.send([Buffer.from('a')]), { code: 'ECONNREFUSED' });
	const receiver = await tcpReceiver({ port });
	await sender.send([Buffer.from('b'), Buffer.from('c')]);
	await receiver.until((received) => received === 'bc');
	sender.close();
	await receiver.stop();
});

test('tcpSender().send() rejects when the receiver takes nothing in time', async (t) => {
	const stuck = await tcpReceiver({ onConnection: (socket) => socket.pause() });
	const sender = tcpSender({ protocol: 'tcp', host, port: stuck.port }, 50);
	const sendForEver = async () => {
		for (;;) await sender.send([Buffer.alloc(1_000_000)]);
	};
	const message = `${host}:${stuck.port} takes nothing for 50 ms`;
	await t.throwsAsync(sendForEver(), { message });
	await stuck.stop();
});

test('tcpSender().send() rejects, or connects again, when the receiver has closed', async (t) => {
	let connections = 0;
	const receiver = await tcpReceiver({
		onConnection(socket) {
			connections += 1;
			socket.end();
		},
	});
	const sender = tcpSender({ protocol: 'tcp', host, port: receiver.port });
	const send = (): Promise<void> => sender.send([Buffer.alloc(100_000)]).catch(() => undefined);
	t.true(await eventually(() => send().then(() => connections > 10), { pauseMs: 1, timeoutMs: 20_000 }));
	sender.close();
	await receiver.stop();
});

for (const make of [tcpSender, udpSender]) {
	test(`${make.name}().send() rejects when the host is unknown`, async (t) => {
		const sender = make({ protocol: 'tcp', host: 'nobody.invalid', port: 1 });
		const error = await t.throwsAsync<NodeJS.ErrnoException>(sender.send([Buffer.from('a')]));
		t.regex(error?.code ?? '', /^(ENOTFOUND|EAI_AGAIN)$/);
		sender.close();
		sender.close();
	});
}
