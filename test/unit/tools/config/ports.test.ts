import test from 'ava';
import { parsePort } from '../../../../tools/config/ports.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

test('parsePort() reads Compose’s short form', (t) => {
	t.deepEqual(parsePort('8080:80'), { address: null, port: 8080, containerPort: 80, protocol: 'tcp' });
	t.deepEqual(parsePort('127.0.0.1:53:5353/udp'), {
		address: '127.0.0.1',
		port: 53,
		containerPort: 5353,
		protocol: 'udp',
	});
	t.is(parsePort('0.0.0.0:80:80')?.address, null);
	for (const text of ['80', '0:80', '80:65536', '1.2.3:80:80', '80:80/sctp', ':80:80', '80:80/'])
		t.is(parsePort(text), null, text);
});

const answers = test.macro({
	exec(t, keys: string, expected: string) {
		const services = `services:\n  - {name: s, image: i, ${keys}}\n  - {name: t, image: i, net: bridge, ports: ["80:80"]}\n`;
		const problems = problemsOf(services);
		if (expected === '') t.is(problems, '');
		else t.true(problems.includes(expected), problems);
	},
	title: (_, keys, expected) => `loadConfig() answers ${keys} with ${expected === '' ? 'nothing' : expected}`,
});

test(
	answers,
	'net: bridge, ports: ["8000-8010:80-90"]',
	'such as "8080:80". A range has one line for each port.',
);
test(answers, 'net: bridge, ports: ["[::1]:8080:80"]', 'A port without an address is one of IPv6, too.');
test(
	answers,
	'net: bridge, ports: ["80:80"]',
	'3:46: t: ports: "80:80" is published already, by "80:80" of the service s in line 2.',
);
test(answers, 'net: bridge, ports: ["10.0.0.1:80:1"]', 'by "10.0.0.1:80:1" of the service s');
test(answers, 'net: bridge, ports: ["80:80/udp", "81:80"]', '');
test(answers, 'net: bridge, ports: ["81:80", "81:81"]', 'of the service itself in line 2.');
test(answers, 'ports: ["81:80"]', '"slipway run --publish 81:80"');
test(answers, 'net: bridge, ports: ["81"]', 'Did you mean "81:81"?');
