// The Debian package as a person has it who installs it: no clone, no apt, no network, no root after the installation. And the npm
// package, installed without a network.

import { copyFileSync, globSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ava from 'ava';
import { depends } from '../../tools/build/dist.ts';
import { debianRoot, runInRoot } from '../helpers/debian-root.ts';
import { runProgram } from '../helpers/program.ts';
import { scratchFolder } from '../helpers/scratch.ts';
import { slipwayEnvironment } from '../helpers/system.ts';

/** As a user of the root: writes a system, brings it up, asks for its page at the address that was printed, and stops it. */
const asUser = `
set -o pipefail
cd
slipway doctor
slipway new web
slipway up --timeout 900 web.yml | tee addresses
port=$(sed -n 's/.*127\\.0\\.0\\.1:\\([0-9]*\\).*/\\1/p' addresses | head -n 1)
exec 3<>/dev/tcp/127.0.0.1/$port
printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3
timeout 30 cat <&3
slipway stop web
`;

const test = ava.serial;

test('the Debian package, installed on a fresh Debian: slipway new, slipway up, and the page answers', async (t) => {
	t.timeout(1_200_000);
	const made = await runProgram('node', ['tools/build/dist.ts'], { env: slipwayEnvironment() });
	t.is(made.exitCode, 0, made.stderr);
	const [deb = ''] = globSync('build/dist/slipway_*_amd64.deb');
	const root = await debianRoot(
		t,
		depends.map((each) => each.replace(/ .*/, '')),
	);
	copyFileSync(deb, join(root, 'slipway.deb'));
	writeFileSync(join(root, 'as-user.sh'), asUser);
	// What dpkg itself keeps of any package, and what the user has made, is not the package's.
	const files =
		'find / -xdev ! -path "/var/lib/dpkg/*" ! -path "/var/log/*" ! -path "/tmp/*" ! -path "/home/anna/*" | sort';
	const installed = await runInRoot(
		root,
		`useradd --create-home anna
		touch /before /after
		${files} > /before
		dpkg --install /slipway.deb
		dpkg --install /slipway.deb
		setpriv --reuid anna --regid anna --clear-groups --reset-env bash -e /as-user.sh
		dpkg --purge slipway
		${files} > /after
		comm -3 /before /after | sed "s/^/changed: /"`,
	);
	t.is(installed.exitCode, 0, `${installed.stdout}\n${installed.stderr}`);
	t.regex(
		installed.stdout,
		/^ok +packages +\/usr\/share\/slipway\/packages\.tar\n\nSystems can be built and booted here\.$/m,
	);
	t.regex(installed.stdout, /^web\.yml$/m);
	t.regex(installed.stdout, /^Unpacking slipway \(\S+\) over \(/m, 'an upgrade replaces it');
	t.notRegex(installed.stdout, /^changed: /m, 'its removal leaves nothing');
	t.regex(installed.stdout, /<h1>This machine is a web server and nothing else\.<\/h1>/);
});

test('the npm package, installed without a network: its program runs, and brings the system packages', async (t) => {
	const [archive = ''] = globSync('build/dist/slipway-*.tgz').map((path) => resolve(path));
	const [prefix, home] = [scratchFolder(t), scratchFolder(t)];
	const options = [
		'--global',
		'--prefix',
		prefix,
		'--offline',
		'--ignore-scripts',
		'--no-audit',
		'--no-fund',
	];
	const env = { ...process.env, HOME: home, SLIPWAY_CACHE: join(home, 'store') };
	const installed = await runProgram('npm', ['install', ...options, archive], { env, cwd: home });
	t.is(installed.exitCode, 0, installed.stderr);
	const slipway = async (...args: readonly string[]) => {
		const { exitCode, stdout, stderr } = await runProgram(join(prefix, 'bin/slipway'), args, {
			env,
			cwd: home,
		});
		t.is(exitCode, 0, stderr);
		return stdout;
	};
	t.regex(await slipway('--version'), /^slipway \d+\.\d+\.\d+/);
	t.is(await slipway('new', 'web'), 'web.yml\n');
	await slipway('validate', '--images', 'web.yml');
	t.regex(await slipway('cache', 'ls'), /^docker\.io\/slipway\/init:v1 /m);
});
