import { mkdirSync, writeFileSync } from 'node:fs';
import type { NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createOverlapReport, overlapProblems } from '../../../../supervisor/network/overlaps.ts';
import { bridgeNetwork } from '../../../helpers/bridge-network.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

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

/** A machine whose addresses the test changes, with the service web on a bridge. */
function machine(answers: Parameters<typeof createFakeNative>[0] = {}) {
	const root = scratchFolder();
	const bundle = join(root, 'containers/services/web');
	mkdirSync(bundle, { recursive: true });
	writeFileSync(join(bundle, 'config.json'), '{}');
	writeFileSync(join(bundle, 'network.json'), JSON.stringify(bridgeNetwork('web', 2)));
	let interfaces: Record<string, NetworkInterfaceInfo[]> = {};
	let arrive = (): void => undefined;
	const watchReadable = (_: number, callback: () => void) => {
		arrive = callback;
	};
	const { native } = createFakeNative({ readAvailable: () => null, watchReadable, ...answers });
	const { log, lines } = fakeLog();
	const paths = { containers: join(root, 'containers'), state: join(root, 'run') };
	const report = createOverlapReport({ native, log }, paths, () => interfaces);
	const change = (now: typeof interfaces): void => {
		interfaces = now;
	};
	return { report, change, arrive: () => arrive(), lines };
}

test('createOverlapReport() tells an overlap once, and again when it has been gone', (t) => {
	const { report, change, lines } = machine();
	const overlapping = having('eth0', '10.213.7.4/24');
	for (const now of [overlapping, overlapping, {}, overlapping]) {
		change(now);
		report();
	}
	t.is(lines.length, 2);
	t.true(lines.every((line) => line.startsWith('warn the network of eth0 (10.213.7.4/24) ')));
});

test('createOverlapReport() tells an overlap with an address that comes later', async (t) => {
	const { report, change, arrive, lines } = machine();
	report();
	t.deepEqual(lines, []);
	change(having('eth0', '10.213.7.4/24'));
	arrive();
	arrive();
	await eventually(() => lines.length > 0);
	t.is(lines.length, 1);
});

test('createOverlapReport() compares what there is where the kernel tells of nothing', (t) => {
	const openAddressSocket = () => {
		throw new Error('none');
	};
	const { report, change, lines } = machine({ openAddressSocket });
	change(having('eth0', '10.213.7.4/24'));
	report();
	t.is(lines[0], 'warn overlaps of networks with new addresses are not told: none');
	t.is(lines.length, 2);
});
