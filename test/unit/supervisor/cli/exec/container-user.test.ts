import test from 'ava';
import { findUser, homeOf } from '../../../../../supervisor/cli/exec/container-user.ts';

const files = {
	passwd: 'root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv:/bin/sh\n',
	group: 'root:x:0:\nweb:x:44:\nlog:x:55:other,web\n',
};

const finds = test.macro({
	exec: (t, text: string, uid: number, gid: number, groups: readonly number[], home: string | null) =>
		t.deepEqual(findUser(text, files), { uid, gid, groups, home }),
	title: (_, text) => `findUser() finds ${text}`,
});
test(finds, 'web', 33, 44, [55], '/srv');
test(finds, '33', 33, 44, [55], '/srv');
test(finds, 'web:log', 33, 55, [], '/srv');
test(finds, 'web:77', 33, 77, [], '/srv');
test(finds, '1234', 1234, 0, [], null);
test(finds, '1234:web', 1234, 44, [], null);

test('findUser() refuses unknown names', (t) => {
	t.throws(() => findUser('nobody', files), {
		message: 'There is no user "nobody" in the container\'s /etc/passwd.',
	});
	t.throws(() => findUser('4294967295', files), { message: /There is no user/ });
	t.throws(() => findUser('', { passwd: '', group: '' }), { message: /There is no user ""/ });
	t.throws(() => findUser('web:nobody', files), { message: /There is no group "nobody"/ });
});

test('homeOf() returns null for an unknown user', (t) => {
	t.is(homeOf(33, files.passwd), '/srv');
	t.is(homeOf(34, files.passwd), null);
});
