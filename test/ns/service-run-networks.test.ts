// `service run --net bridge`: containers with addresses beside those of services, with the rules of nft(8) in the kernel. PID 1's stand-in has
// a network namespace of its own, so that the machine's is not touched; another one stands for the world outside.
// Runs alone: the cgroup of all containers of `service run` is the machine's.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { defaultNetwork, privateRange } from '../../supervisor/contract/network-range.ts';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { textUntil } from '../helpers/text-until.ts';
import { addService, inGuest, isAsBefore, remains, startNetworkGuest } from './network-guest.ts';
import { callService, serviceWords } from './service-caller.ts';
import { type HostLine, type SupervisedGuest, service } from './supervised-guest.ts';

const webAddresses = ['10.213.0.2', 'fd5c:1ba7:a710::2'] as const;

/** The words of `service run` for a script in a network. */
const onNetwork = (net: string, folder: string, script: string, ...options: readonly string[]): string[] => [
	'run',
	'--net',
	net,
	...options,
	folder,
	'--',
	'/bin/sh',
	'-c',
	script,
];
const onBridge = (folder: string, script: string, ...options: readonly string[]): string[] =>
	onNetwork('bridge', folder, script, ...options);

/** Begins a container that says its addresses, serves at port 8000 and ends when it reads a line. */
async function begin(guest: SupervisedGuest, folder: string, name: string, net = 'bridge') {
	const script = `trap "exit 5" TERM; cat /etc/hosts; nc -ll -p 8000 -e /bin/echo of ${name} & read line; exit 4`;
	const [program, ...words] = serviceWords(guest, onNetwork(net, folder, script, '--name', name));
	const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
	// From the start: it may have ended before somebody asks.
	const ended = once(child, 'exit');
	const own = new RegExp(`^(10\\.\\S+) ${name}$`, 'm');
	const hosts = await textUntil(child.stdout, own);
	return { child, ended, address: own.exec(hosts)?.[1] ?? '', hosts };
}

/** Returns the /etc/hosts of a container that runs. */
function hostsOf(name: string): string {
	const [pid] = readFileSync(join(cgroupRoot, 'slipway.run', name, 'cgroup.procs'), 'utf8').split('\n');
	return readFileSync(`/proc/${pid}/root/etc/hosts`, 'utf8');
}

const hasEnded = (name: string) => (line: HostLine) =>
	line.event === 'run' && line.name === name && line.state !== 'started';

test.serial(
	'service run --net bridge: reaches services by name and is reached, and the world, under its address',
	async (t) => {
		const { guest, folder, answers } = await startNetworkGuest(t);
		const world = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] });
		t.teardown(() => void world.kill('SIGKILL'));
		await eventually(() => readFileSync(`/proc/${world.pid}/comm`, 'utf8') === 'cat\n');
		inGuest(
			guest,
			'ip',
			'link',
			'add',
			'out',
			'type',
			'veth',
			'peer',
			'name',
			'eth0',
			'netns',
			`${world.pid}`,
		);
		inGuest(guest, 'ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'out');
		inGuest(guest, 'ip', 'link', 'set', 'out', 'up');
		for (const words of [
			['addr', 'add', '192.0.2.2/24', 'dev', 'eth0'],
			['link', 'set', 'eth0', 'up'],
		])
			await runProgram('nsenter', [`--net=/proc/${world.pid}/ns/net`, 'ip', ...words]);
		const before = remains(guest);

		const box = await begin(guest, folder, 'box');
		t.regex(box.hosts, /^127\.0\.0\.1 localhost\n(.*\n)*10\.213\.0\.2 web\nfd5c:1ba7:a710::2 web\n/);
		t.true(await answers(box.address, 'box'));
		const script =
			'nc -w 5 web 8000; nc -w 5 box 8000; for each in 192.0.2.2 fd5c:1ba7:a710::2; do ping -c 1 -W 5 $each > /dev/null && echo reached; done';
		const other = await callService(
			guest,
			onBridge(folder, script, '--name', 'other', '--cap-add', 'net_raw'),
		);
		t.deepEqual([other.stdout, other.stderr], ['of web\nof box\nreached\nreached\n', '']);
		const joined = await callService(guest, [
			'run',
			'--net',
			'web',
			folder,
			'--',
			'/bin/sh',
			'-c',
			'nc -w 5 web 8000',
		]);
		t.is(joined.stdout, 'of web\n', 'who shares the network of a service knows its names');
		box.child.stdin.write('\n');
		t.is((await box.ended)[0], 4);
		await isAsBefore(t, guest, before);

		const again = await begin(guest, folder, 'box');
		t.is(again.address, box.address, 'it follows from the name');
		t.is((await callService(guest, ['stop', 'box'])).exitCode, 0);
		t.is((await again.ended)[0], 5);
		await isAsBefore(t, guest, before);

		// A DHCP server may give such an address.
		inGuest(guest, 'ip', 'addr', 'add', '10.213.200.1/24', 'dev', 'out');
		t.regex(
			(await guest.next(({ level }) => level === 'warn')).message ?? '',
			/^the network of out \(10\.213\.200\.1\/24\) and that of the bridge slip0 .* overlap/,
		);
		await callService(guest, onBridge(folder, 'exit 0'));
		t.is(guest.lines.filter(({ level }) => level === 'warn').length, 1, 'it is told once');
		await guest.command('stop');
	},
);

