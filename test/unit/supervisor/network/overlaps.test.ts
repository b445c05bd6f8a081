import type { NetworkInterfaceInfo } from 'node:os';
import test from 'ava';
import { overlapProblems } from '../../../../supervisor/network/overlaps.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';

const bridges = bridgeNetwork('web', 2).links.map(({ bridge }) => bridge);

const having = (name: string, ...cidrs: readonly string[]) => ({
	[name]: cidrs.map((cidr) => ({ cidr }) as NetworkInterfaceInfo),
});

test('overlapProblems() names an address of the machine that lies in the range of a bridge', (t) => {
	t.deepEqual(overlapProblems(bridges, having('eth0', '10.213.7.4/24', 'fe80::1/64')), [
		'the network of eth0 (10.213.7.4/24) and that of the bridge slip0 (10.213.0.1/16, fd5c:1ba7:a710::1/64) overlap: ' +
			'some addresses there are not reached. Give the network of the services other "subnets" in the YAML',
	]);
	t.is(
		overlapProblems(bridges, having('eth0', '10.0.0.4/8')).length,
		1,
		'the range of eth0 is the larger one',
	);
	t.is(overlapProblems(bridges, having('eth0', 'fd5c:1ba7:a710::77/64')).length, 1);
});

test('overlapProblems() finds none in other ranges, in the bridge itself and in its ports', (t) => {
	const all = {
		...having('lo', '127.0.0.1/8', '::1/128'),
		...having('eth0', '10.0.2.15/24', 'fe80::1/64'),
		...having('slip0', '10.213.0.1/16', 'fd5c:1ba7:a710::1/64'),
		...having('slip-0ad50002', '10.213.0.9/32'),
	};
	t.deepEqual(overlapProblems(bridges, all), []);
});
