import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import { freePort } from '../../../../tools/machine/free-port.ts';

test('freePort() returns the port that is asked for, and another one when it is taken', async (t) => {
	const server = createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const other = await freePort(port, '127.0.0.1');
	t.not(other, port);
	t.true(other > 0);
	server.close();
	await once(server, 'close');
	t.is(await freePort(port, '127.0.0.1'), port);
});
