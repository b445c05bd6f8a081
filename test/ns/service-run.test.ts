// `service run`: containers of tarballs, archives of images and directories, on the built-in engine, with nothing left of them.
// Runs alone: the cgroup of all containers of `service run` is the machine's.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { cgroupRoot } from '../helpers/cgroup-root.ts';
import { eventually } from '../helpers/eventually.ts';
import { runProgram } from '../helpers/program.ts';
import { makeArchives } from './image-archives.ts';
import { callService, serviceOnTerminal, serviceWords } from './service-caller.ts';
import { makeRoot, nothingLeft, shell } from './service-run-root.ts';
import { forever, type HostLine, processesNaming, service, startGuest } from './supervised-guest.ts';

test.serial(
	'service run runs a program of a directory and of a tarball, confined as a service',
	async (t) => {
		const guest = await startGuest(t);
		const { folder, tarball } = await makeRoot(guest);
		const script =
			'cat /srv/file; id -u; hostname; ls /proc | grep -c "^[0-9]"; grep -E "^(CapBnd|NoNewPrivs|Seccomp):" /proc/self/status; touch /srv/new 2> /dev/null || echo read-only; ls /sys/firmware; ls /sys/class/net';
		const expected = [
			...['of the image', '0', 'box', '3', 'CapBnd:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2'],
			...['read-only', 'lo'],
		];
		for (const image of [folder, tarball]) {
			const { stdout, stderr, exitCode } = await callService(guest, [
				'run',
				'--name',
				'box',
				image,
				...shell(script),
			]);
			t.deepEqual([stdout.trim().split('\n'), stderr, exitCode], [expected, '', 0], image);
			await nothingLeft(t, guest);
		}
		t.false(existsSync(join(folder, 'proc')), 'the directory is as it was');
	},
);

test.serial(
	'service run takes an OCI layout and a docker save archive, from a file and from stdin',
	async (t) => {
		const guest = await startGuest(t);
		const { folder, tarball } = await makeRoot(guest);
		mkdirSync(join(folder, 'etc/old'));
		writeFileSync(join(folder, 'etc/old/lower'), '');
		const lower = join(guest.root, 'lower.tar');
		await runProgram('tar', ['-C', folder, '-cf', lower, '.']);
		const { layout, docker } = await makeArchives(guest.root, lower);
		for (const image of [layout, docker, join(guest.root, 'layout')]) {
			const own = await callService(guest, ['run', image]);
			t.deepEqual([own.stdout, own.stderr], ['of the image\n1234\n/srv\nnew\n', ''], image);
			const other = await callService(guest, [
				'run',
				'-u',
				'root',
				'-e',
				'MARK=mine',
				'-w',
				'/bin',
				image,
				...shell('echo $MARK; id -u; pwd; ls /etc/old'),
			]);
			t.deepEqual([other.stdout, other.stderr], ['mine\n0\n/bin\n', ''], image);
		}
		for (const image of [layout, tarball]) {
			const words = serviceWords(guest, ['run', '-', '--', '/bin/sh', '-c', 'echo ran; cat']).map(
				(each) => `'${each}'`,
			);
			const { stdout, stderr } = await runProgram('sh', ['-c', `exec ${words.join(' ')} < ${image}`]);
			t.deepEqual([stdout, stderr], ['ran\n', ''], image);
		}
		await nothingLeft(t, guest);
	},
);