test.serial(
	'service run --net bridge: has no address but its own, with all rights over its network',
	async (t) => {
		const { guest, folder } = await startNetworkGuest(t);
		const script = [
			...webAddresses.map((address) => `ping -c 1 -W 5 ${address} > /dev/null || echo not reached`),
			'ip addr add 10.213.0.77/32 dev eth0 && ! ping -c 1 -W 2 -I 10.213.0.77 10.213.0.2 > /dev/null && echo unheard',
			'ip link set eth0 address 02:42:00:00:00:77 && ! ping -c 1 -W 2 10.213.0.2 > /dev/null && echo unheard',
		].join('; ');
		const { stdout, stderr } = await callService(
			guest,
			onBridge(folder, script, '--cap-add', 'net_admin', '--cap-add', 'net_raw'),
		);
		t.deepEqual([stdout, stderr], ['unheard\nunheard\n', '']);
		await guest.command('stop');
	},
);

test.serial(
	'service run --net bridge: nothing is left of twenty, also when service is killed or PID 1 crashes',
	async (t) => {
		const { guest, folder, answers } = await startNetworkGuest(t);
		const before = remains(guest);
		const addresses = new Set<string | undefined>();
		const script = 'ip -4 -o addr show dev eth0';
		for (let round = 0; round < 5; round++) {
			const four = ['a', 'b', 'c', 'd'].map((name) =>
				callService(guest, onBridge(folder, script, '--name', name)),
			);
			for (const { stdout } of await Promise.all(four)) addresses.add(/inet (\S+)/.exec(stdout)?.[1]);
		}
		t.deepEqual([addresses.size, addresses.has(undefined)], [4, false]);
		await isAsBefore(t, guest, before);

		const children: Record<string, ChildProcess> = {};
		const started: Record<string, string> = {};
		for (const name of ['killed', 'orphan', 'kept']) {
			const { child, address } = await begin(guest, folder, name);
			children[name] = child;
			started[name] = address;
		}
		children['killed']?.kill('SIGKILL');
		t.is((await guest.next(hasEnded('killed'))).message, 'its service run was killed');
		await guest.crash();
		children['orphan']?.kill('SIGKILL');
		t.is(
			(await guest.next(hasEnded('orphan'))).message,
			'ended while PID 1 restarted, with an unknown status',
		);
		await guest.command('start');
		t.true(await answers(started['kept'] ?? '', 'kept'));
		const late = await begin(guest, folder, 'late');
		t.true(
			late.hosts.includes(`${started['kept']} kept\n`),
			'a PID 1 after a crash knows who has which address',
		);
		t.true(hostsOf('kept').includes(`${late.address} late\n`), 'one from before the crash finds it');
		late.child.stdin.write('\n');
		await late.ended;
		children['kept']?.stdin?.write('\n');
		t.is((await guest.next(hasEnded('kept'))).message, 'exited with status 4');
		await isAsBefore(t, guest, before);
		await guest.command('stop');
	},
);

