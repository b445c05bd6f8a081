import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { capabilityHint, hintFor } from '../../../../supervisor/bundle/capability-hint.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const points = test.macro({
	exec(t, line: string, capability: string | null) {
		const hint = hintFor(line, []);
		t.is(/CAP_\w+/.exec(hint ?? '')?.[0] ?? null, capability, hint ?? 'none');
		t.is(capability === null ? null : hintFor(line, [capability]), null, 'held');
	},
	title: (_, line) => `hintFor() of "${line}"`,
});

// As these programs print it.
test(points, 'nginx: [emerg] bind() to 0.0.0.0:80 failed (13: Permission denied)', 'CAP_NET_BIND_SERVICE');
test(points, 'listen tcp :443: bind: permission denied', 'CAP_NET_BIND_SERVICE');
test(points, 'bind() to 0.0.0.0:8080 failed (13: Permission denied)', null);
test(points, 'nginx: [emerg] setgid(33) failed (1: Operation not permitted)', 'CAP_SETGID');
test(points, 'initgroups(www-data, 33) failed (1: Operation not permitted)', 'CAP_SETGID');
test(points, 'setuid: Operation not permitted', 'CAP_SETUID');
test(points, 'chown: /data: Operation not permitted', 'CAP_CHOWN');
test(
	points,
	'nginx: [emerg] chown("/var/cache/nginx", 101) failed (1: Operation not permitted)',
	'CAP_CHOWN',
);
test(points, 'chroot: cannot change root directory: Operation not permitted', 'CAP_SYS_CHROOT');
test(points, 'RTNETLINK answers: Operation not permitted', 'CAP_NET_ADMIN');
test(points, 'mount: permission denied (are you root?)', 'CAP_SYS_ADMIN');
test(points, 'ping: permission denied (are you root?)', 'CAP_NET_RAW');
test(points, 'cat: /etc/shadow: Permission denied', null);
test(points, 'chown: /data: No such file or directory', null);

test('capabilityHint() quotes the line, and reads what the container holds', (t) => {
	const folder = scratchFolder(t);
	const lines = ['starting', 'chown: /data: Operation not permitted', 'bye'];
	const write = (bounding: readonly string[]): void =>
		writeFileSync(join(folder, 'config.json'), JSON.stringify({ process: { capabilities: { bounding } } }));
	write([]);
	t.is(
		capabilityHint(folder, lines),
		'it may lack the capability CAP_CHOWN, which the call in "chown: /data: Operation not permitted" needs; "capabilities" ' +
			'in the YAML adds it',
	);
	write(['CAP_CHOWN']);
	t.is(capabilityHint(folder, lines), null);
	write([]);
	t.is(capabilityHint(folder, ['all is well']), null);
});

test('capabilityHint() of a bundle that cannot be read is none', (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'config.json'), '{');
	t.is(capabilityHint(folder, ['chown: Operation not permitted']), null);
});
