import test from 'ava';
import { hostsFile, networkOf, planHosts } from '../../../../../tools/system/bundle/container-network.ts';

test('planHosts() gives a name the same number whatever other names there are', (t) => {
	const alone = planHosts(['web']).get('web');
	const together = planHosts(['db', 'web', 'cache']);
	t.is(together.get('web'), alone);
	t.is(new Set(together.values()).size, 3);
});

test('planHosts() gives numbers of the range, each once, also when there are as many names as to collide', (t) => {
	const names = Array.from({ length: 3000 }, (_, index) => `service-${index}`);
	const numbers = [...planHosts(names).values()];
	t.is(new Set(numbers).size, names.length);
	t.true(numbers.every((number) => number >= 2 && number < 2 ** 16 - 1));
	t.deepEqual(planHosts(names.toReversed()), planHosts(names));
});

test('networkOf() writes the same number into both addresses and the name of the link', (t) => {
	t.deepEqual(networkOf('web', 0x1234), {
		namespace: '/run/slipway/netns/web',
		links: [
			{
				name: 'eth0',
				hostName: 'slip-1234',
				addresses: ['10.213.18.52/16', 'fd5c:1ba7:a710::1234/64'],
				bridge: { name: 'slip0', addresses: ['10.213.0.1/16', 'fd5c:1ba7:a710::1/64'] },
			},
		],
		ports: [],
	});
});

test('hostsFile() names this container and the services', (t) => {
	t.is(
		hostsFile(['web'], new Map([['web', 2]])),
		'127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.213.0.2 web\nfd5c:1ba7:a710::2 web\n',
	);
});