const back = {
	name: 'back',
	bridge: 'br-back',
	internal: true,
	version4: { address: Uint8Array.of(10, 214, 1, 0), prefixLength: 24 },
	version6: { address: privateRange(1), prefixLength: 64 },
};

test.serial('service run --net NETWORK: reaches the members of that network, and nobody else', async (t) => {
	const { guest, folder, answers } = await startNetworkGuest(t, {
		web: { number: 2, networks: [defaultNetwork] },
		db: { number: 2, networks: [back] },
	});
	inGuest(guest, 'ip', 'addr', 'add', '192.0.2.1/32', 'dev', 'lo');
	const before = remains(guest);
	const box = await begin(guest, folder, 'box', 'back');
	t.regex(box.address, /^10\.214\.1\.\d+$/);
	t.false(box.hosts.includes('web'));
	t.true(await answers(box.address, 'box', 'db'));

	const addresses = ['10.214.1.2', '10.213.0.2', 'fd5c:1ba7:a710::2', '192.0.2.1', box.address];
	const script = `nc -w 5 db 8000; for each in ${addresses.join(' ')}; do
		ping -c 1 -W 2 $each > /dev/null 2>&1 && echo $each; done`;
	const reached = async (net: string): Promise<readonly string[]> => {
		const { stdout } = await callService(guest, onNetwork(net, folder, script, '--cap-add', 'net_raw'));
		return stdout.trim().split('\n');
	};
	t.deepEqual(await reached('back'), ['of db', '10.214.1.2', box.address]);
	t.deepEqual(await reached('bridge'), ['10.213.0.2', 'fd5c:1ba7:a710::2', '192.0.2.1']);

	box.child.stdin.write('\n');
	t.is((await box.ended)[0], 4);
	await isAsBefore(t, guest, before);
	await guest.command('stop');
});

test.serial(
	'a service does not take the address of a container of service run, nor that one its',
	async (t) => {
		const { guest, folder, answers } = await startNetworkGuest(t, {
			web: { number: 2, networks: [defaultNetwork] },
			db: { number: 3, networks: [defaultNetwork] },
		});
		const box = await begin(guest, folder, 'box');
		const [, , third, fourth] = box.address.split('.').map(Number);
		// A bundle of `service replace` may have that address.
		addService(guest, 'db', { number: (third ?? 0) * 256 + (fourth ?? 0), networks: [defaultNetwork] });
		const restarted = callService(guest, ['restart', 'db']);
		const refused = await guest.next(service('db', 'backoff'));
		const reason = `could not have its address ${box.address}/16: run/box has it. Wait for its end, or: service stop box; it is started again`;
		t.true(refused.message?.includes(reason), refused.message);
		t.true(await answers(box.address, 'box'));
		box.child.stdin.write('\n');
		t.is((await box.ended)[0], 4);
		await guest.next(service('db', 'running'));
		await restarted;
		t.true(await answers(box.address, 'db'));

		const other = await begin(guest, folder, 'box');
		t.regex(other.address, /^10\.213\./);
		t.not(other.address, box.address);
		other.child.stdin.write('\n');
		await other.ended;
		await guest.command('stop');
	},
);