test.serial('service run refuses archives that are damaged or lead out, and says why', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const lower = join(guest.root, 'lower.tar');
	await runProgram('tar', ['-C', folder, '-cf', lower, '.']);
	const { layout } = await makeArchives(guest.root, lower);
	const outside = join(guest.root, 'outside');
	mkdirSync(outside);
	const blobs = join(guest.root, 'layout/blobs/sha256');
	const largest =
		readdirSync(blobs).sort((a, b) => statSync(join(blobs, b)).size - statSync(join(blobs, a)).size)[0] ?? '';
	appendFileSync(join(blobs, largest), Buffer.alloc(1024));
	const tarOf = async (name: string, ...args: readonly string[]): Promise<string> => {
		const path = join(guest.root, `${name}.tar`);
		await runProgram('tar', ['-cf', path, ...args]);
		return path;
	};
	writeFileSync(join(guest.root, 'evil'), 'evil');
	const zeros = join(guest.root, 'zeros');
	// A disk image of ext4 or an ISO begins so.
	writeFileSync(zeros, Buffer.concat([Buffer.alloc(1024), Buffer.from('ext4')]));
	const link = join(guest.root, 'link');
	mkdirSync(join(link, 'a'), { recursive: true });
	symlinkSync(outside, join(link, 'out'));
	const through = await tarOf(
		'through',
		'-C',
		link,
		'out',
		'-C',
		guest.root,
		'--transform=s,^evil,out/evil,',
		'evil',
	);
	const cases: readonly [image: string, expected: RegExp][] = [
		[join(guest.root, 'layout'), /the layer blobs\/sha256\/\w+ is sha256:\w+, and should be sha256:\w+/],
		[
			await tarOf('up', '-P', '--transform=s,.*,../evil,', join(guest.root, 'evil')),
			/has the path "\.\.\/evil", which leads out of its tree/,
		],
		[join(guest.root, 'evil'), /evil is no tar archive: it is a text\. Expected is a tarball of a root/],
		[zeros, /zeros has no files\. Expected is a tarball of a root/],
		[join(guest.root, 'nowhere'), /nowhere: no such file or directory/],
		// It is unpacked below the root of the image.
		[through, /\/bin\/sh is not in the container/],
	];
	for (const [image, expected] of cases) {
		const { stderr, exitCode } = await callService(guest, ['run', image, '--', '/bin/sh']);
		t.regex(stderr, expected);
		t.not(exitCode, 0);
	}
	t.deepEqual(readdirSync(outside), []);
	t.false(existsSync(join(guest.root, '../evil')));
	t.is((await callService(guest, ['run', layout])).exitCode, 0, 'the same archive, whole');
	for (const text of ['{"name": "app"}', '[{"Config": "absent.json", "Layers": ["etc"]}]', 'no JSON']) {
		writeFileSync(join(folder, 'manifest.json'), text);
		const root = await tarOf('root', '-C', folder, '.');
		const shown = await callService(guest, ['run', root, '--', '/bin/cat', '/manifest.json']);
		t.deepEqual([shown.stdout, shown.stderr], [text, ''], 'a root may have a file of that name');
	}
	const nothing = await callService(guest, ['run', folder]);
	t.deepEqual(
		[nothing.stderr, nothing.exitCode],
		[`service: ${folder} names no program of its own: add one, as in "-- /bin/sh". See "service help".\n`, 2],
	);
	const overProc = await callService(guest, ['run', '-v', '/tmp:/proc/sys', folder, '--', '/bin/true']);
	const what = "service run can't do a bind over /proc/sys, which is the kernel's. ";
	t.deepEqual(
		[overProc.stderr, overProc.exitCode],
		[`service: ${what}Change the option, or the image, that asks for it.\n`, 1],
	);
	await nothingLeft(t, guest);
});

