// Files, where node:fs has no call.

import type { Binding } from './binding.ts';
import { bytes, descriptor, int, size, text } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type FileCalls = Pick<
	Native,
	'mknod' | 'mkfifo' | 'llistxattr' | 'lgetxattr' | 'lsetxattr' | 'copyTimes' | 'sendfile' | 'fallocate'
>;

export function fileCalls(binding: Binding, outcome: Outcome): FileCalls {
	return {
		mknod(path, mode, major, minor) {
			const result = binding.mknod(
				text('path', path),
				int('mode', mode),
				int('major', major),
				int('minor', minor),
			);
			outcome.of(result, { syscall: 'mknod', path });
		},
		mkfifo(path, mode) {
			outcome.of(binding.mkfifo(text('path', path), int('mode', mode)), { syscall: 'mkfifo', path });
		},
		llistxattr(path) {
			const names = outcome.value(binding.llistxattr(text('path', path)), { syscall: 'llistxattr', path });
			return names
				.toString()
				.split('\0')
				.filter((name) => name !== '');
		},
		lgetxattr(path, name) {
			const result = binding.lgetxattr(text('path', path), text('name', name));
			return outcome.value(result, { syscall: 'lgetxattr', path });
		},
		lsetxattr(path, name, value) {
			const result = binding.lsetxattr(text('path', path), text('name', name), bytes('value', value));
			outcome.of(result, { syscall: 'lsetxattr', path });
		},
		copyTimes(fromPath, toPath) {
			const result = binding.copyTimes(text('fromPath', fromPath), text('toPath', toPath));
			outcome.of(result, { syscall: 'utimensat', path: fromPath, dest: toPath });
		},
		sendfile(outFd, inFd, lengthBytes) {
			const result = binding.sendfile(
				descriptor('outFd', outFd),
				descriptor('inFd', inFd),
				size('lengthBytes', lengthBytes),
			);
			return outcome.of(result, { syscall: 'sendfile' });
		},
		fallocate(fd, lengthBytes) {
			const result = binding.fallocate(descriptor('fd', fd), size('lengthBytes', lengthBytes));
			outcome.of(result, { syscall: 'fallocate' });
		},
	};
}
