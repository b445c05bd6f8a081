import test from 'ava';
import { ruleset } from '../../../../supervisor/network/ruleset.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';

/** A machine that forwards nothing for others. */
const host = { version4: false, version6: false };

const web = bridgeNetwork('web', 2, [
	{ address: null, port: 8080, protocol: 'tcp', containerPort: 80 },
	{ address: '127.0.0.1', port: 53, protocol: 'udp', containerPort: 5353 },
]);

test('ruleset() replaces its table in one step, and leads ports to the containers', (t) => {
	const rules = ruleset([web, bridgeNetwork('db', 3)], host);
	t.regex(rules, /^table inet slipway\ndelete table inet slipway\ntable inet slipway \{\n/);
	t.regex(rules, /\n\t\tmeta nfproto ipv4 tcp dport 8080 dnat ip to 10\.213\.0\.2:80\n/);
	t.regex(
		rules,
		/\n\t\tip daddr 127\.0\.0\.1 meta nfproto ipv4 udp dport 53 dnat ip to 10\.213\.0\.2:5353\n/,
	);
	t.is(rules.match(/dnat ip to/g)?.length, 2);
	t.is(rules.match(/dnat ip6 to \[fd5c:1ba7:a710::2\]:80/g)?.length, 1, 'not the port of an address of IPv4');
	t.is(rules.match(/\{/g)?.length, rules.match(/\}/g)?.length);
});

test('ruleset() drops what only passes through a machine that was no router', (t) => {
	t.regex(ruleset([web], host), /\n\t\tmeta nfproto ipv4 drop\n\t\tmeta nfproto ipv6 drop\n/);
	t.notRegex(ruleset([web], { version4: true, version6: true }), /nfproto ipv\d drop/);
	t.regex(ruleset([web], { version4: true, version6: false }), /accept\n\t\tmeta nfproto ipv6 drop\n/);
});

test('ruleset() without networks keeps the machine from being a router, and nothing else', (t) => {
	const rules = ruleset([], host);
	t.regex(rules, /\n\t\tmeta nfproto ipv4 drop\n\t\tmeta nfproto ipv6 drop\n/);
	t.notRegex(rules, /null|\{ *\}|masquerade/);
});
