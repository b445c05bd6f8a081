import test from 'ava';
import { sshArguments } from '../../../../tools/control/ssh-service.ts';

test('sshArguments() of addresses', (t) => {
	t.deepEqual(sshArguments('ssh://root@10.0.0.5'), ['-l', 'root', '--', '10.0.0.5']);
	t.deepEqual(sshArguments('ssh://web.example:2222/'), ['-p', '2222', '--', 'web.example']);
	t.deepEqual(sshArguments('ssh://root@[fe80::1]:22'), ['-p', '22', '-l', 'root', '--', 'fe80::1']);
});

for (const host of [
	'root@10.0.0.5',
	'http://10.0.0.5',
	'ssh://',
	'ssh://root@host/path',
	'ssh://root:secret@host',
	'ssh://host?x',
	'',
]) {
	test(`sshArguments() refuses ${JSON.stringify(host)}`, (t) => {
		t.throws(() => sshArguments(host), { message: /expected ssh:\/\/USER@ADDRESS/ });
	});
}

test('sshArguments() makes no option of ssh from an address or a user', (t) => {
	t.is(sshArguments('ssh://-oProxyCommand=x@host').at(-1), 'host');
	t.deepEqual(sshArguments('ssh://-oProxyCommand=x@host').slice(0, 2), ['-l', '-oProxyCommand=x']);
});
