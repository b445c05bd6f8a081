import test from 'ava';
import { ruleset } from '../../../../supervisor/network/ruleset.ts';
import { networkOf } from '../../../../tools/system/bundle/container-network.ts';

const web = networkOf('web', 2, [
	{ address: null, port: 8080, protocol: 'tcp', containerPort: 80 },
	{ address: '127.0.0.1', port: 53, protocol: 'udp', containerPort: 5353 },
]);

test('ruleset() replaces its table in one step, and leads ports to the containers', (t) => {
	const rules = ruleset([web, networkOf('db', 3)], true);
	t.regex(rules, /^table inet slipway\ndelete table inet slipway\ntable inet slipway \{\n/);
	t.regex(rules, /\n\t\tmeta nfproto ipv4 tcp dport 8080 dnat ip to 10\.213\.0\.2:80\n/);
	t.regex(
		rules,
		/\n\t\tip daddr 127\.0\.0\.1 meta nfproto ipv4 udp dport 53 dnat ip to 10\.213\.0\.2:5353\n/,
	);
	t.is(rules.match(/dnat ip to/g)?.length, 2);
	t.is(rules.match(/\{/g)?.length, rules.match(/\}/g)?.length);
});

test('ruleset() drops what only passes through a machine that was no router', (t) => {
	t.regex(ruleset([web], true), /\n\t\tdrop\n/);
	t.notRegex(ruleset([web], false), /\n\t\tdrop\n/);
});
