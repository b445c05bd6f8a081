import test from 'ava';
import { addressText } from '../../../../native/text/ip-address.ts';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

const rangesOf = (configs: Parameters<typeof planNetworks>[0]): readonly (readonly string[])[] =>
	planNetworks(configs).map(({ name, version4, version6 }) => [
		name,
		...[version4, version6].map(({ address, prefixLength }) => `${addressText(address)}/${prefixLength}`),
	]);

test('planNetworks() gives a network ranges that follow from its name, whatever others there are', (t) => {
	const [, alone] = rangesOf([{ name: 'front' }]);
	t.regex(alone?.join(' ') ?? '', /^front 10\.214\.\d+\.0\/24 fd5c:1ba7:a710:1[0-9a-f]{2}::\/64$/);
	const many = rangesOf([{ name: 'zebra' }, { name: 'front' }, { name: 'back' }]);
	t.deepEqual(
		many.find(([name]) => name === 'front'),
		alone,
	);
	t.deepEqual(
		many.map(([name]) => name),
		['bridge', 'zebra', 'front', 'back'],
	);
});

test('planNetworks() takes no range twice, and leaves those that the YAML names', (t) => {
	const configs = Array.from({ length: 63 }, (_, index) => ({ name: `n${index}` }));
	const [, taken = []] = rangesOf([{ name: 'n0' }]);
	const ranges = rangesOf([...configs, { name: 'given', subnets: [taken[1] ?? ''] }]);
	for (const at of [1, 2]) t.is(new Set(ranges.map((each) => each[at])).size, 65);
	t.not(ranges.find(([name]) => name === 'n0')?.[1], taken[1]);
});

test('planNetworks() lets a YAML give `bridge` another range', (t) => {
	t.deepEqual(
		rangesOf([
			{ name: 'a', subnets: ['10.213.0.0/24'] },
			{ name: 'bridge', subnets: ['10.9.0.0/16'] },
		])[0],
		['bridge', '10.9.0.0/16', 'fd5c:1ba7:a710::/64'],
	);
});

const answers = test.macro({
	exec(t, text: string, expected: string) {
		const problems = problemsOf(text);
		if (expected === '') t.is(problems, '');
		else t.true(problems.includes(expected), problems);
	},
	title: (_, text: string, expected) =>
		`loadConfig() answers ${text.trim()} with ${expected === '' ? 'nothing' : expected}`,
});

const front = 'networks: [{name: front, subnets: [10.80.0.0/24]}]\n';
const service = (keys: string, name = 's'): string => `services: [{name: ${name}, image: i, ${keys}}]\n`;

test(answers, `${front}${service('networks: [front, bridge]')}`, '');
test(
	answers,
	service('networks: [front]'),
	'1:43: s: networks: there is no network "front". Add it at the top',
);
test(
	answers,
	`${front}${service('networks: [frnt]')}`,
	'2:43: s: networks: there is no network "frnt". Did you mean "front"?',
);
test(answers, `${front}${service('networks: [front], net: host')}`, 'Leave out "net" or "networks".');
test(
	answers,
	`${front}${service('networks: [front], net: bridge')}`,
	'2:56: s: net: "networks" gives the container a network namespace of its own. Leave out "net", and write "bridge" into "networks".',
);
test(answers, `${front}${service('networks: [front, front]')}`, '"front" stands there twice.');
test(answers, `${front}${service('networks: []')}`, '"net: none" is for a container without a network.');
test(answers, `${front}${service('networks: {front: {}}')}`, 'Did you mean ["front"]?');
test(answers, `${front}${service('net: front')}`, 'is joined by networks: [front].');
test(
	answers,
	'networks: {front: {internal: true}, back: {}}',
	'Did you mean [{ name: front }, { name: back }]?',
);
test(answers, 'networks: [{name: a}, {name: a}]', 'there are two with the name "a"');
test(answers, 'networks: [{name: host}]', '"host" is a word of "net"');
test(answers, 'networks: [{name: much-too-long-a-name}]', 'Expected at most 12 of');

const range = (...texts: string[]): string => `networks: [{name: a, subnets: [${texts.join(', ')}]}]`;
test(answers, range('10.80.0.0/24', '"fd00:80::/64"'), '');
test(
	answers,
	range('10.80.0.0'),
	'1:32: subnets: "10.80.0.0" is no range of addresses. Expected ADDRESS/PREFIX-LENGTH',
);
test(answers, range('10.80.0.5/24'), 'Did you mean "10.80.0.0/24"?');
test(answers, range('"fd00:80::1/64"'), 'Did you mean "fd00:80::/64"?');
test(answers, range('10.0.0.0/7'), 'is too large. Expected a prefix length from 8 to 29');
test(answers, range('10.80.0.0/30'), 'is too small');
test(answers, range('"fd00::/120"'), 'is too small. Expected a prefix length from 32 to 112');
test(answers, range('127.0.0.0/16'), 'lies in 127.0.0.0/8');
test(answers, range('"fe80::/64"'), 'lies in fe80::/10');
test(answers, range('10.214.0.0/16'), 'takes what networks without "subnets" have');
test(
	answers,
	range('10.213.8.0/24'),
	'1:32: a: subnets: "10.213.8.0/24" overlaps with 10.213.0.0/16 of the network bridge.',
);
test(answers, range('10.80.0.0/24', '10.81.0.0/24'), 'at most one range of IPv4 and one of IPv6');
test(
	answers,
	`networks:\n  - {name: a, subnets: [10.80.0.0/16]}\n  - {name: b, subnets: [10.80.7.0/24]}\n`,
	'3:25: b: subnets: "10.80.7.0/24" overlaps with 10.80.0.0/16 of the network a.',
);
test(
	answers,
	`networks: [{name: a, subnets: [10.80.0.0/29]}]\nservices: [${Array.from({ length: 6 }, (_, index) => `{name: s${index}, image: i, networks: [a]}`).join(', ')}]`,
	's5: the network a has room for 5 containers, and 6 are in it.',
);
test(
	answers,
	`services: [${Array.from({ length: 1024 }, (_, index) => `{name: s${index}, image: i, net: bridge}`).join(', ')}]`,
	's1023: the network bridge has room for 1023 containers, and 1024 are in it. A bridge has no more: divide them',
);
test(
	answers,
	`networks: [{name: a, internal: true}]\n${service('networks: [a], ports: ["80:80"]')}`,
	's: ports: all its networks are internal',
);
test(
	answers,
	`networks: [{name: a, internal: true}]\n${service('networks: [a, bridge], ports: ["80:80"]')}`,
	'',
);
