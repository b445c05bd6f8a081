import test from 'ava';
import { parseForwardAddress } from '../../../../supervisor/contract/forward-address.ts';

const parsing = test.macro({
	exec(t, text: string, expected: string | null) {
		const address = parseForwardAddress(text);
		t.is(address === null ? null : `${address.protocol} ${address.host} ${address.port}`, expected);
	},
	title: (_, text, expected) => `parseForwardAddress() of "${text}" is ${expected}`,
});

test(parsing, 'logs.example:514', 'tcp logs.example 514');
test(parsing, '10.0.0.1:6514', 'tcp 10.0.0.1 6514');
test(parsing, 'tcp://10.0.0.1:6514', 'tcp 10.0.0.1 6514');
test(parsing, 'udp://10.0.0.1:514', 'udp 10.0.0.1 514');
test(parsing, 'udp://[fe80::1%eth0]:514', 'udp fe80::1%eth0 514');
test(parsing, '[::1]:514', 'tcp ::1 514');
test(parsing, '', null);
test(parsing, 'logs.example', null);
test(parsing, 'logs.example:', null);
test(parsing, 'logs.example:0', null);
test(parsing, 'logs.example:65536', null);
test(parsing, '::1:514', null);
test(parsing, 'http://logs.example:80', null);
test(parsing, 'user@host name:80', null);