test.serial('service run is listed, its end is told, and nothing is left when it is killed', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const begin = async (...args: readonly string[]) => {
		const [program, ...words] = serviceWords(guest, [
			'run',
			...args,
			folder,
			...shell('echo begun; sleep 1000 & exec sleep 1000'),
		]);
		const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
		await once(child.stdout, 'data');
		return child;
	};
	const listed = async (): Promise<string[]> => {
		const { stdout } = await callService(guest, ['list', '--all', '--json']);
		const all = stdout
			.trim()
			.split('\n')
			.filter(Boolean)
			.map((line) => JSON.parse(line) as { name: string; state: string; reason: string | null });
		return all.map(({ name, state, reason }) => `${name} ${state} ${reason}`);
	};
	const first = await begin('--name', 'long');
	const second = await begin();
	t.deepEqual(await listed(), ['run/long started null', 'run/run-1 started null']);
	const taken = await callService(guest, ['run', '--name', 'long', folder, ...shell('true')]);
	t.is(taken.stderr, 'service: There is a container or a service long already: choose another --name.\n');
	first.kill('SIGKILL');
	await eventually(async () => (await listed())[0] === 'run/long failed its service run was killed');
	t.deepEqual(
		readdirSync(join(cgroupRoot, 'slipway.run')).filter((name) => name === 'long'),
		[],
	);
	// The shell of the container leaves SIGTERM to its default, which the first process of a pid namespace ignores.
	second.kill('SIGTERM');
	second.kill('SIGINT');
	const [code] = await once(second, 'exit');
	t.is(code, 137);
	t.deepEqual(await listed(), [
		'run/long failed its service run was killed',
		'run/run-1 failed exited with status 137',
	]);
	await callService(guest, ['run', '--rm', folder, ...shell('exit 3')]);
	t.deepEqual(await listed(), ['run/long failed its service run was killed'], 'run-1 is forgotten');
	await nothingLeft(t, guest);
	t.deepEqual(processesNaming('no such directory', 'slipway.run'), []);
});

test.serial(
	'service run: its end is told, and nothing is left, also when PID 1 has crashed meanwhile',
	async (t) => {
		const guest = await startGuest(t);
		const { folder } = await makeRoot(guest);
		const begin = async (name: string) => {
			const [program, ...words] = serviceWords(guest, [
				'run',
				'--name',
				name,
				folder,
				...shell('echo begun; read line; exit 4'),
			]);
			const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
			await once(child.stdout, 'data');
			return child;
		};
		const ended = await begin('ended');
		const killed = await begin('killed');
		await guest.crash();
		const end = (name: string) => (line: HostLine) =>
			line.event === 'run' && line.name === name && line.state === 'failed';
		ended.stdin.write('\n');
		t.is((await once(ended, 'exit'))[0], 4);
		t.is((await guest.next(end('ended'))).message, 'exited with status 4');
		killed.kill('SIGKILL');
		t.is((await guest.next(end('killed'))).message, 'ended while PID 1 restarted, with an unknown status');
		await nothingLeft(t, guest);
	},
);

test.serial('service run: a writable root in memory, paths of the machine, capabilities', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const shared = join(guest.root, 'shared');
	mkdirSync(join(shared, 'below'), { recursive: true });
	const mounted = await runProgram('mount', ['-t', 'tmpfs', 'below', join(shared, 'below')]);
	t.is(mounted.exitCode, 0, mounted.stderr);
	const script =
		'echo a > /srv/file; echo b > /shared/below/b; touch /seen/c 2> /dev/null || echo refused; touch /seen/below/c 2> /dev/null || echo refused; cat /srv/file; grep CapEff /proc/self/status';
	const { stdout, stderr } = await callService(guest, [
		'run',
		'--rw',
		'-v',
		`${shared}:/shared`,
		'-v',
		`${shared}:/seen:ro`,
		'--cap-add',
		'net_raw',
		folder,
		...shell(script),
	]);
	t.deepEqual([stdout, stderr], ['refused\nrefused\na\nCapEff:\t0000000000002000\n', '']);
	t.is(readFileSync(join(folder, 'srv/file'), 'utf8'), 'of the image\n');
	t.deepEqual([readdirSync(shared), readdirSync(join(shared, 'below'))], [['below'], ['b']]);
	await nothingLeft(t, guest);
});

