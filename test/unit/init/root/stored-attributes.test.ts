import test from 'ava';
import { applyStoredAttributes } from '../../../../init/root/stored-attributes.ts';
import { SyscallError } from '../../../../native/syscall-error.ts';
import { fakeLog } from '../../../helpers/fake-log.ts';

const attribute = (path: string, name: string) => ({ path, name, value: Buffer.from('x') });

test('applyStoredAttributes() logs one line for all files that cannot hold a name', (t) => {
	const { log, lines } = fakeLog();
	const set: string[] = [];
	const native = {
		lsetxattr(path: string, name: string) {
			if (name.startsWith('user.')) {
				const message = 'Operation not supported';
				throw new SyscallError({ errno: 95, code: 'ENOTSUP', message, syscall: 'lsetxattr', path });
			}
			set.push(path);
		},
	};
	const count = applyStoredAttributes(native, log, [
		...Array.from({ length: 202 }, (_, index) => attribute(`/file${index}`, 'user.mark')),
		attribute('/bin/ping', 'security.capability'),
		attribute('/one', 'user.other'),
	]);
	t.is(count, 1);
	t.deepEqual(set, ['/bin/ping']);
	t.deepEqual(lines, [
		'warn lsetxattr /file0: Operation not supported (ENOTSUP); the same with 201 other files',
		'warn lsetxattr /one: Operation not supported (ENOTSUP)',
	]);
});
