import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SyscallError } from '../../../../native/syscall-error.ts';
import type { RuntimeSpec } from '../../../../supervisor/contract/runtime-spec.ts';
import { engineFailure } from '../../../../supervisor/engine/start-failure.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

const rootfs = scratchFolder();
mkdirSync(join(rootfs, 'bin'));
writeFileSync(join(rootfs, 'bin/script'), '#!/no\n');

const texts: Readonly<Record<string, string>> = {
	ENOENT: 'No such file or directory',
	EROFS: 'Read-only file system',
	ENOTDIR: 'Not a directory',
};

const says = test.macro({
	exec(t, program: string, [syscall, code, path, dest]: readonly string[], sentence: string | null) {
		const message = texts[code ?? ''] ?? 'Refused';
		const error = new SyscallError({
			errno: 1,
			code: code ?? '',
			message,
			syscall: syscall ?? '',
			path,
			dest,
		});
		const process = { user: { uid: 0, gid: 0 }, args: [program], cwd: '/srv' };
		const mounts = [{ destination: '/app', type: 'bind', source: '/a' }];
		const spec = { process, mounts, root: { path: rootfs } } as unknown as RuntimeSpec;
		t.is(engineFailure(error, spec, rootfs), sentence);
	},
	title: (_, program: string, call: readonly string[]) =>
		`engineFailure() of ${program.slice(0, 20)} after ${call.join(' ')}`,
});

test(says, '/nope', ['execve', 'ENOENT', '/nope'], 'the program /nope is not in the container');
test(says, 'nope', ['execve', 'ENOENT', '/usr/bin/nope'], 'the program nope is not in the container');
test(
	says,
	'/bin/script',
	['execve', 'ENOENT', '/bin/script'],
	'the interpreter of /bin/script is not in the container',
);
test(
	says,
	'/app/x',
	['execve', 'ENOENT', '/app/x'],
	'the program /app/x, or its interpreter, is not in the container',
);
test(
	says,
	'/x',
	['execve', 'EACCES', '/x'],
	"the program /x can't be executed: it is a directory, or lacks the mode x for its user",
);
test(says, '/x', ['execve', 'ENOEXEC', '/x'], '/x is no program for this processor, and no script with #!');
test(says, '/x', ['execve', 'ENOMEM', '/x'], 'the limit of memory is too small for a start');
test(says, '/x', ['execve', 'E2BIG', '/x'], 'the limit of memory is too small for a start');
test(says, `/${'x'.repeat(32 * 4096)}`, ['execve', 'E2BIG', '/x'], null);
test(says, '/x', ['execve', 'EIO', '/x'], null);
test(says, '/x', ['openat2', 'ENOENT', '/src', '/to'], '/src does not exist, which is to be mounted at /to');
test(
	says,
	'/x',
	['openat2', 'EROFS', '/src', '/to'],
	"/to is not in the image, and can't be made in a read-only container",
);
test(says, '/x', ['mount', 'EINVAL', 'tmpfs', '/to'], null);
test(
	says,
	'/x',
	['openat2', 'EROFS', '/srv'],
	"the working directory can't be made (/srv): read-only file system",
);
test(says, '/x', ['chdir', 'ENOTDIR', '/srv'], "the working directory can't be made (/srv): not a directory");
test(says, '/x', ['prctl', 'EINVAL'], null);

test('engineFailure() leaves errors of another kind alone', (t) => {
	t.is(engineFailure(new Error('x'), {} as RuntimeSpec, rootfs), null);
});