test.serial('service run joins the network and the processes of a service', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	guest.addBundle('services/app', forever);
	await guest.command('start');
	await guest.next(service('app', 'running'));
	const pid = (await callService(guest, ['status', '--json', 'app'])).stdout;
	const of = (kind: string): string =>
		readlinkSync(`/proc/${(JSON.parse(pid) as { pid: number }).pid}/ns/${kind}`);
	const script =
		'readlink /proc/self/ns/net; readlink /proc/self/ns/pid; grep -a -c "sleep 0.05" /proc/1/cmdline; sleep 1000 & echo $! > /dev/null';
	const { stdout, stderr } = await callService(guest, [
		'run',
		'--net',
		'app',
		'--pid',
		'app',
		folder,
		'--',
		'/bin/busybox',
		'sh',
		'-c',
		script.replaceAll('readlink', 'busybox readlink'),
	]);
	t.deepEqual([stdout.trim().split('\n'), stderr], [[of('net'), of('pid'), '1'], '']);
	const host = await callService(guest, [
		'run',
		'--net',
		'host',
		folder,
		'--',
		'/bin/busybox',
		'readlink',
		'/proc/self/ns/net',
	]);
	t.is(host.stdout.trim(), readlinkSync('/proc/self/ns/net'));
	t.is((await callService(guest, ['run', '--net', 'nobody', folder, ...shell('true')])).exitCode, 5);
	await nothingLeft(t, guest);
	t.deepEqual(
		processesNaming('no such directory', 'slipway.run'),
		[],
		'what ran in the processes of the service is gone, too',
	);
	await guest.command('stop');
});

test.serial('service run on a terminal: keys, size, job control, the end of the terminal', async (t) => {
	const guest = await startGuest(t);
	const { folder } = await makeRoot(guest);
	const shellOn = () => serviceOnTerminal(t, guest, ['run', '-it', folder, '--', '/bin/sh']);
	const first = shellOn();
	const before = first.settings();
	await first.shows(/# /);
	await first.type('stty size; echo "T=$TERM"\r');
	await first.shows(/33 77\r\nT=vt220\r\n/);
	await first.type("sh -c 'echo begun; exec sleep 1000'\r");
	await first.shows(/\nbegun\r\n/);
	await first.type('\x03');
	await first.shows(/# /);
	await first.type('echo "code "$?; exit 7\r');
	await first.shows(/\ncode 130\r\n/);
	t.is(await first.exited, 7);
	t.is(first.settings(), before, 'ours is as it was');
	const gone = shellOn();
	await gone.shows(/# /);
	gone.hangUp();
	await gone.exited;
	await nothingLeft(t, guest);
});

test.serial(
	'service run runs a tarball that another one has received, with stdin or a terminal',
	async (t) => {
		const guest = await startGuest(t);
		const { tarball } = await makeRoot(guest);
		const receive = async () => {
			const [program, ...words] = serviceWords(guest, ['run', '--receive']);
			const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
			t.teardown(() => void child.kill('SIGKILL'));
			const exited = once(child, 'exit');
			child.stdin.end(readFileSync(tarball));
			const [path] = (await once(child.stdout, 'data')) as [Buffer];
			return { child, exited, words: ['--received', path.toString().trim(), '-'] };
		};
		const [first, second, third] = await Promise.all([receive(), receive(), receive()]);
		const cat = await callService(guest, ['run', '-T', ...first.words, '--', '/bin/cat'], { input: 'typed' });
		t.deepEqual([cat.stdout, cat.stderr, cat.exitCode], ['typed', '', 0]);
		t.is((await first.exited)[0], 0, 'it ends when the tarball is unpacked');
		const terminal = serviceOnTerminal(t, guest, ['run', '-t', ...second.words, '--', '/bin/sh']);
		await terminal.shows(/# /);
		await terminal.type('stty size; exit 7\r');
		await terminal.shows(/33 77\r\n/);
		t.is(await terminal.exited, 7);
		third.child.stdout.destroy();
		t.is((await third.exited)[0], 141, 'nobody waits for it any longer');
		t.not((await callService(guest, ['run', ...third.words, '--', '/bin/sh'])).exitCode, 0);
		await nothingLeft(t, guest);
	},
);
