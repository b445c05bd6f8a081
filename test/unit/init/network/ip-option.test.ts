import test from 'ava';
import { ipOptions, nameServerWords } from '../../../../init/network/ip-option.ts';

const plain = { gateway: null, hostname: null, device: null, nameServers: [] };

const reads = test.macro({
	exec(t, text: string, expected: object) {
		t.deepEqual(ipOptions(`console=ttyS0 ${text} quiet\n`), [
			{ kind: 'static', settings: expected } as never,
		]);
	},
	title: (_, text) => `ipOptions() reads ${text}`,
});

test(reads, 'ip=10.0.2.15::10.0.2.2:255.255.255.0:web:eth0:off:10.0.2.3:192.0.2.53:192.0.2.1', {
	address: '10.0.2.15',
	prefixLength: 24,
	gateway: '10.0.2.2',
	hostname: 'web',
	device: 'eth0',
	nameServers: ['10.0.2.3', '192.0.2.53'],
});
test(reads, 'ip=192.0.2.5:::26', { ...plain, address: '192.0.2.5', prefixLength: 26 });
test(reads, 'ip=192.0.2.5:::0.0.0.0', { ...plain, address: '192.0.2.5', prefixLength: 0 });
test(reads, 'ip=[2001:db8::15]::[2001:db8::1]:48:web:eth0:off:[2001:db8::53]:192.0.2.53', {
	address: '2001:db8::15',
	prefixLength: 48,
	gateway: '2001:db8::1',
	hostname: 'web',
	device: 'eth0',
	nameServers: ['2001:db8::53', '192.0.2.53'],
});
test(reads, 'ip=[2001:db8::15]:::::eth1:none', {
	...plain,
	address: '2001:db8::15',
	prefixLength: 64,
	device: 'eth1',
});
// The class of the address is the kernel's default.
test(reads, 'ip=10.1.2.3::', { ...plain, address: '10.1.2.3', prefixLength: 8 });
test(reads, 'ip=172.16.0.1:', { ...plain, address: '172.16.0.1', prefixLength: 16 });
test(reads, 'ip=192.0.2.5:::::eth1:none:0.0.0.0', {
	...plain,
	address: '192.0.2.5',
	prefixLength: 24,
	device: 'eth1',
});

for (const [text, how] of [
	['ip=dhcp', 'dhcp'],
	['ip=', 'off'],
	['ip=off', 'off'],
	['ip=:::::eth0:dhcp', 'dhcp'],
	['ip=10.0.2.15:::::eth0:any', 'any'],
	['ip=eth0:dhcp', 'dhcp'],
	['ip=ens3:auto6', 'auto6'],
] as const) {
	test(`ipOptions() leaves ${text} to a package`, (t) => {
		t.deepEqual(ipOptions(text), [{ kind: 'left', how }]);
	});
}

for (const [text, problem] of [
	['ip=10.0.2', '"10.0.2" is no IPv4 address, nor IPv6 in brackets'],
	['ip=:::', '"" is no IPv4 address, nor IPv6 in brackets'],
	['ip=2001:db8::1::', '"2001" is no IPv4 address, nor IPv6 in brackets'],
	['ip=[2001:db8::1%eth0]::', '"2001:db8::1%eth0" is no IPv4 address, nor IPv6 in brackets'],
	['ip=[2001:db8::1', '"[2001" is no IPv4 address, nor IPv6 in brackets'],
	['ip=[2001:db8::1]::10.0.2.2', '"10.0.2.2" is no IPv6 address'],
	['ip=10.0.2.15::[2001:db8::1]', '"2001:db8::1" is no IPv4 address'],
	['ip=[2001:db8::1]:::255.255.255.0', '"255.255.255.0" is no prefix length'],
	['ip=[2001:db8::1]:::129', '"129" is no prefix length'],
	['ip=10.0.2.15::gate:', '"gate" is no IPv4 address'],
	['ip=10.0.2.15:::255.0.255.0', '"255.0.255.0" is no netmask'],
	['ip=10.0.2.15:::33', '"33" is no netmask'],
	['ip=10.0.2.15:::24:a/b', '"a/b" is no hostname'],
	['ip=10.0.2.15:::24::../x', '"../x" is no device'],
	['ip=10.0.2.15:::24::eth0:maybe', '"maybe" is no way to get an address'],
	['ip=10.0.2.15:::24::eth0:off:dns', '"dns" is no IPv4 address, nor IPv6 in brackets'],
] as const) {
	test(`ipOptions() explains what is wrong with ${text}`, (t) => {
		const form = 'ip=ADDRESS::GATEWAY:NETMASK:HOSTNAME:DEVICE:off:DNS:DNS';
		t.deepEqual(ipOptions(text), [{ kind: 'wrong', problem: `${text}: ${problem}. Expected ${form}.` }]);
	});
}

test('ipOptions() reads several ip= and ignores other words', (t) => {
	t.deepEqual(ipOptions('skip=1 ip.x=2 rdip=dhcp'), []);
	t.is(ipOptions('ip=10.0.0.1:::::eth0 ip=10.0.1.1:::::eth1').length, 2);
});

test('nameServerWords() reads the addresses of both kinds', (t) => {
	const words =
		'nameserver=192.0.2.53 quiet nameserver=2001:db8::53 nameserver=[2001:db8::54] nameserver=dns';
	t.deepEqual(nameServerWords(words), ['192.0.2.53', '2001:db8::53', '2001:db8::54']);
});