test.serial(
	'services and other containers find one of service run by its name while it runs, in their networks alone',
	async (t) => {
		const { guest, folder } = await startNetworkGuest(t, {
			web: { number: 2, networks: [defaultNetwork] },
			db: { number: 2, networks: [back] },
		});
		/** In the container that runs now. */
		const hostsIn = (name: string): string => {
			const pid = guest.lines.findLast(service(name, 'running'))?.pid;
			return readFileSync(`/proc/${pid}/root/etc/hosts`, 'utf8');
		};
		const [ofWeb, ofDb] = [hostsIn('web'), hostsIn('db')];
		t.regex(ofWeb, /^10\.213\.0\.2 web$/m);
		const box = await begin(guest, folder, 'box');
		const ipv6 = /^(fd\S+) box$/m.exec(box.hosts)?.[1];
		t.is(hostsIn('web'), `${ofWeb}${box.address} box\n${ipv6} box\n`);
		t.is(hostsIn('db'), ofDb);
		const asked = ['exec', 'web', '--', '/bin/busybox', 'nc', '-w', '5', 'box', '8000'];
		t.is((await callService(guest, asked)).stdout, 'of box\n');
		const script = 'echo begun; sleep 1000';
		const words = ['run', '--pid', 'web', folder, '--', '/bin/sh', '-c', script];
		const [program, ...rest] = serviceWords(guest, words);
		const beside = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
		const killed = once(beside, 'exit');
		await textUntil(beside.stdout, /begun/);
		const said = textUntil(beside.stderr, /\n/);
		t.is((await callService(guest, ['restart', 'web'])).exitCode, 0);
		t.regex(hostsIn('web'), /^10\S+ box$/m);
		const why = 'killed because the service web has ended, whose processes it shared';
		t.is(await said, `service: The program was ${why}.\n`);
		t.is((await killed)[0], 137);
		t.is((await guest.next(hasEnded('run-1'))).message, `exited with status 137; ${why}`);

		t.is(hostsOf('box'), box.hosts);
		const hidden = await begin(guest, folder, 'hidden', 'back');
		const other = await begin(guest, folder, 'other');
		t.true(hostsOf('box').startsWith(box.hosts));
		t.regex(hostsOf('box').slice(box.hosts.length), /^10\S+ other\nfd\S+ other\n$/);
		t.notRegex(hostsOf('hidden'), / (?:box|other|web)$/m);
		t.regex(hostsOf('other'), /^10\S+ box$/m);
		hidden.child.stdin.write('\n');
		await hidden.ended;
		box.child.stdin.write('\n');
		await box.ended;
		await eventually(() => !/ box$/m.test(hostsIn('web')), { pauseMs: 10 });
		await eventually(() => !/ box$/m.test(hostsOf('other')), { pauseMs: 10 });
		t.regex(hostsIn('web'), /^10\S+ other$/m);
		await guest.crash();
		other.child.kill('SIGKILL');
		await guest.next(hasEnded('other'));
		await guest.command('start');
		t.is(hostsIn('web'), ofWeb);
		await guest.command('stop');
	},
);

test.serial('service run --net: what cannot be had is refused, and says what to do', async (t) => {
	const { guest, folder } = await startNetworkGuest(t);
	const before = remains(guest);
	const refused = async (net: string): Promise<string> => {
		const { stderr, exitCode, stdout } = await callService(guest, [
			'run',
			'--net',
			net,
			folder,
			'--',
			'/bin/echo',
			'ran',
		]);
		return `${exitCode} ${stdout}${stderr}`;
	};
	t.is(
		await refused('nobody'),
		'5 service: --net nobody: there is no service and no network of that name. The services are web.\n',
	);
	const nft = join(guest.root, 'nft');
	rmSync(nft);
	writeFileSync(nft, '#!/bin/sh\necho "Error: no rules today" >&2\nexit 1\n', { mode: 0o755 });
	t.regex(
		await refused('bridge'),
		/^1 service: --net bridge: could not load the rules of its networks: nft refuses \S+: Error: no rules today\.\n$/,
	);
	rmSync(nft);
	t.is(
		await refused('bridge'),
		`1 service: --net bridge: could not keep it from the addresses of others: there is no ${nft}, which slipway/nftables:v1 in "init" has.\n`,
	);
	await isAsBefore(t, guest, before);
	await guest.command('stop');
	symlinkSync('/usr/sbin/nft', nft);
	// Nothing would keep it from the addresses of others.
	t.is(
		await refused('bridge'),
		'1 service: --net bridge: could not load the rules of its network: the system shuts down.\n',
	);
});
