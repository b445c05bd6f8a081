import test from 'ava';
import { planNetworks } from '../../../../../tools/config/networks.ts';
import { planFiles } from '../../../../../tools/system/bundle/container-network.ts';

const networks = planNetworks([
	{ name: 'front', subnets: ['10.80.0.0/24', 'fd00:80::/64'] },
	{ name: 'back', subnets: ['10.81.0.0/29', 'fd00:81::/64'], internal: true },
]);
const service = (id: string, ...names: string[]) => ({ id, isService: true, networks: names });
const web = service('web', 'front');
const both = service('both', 'back', 'front');
const db = service('db', 'back');
const filesOf = planFiles(networks, [
	web,
	both,
	db,
	{ id: 'onboot.000-a', isService: false, networks: ['front'] },
]);

test('planFiles() gives a container a link to each of its networks, in their order', (t) => {
	const { network } = filesOf(both, []);
	t.is(network.namespace, '/run/slipway/netns/both');
	t.deepEqual(
		network.links.map(({ name, bridge }) => [name, bridge.name, bridge.internal, bridge.addresses]),
		[
			['eth0', 'br-back', true, ['10.81.0.1/29', 'fd00:81::1/64']],
			['eth1', 'br-front', false, ['10.80.0.1/24', 'fd00:80::1/64']],
		],
	);
	const [inBack, inFront] = network.links;
	t.regex(inBack?.addresses.join(' ') ?? '', /^10\.81\.0\.[2-6]\/29 fd00:81::[2-6]\/64$/);
	t.regex(inFront?.addresses.join(' ') ?? '', /^10\.80\.0\.\d+\/24 fd00:80::[0-9a-f]+\/64$/);
	t.regex(inBack?.hostName ?? '', /^slip-0a51000[2-6]$/);
});

test('planFiles() names the services of the container’s own networks, each once', (t) => {
	const namesOf = (hosts = '') => hosts.match(/^\S+\.\S+ \S+$/gm)?.map((line) => line.replace(/\d+ /, ' '));
	t.deepEqual(namesOf(filesOf(web, []).hosts), ['127.0.0. localhost', '10.80.0. web', '10.80.0. both']);
	t.deepEqual(namesOf(filesOf(db, []).hosts), ['127.0.0. localhost', '10.81.0. both', '10.81.0. db']);
	t.deepEqual(namesOf(filesOf(both, []).hosts), [
		'127.0.0. localhost',
		'10.81.0. both',
		'10.81.0. db',
		'10.80.0. web',
	]);
	const [, address = ''] = /^(fd00:81::\S+) db$/m.exec(filesOf(both, []).hosts) ?? [];
	t.is(`${address}/64`, filesOf(db, []).network.links[0]?.addresses[1] ?? '');
});

test('planFiles() keeps what the network of `net: bridge` has had', (t) => {
	const { network, hosts } = planFiles(planNetworks([]), [service('web', 'bridge')])(
		service('web', 'bridge'),
		[],
	);
	t.deepEqual(network, {
		namespace: '/run/slipway/netns/web',
		links: [
			{
				name: 'eth0',
				hostName: 'slip-0ad53a15',
				addresses: ['10.213.58.21/16', 'fd5c:1ba7:a710::3a15/64'],
				bridge: {
					name: 'slip0',
					internal: false,
					addresses: ['10.213.0.1/16', 'fd5c:1ba7:a710::1/64'],
				},
			},
		],
		ports: [],
	});
	t.is(
		hosts,
		'127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.213.58.21 web\nfd5c:1ba7:a710::3a15 web\n',
	);
});
