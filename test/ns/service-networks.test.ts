// The networks of services with the rules of nft(8) in the kernel. PID 1's stand-in has a network namespace of its own, so that the
// machine's is not touched.

import test from 'ava';
import { defaultNetwork, hostNamePrefix } from '../../supervisor/contract/network-range.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { inGuest, isAsBefore, remains, startNetworkGuest } from './network-guest.ts';
import { callService } from './service-caller.ts';

const two = {
	web: { number: 2, networks: [defaultNetwork] },
	db: { number: 3, networks: [defaultNetwork] },
};

test.serial('what somebody removes of a network comes back with the next start of its service', async (t) => {
	const { guest } = await startNetworkGuest(t, two);
	const before = remains(guest);
	inGuest(guest, '/usr/sbin/nft', 'flush', 'ruleset');
	const link = before.links?.find((name) => name.startsWith(hostNamePrefix)) ?? '';
	inGuest(guest, 'ip', 'link', 'del', link);
	t.notDeepEqual(remains(guest), before);
	t.is((await callService(guest, ['restart', 'web', 'db'])).exitCode, 0);
	await isAsBefore(t, guest, before);
	for (const [name, { number }] of Object.entries(two)) {
		const ask = ['busybox', 'nc', '-w', '5', `10.213.0.${number}`, '8000'];
		await eventually(async () => {
			const words = [`--net=/proc/${guest.hostPid}/ns/net`, ...ask];
			return (await runProgram('nsenter', words)).stdout === `of ${name}\n`;
		});
	}
	await guest.command('stop');
});
