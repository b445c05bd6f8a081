// `slipway test`: a system that works, and one that can't get ready.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ava from 'ava';
import { scratchFolder } from '../helpers/scratch-folder.ts';
import { slipway, slipwayEnvironment } from '../helpers/system.ts';

const test = ava.serial;
const folder = scratchFolder();

function systemFile(name: string, rest: string): string {
	const file = join(folder, `${name}.yml`);
	const base = `kernel: {image: slipway/kernel:v1, cmdline: console=ttyS0}
init: [slipway/init:v1, slipway/runc:v1, slipway/containerd:v1]
`;
	writeFileSync(file, base + rest);
	return file;
}

const works = `onboot:
  - name: dhcpcd
    image: slipway/dhcpcd:v1
    command: [/sbin/dhcpcd, --nobackground, -f, /dhcpcd.conf, "-1"]
services:
  - name: redis
    image: slipway/redis:v1
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
    net: host
    ready: {tcp: 6379}
  - {name: python, image: slipway/try-python:v1, net: host, ready: {tcp: 8080}}
  - name: site
    image: slipway/try-site:v1
    capabilities: [CAP_NET_BIND_SERVICE, CAP_CHOWN, CAP_SETUID, CAP_SETGID, CAP_DAC_OVERRIDE]
    net: host
    ready: {tcp: 80}
  - {name: whole, image: slipway/try-whole:v1, net: host, ready: {tcp: 7000}}
`;

/** Recipes of a person: what `slipway pkg new` writes, another image with a page, and a Debian package with all that it depends on. */
async function buildRecipes(): Promise<void> {
	const started = ['files', 'python'].map((from) => [from, join(folder, `try-${from}`)] as const);
	for (const [from, recipe] of started) await slipway('pkg', 'new', '--from', from, recipe);
	const [site, whole] = [join(folder, 'try-site'), join(folder, 'try-whole')];
	for (const recipe of [site, whole]) mkdirSync(recipe);
	writeFileSync(join(site, 'index.html'), 'a page of my own');
	writeFileSync(
		join(site, 'build.yml'),
		`image: try-site
from: slipway/nginx:v1
copy: [{from: index.html, to: /usr/share/nginx/html/index.html}]
`,
	);
	writeFileSync(
		join(whole, 'build.yml'),
		`image: try-whole
debian: [{package: socat, dependencies: true}]
files: [{path: etc/answer, contents: "HTTP/1.0 200 OK\\r\\n\\r\\nby a whole package", mode: "0644"}]
command: [/usr/bin/socat, -U, "TCP-LISTEN:7000,fork,reuseaddr", "OPEN:/etc/answer,rdonly"]
`,
	);
	const built = await slipway('pkg', 'build', ...started.map(([, recipe]) => recipe), site, whole);
	if (built.exitCode !== 0) throw new Error(built.stderr);
}

const fails = `services:
  - name: web
    image: slipway/shell:v1
    command: [/bin/sh, -c, "echo no database >&2; exit 3"]
    ready: {file: /never}
`;

test('test runs a command with the addresses of the system, and its exit code is the result; recipes of each kind run', async (t) => {
	await buildRecipes();
	const artifacts = join(folder, 'artifacts');
	mkdirSync(artifacts);
	const options = ['--cpus=1', '--memory', '800', '--timeout', '5m', '--json', '--artifacts', artifacts];
	const ask = ['8080', '80', '7000'].map(
		(port) => `curl -sS http://$SLIPWAY_HOST:$SLIPWAY_PORT_${port}/; echo`,
	);
	const words = ['redis-cli -h $SLIPWAY_HOST -p $SLIPWAY_PORT_6379 ping', ...ask, 'exit 7'].join('; ');
	const run = await slipway('test', ...options, systemFile('works', works), '--', 'sh', '-c', words);
	t.is(run.exitCode, 7, run.stderr);
	t.regex(run.stderr, /^PONG$/m);
	t.regex(run.stderr, /^Hello from try-python$/m);
	t.regex(run.stderr, /^a page of my own$/m);
	t.regex(run.stderr, /^by a whole package$/m);
	const result = JSON.parse(run.stdout);
	t.like(result, { name: 'works', exitCode: 7, failure: 'The command failed with exit code 7.' });
	const steps = result.steps.map((step: { readonly name: string }) => step.name);
	t.deepEqual(steps, ['build', 'boot', 'ready', 'command', 'power off']);
	t.regex(readFileSync(join(artifacts, 'redis.log'), 'utf8'), /Ready to accept connections/);
	t.regex(readFileSync(join(artifacts, 'console.log'), 'latin1'), /reboot: Power down/);
	t.regex(readFileSync(join(artifacts, 'events.log'), 'utf8'), /"event":"ready"/);
	t.is((await slipway('ps', '-q')).stdout, '');
});

test('test fails when a service ends again and again with nothing to wait for, and shows its last lines', async (t) => {
	const [junit, json, mark] = [join(folder, 'junit.xml'), join(folder, 'r.json'), join(folder, 'mark')];
	const options = ['--cpus=1', '--memory', '640', '--timeout', '1h', '--junit', junit, `--json=${json}`];
	const run = await slipway('test', ...options, systemFile('fails', fails), '--', 'touch', mark);
	t.is(run.exitCode, 125, run.stderr);
	t.regex(run.stderr, /not ready when the service web had ended 6 times, .*no database/s);
	t.regex(readFileSync(junit, 'utf8'), /<testcase classname="fails" name="ready" [^/]*<failure message="/);
	t.like(JSON.parse(readFileSync(json, 'utf8')), { name: 'fails', exitCode: 125 });
	t.false(existsSync(mark));
	const state = String(slipwayEnvironment()['XDG_STATE_HOME']);
	t.deepEqual(
		readdirSync(join(state, 'slipway')).filter((each) => each.startsWith('.slipway-')),
		[],
	);
	t.is((await slipway('ps', '-q')).stdout, '');
});
