// What a person has who installs the Debian package: no clone, no apt, no network, no root after the installation.

import { copyFileSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { depends } from '../../tools/build/dist.ts';
import { debianRoot, runInRoot } from '../helpers/debian-root.ts';
import { runProgram } from '../helpers/program.ts';
import { slipwayEnvironment } from '../helpers/system.ts';

/** As a user of the root: writes a system, builds it, boots it, and asks for its page until it answers. */
const asUser = `
cd
slipway new web
slipway build web.yml
ls -1 web*
slipway run --publish 8080:80 web </dev/null >console 2>&1 &
machine=$!
until { exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && timeout 10 cat <&3 >page && grep -q '<h1>' page; } 2>/dev/null
do
	kill -0 $machine 2>/dev/null || { cat console; exit 1; }
	sleep 1
done
grep '<h1>' page
kill -KILL $machine
`;

ava(
	'the Debian package, installed on a fresh Debian: a system is written, built and booted, and its page answers',
	async (t) => {
		const made = await runProgram('node', ['tools/build/dist.ts', 'deb'], { env: slipwayEnvironment() });
		t.is(made.exitCode, 0, made.stderr);
		const [deb = ''] = globSync('build/dist/slipway_*_amd64.deb');
		const root = await debianRoot(
			t,
			depends.map((each) => each.replace(/ .*/, '')),
		);
		copyFileSync(deb, join(root, 'slipway.deb'));
		writeFileSync(join(root, 'as-user.sh'), asUser);
		const installed = await runInRoot(
			root,
			`dpkg --install /slipway.deb
		rm /slipway.deb
		useradd --create-home anna
		setpriv --reuid anna --regid anna --clear-groups --reset-env bash -e /as-user.sh`,
		);
		t.is(installed.exitCode, 0, `${installed.stdout}\n${installed.stderr}`);
		t.regex(installed.stdout, /^web\.yml$/m);
		t.regex(installed.stdout, /^web-initrd\.img$/m);
		t.regex(installed.stdout, /<h1>This machine is a web server and nothing else\.<\/h1>/);
	},
);
