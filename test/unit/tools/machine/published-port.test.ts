import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import { parsePublishedPort } from '../../../../tools/machine/published-port.ts';

test('parsePublishedPort() reads every form', (t) => {
	const tcp = { address: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' };
	t.like(parsePublishedPort('8080:80'), tcp);
	t.like(parsePublishedPort('8080:80/udp'), { ...tcp, protocol: 'udp' });
	t.like(parsePublishedPort('0.0.0.0:8080:80'), { ...tcp, address: '0.0.0.0' });
});

for (const text of [
	'',
	'80',
	'0:80',
	'80:0',
	'65536:80',
	'a:b',
	'80:80/sctp',
	'80:80/tcp/x',
	'host:80:80',
	'1:2:3:4',
	'1,2:3',
]) {
	test(`parsePublishedPort() refuses "${text}"`, (t) => {
		t.throws(() => parsePublishedPort(text), {
			instanceOf: UsageError,
			message: /expected \[ADDRESS:\]HOST:GUEST/,
		});
	});
}
