import test from 'ava';
import { bridgeOf, defaultNetwork, linkTo } from '../../../../supervisor/contract/network-range.ts';
import { freeLink } from '../../../../supervisor/network/free-link.ts';
import { planNetworks } from '../../../../tools/config/networks.ts';
import { planFiles } from '../../../../tools/system/bundle/container-network.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';

const slip0 = bridgeOf(defaultNetwork);

test('freeLink() gives a name the address that the build would give it, and another one when that is taken', (t) => {
	const member = { id: 'box', isService: true, networks: ['bridge'] };
	const planned = planFiles([defaultNetwork], [member])(member, []).network;
	const link = freeLink('box', slip0, [bridgeNetwork('web', 2)]);
	t.deepEqual(link, planned.links[0]);
	const other = freeLink('box', slip0, [planned]);
	t.not(other?.addresses[0], link?.addresses[0]);
	t.deepEqual(other?.bridge, slip0);
});

test('freeLink() counts the members of its own network alone, and finds no place in a full one', (t) => {
	const [, small] = planNetworks([
		{ name: 'small', subnets: ['10.81.0.8/29', 'fd00:81::/64'], internal: true },
	]);
	if (small === undefined) throw new Error('it is planned');
	const taken = [2, 3, 4, 5].map((number) => bridgeNetwork(`at-${number}`, number, [], [small]));
	const elsewhere = [bridgeNetwork('web', 6)];
	t.deepEqual(freeLink('box', bridgeOf(small), [...taken, ...elsewhere]), linkTo(small, 6, 'eth0'));
	t.is(freeLink('box', bridgeOf(small), [...taken, bridgeNetwork('last', 6, [], [small])]), null);
});
