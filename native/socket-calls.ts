// Sockets that node:net and node:dgram can't make, and a look into another root that must not hold us up.

import type { Binding } from './binding.ts';
import { descriptor, int, size, text } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type SocketCalls = Pick<
	Native,
	'openDatagramSocket' | 'receiveDatagram' | 'openSocketInNamespace' | 'openInRoot' | 'lookUpInRoot'
>;

export function socketCalls(binding: Binding, outcome: Outcome): SocketCalls {
	return {
		openDatagramSocket(path) {
			return outcome.of(binding.openDatagramSocket(text('path', path)), { syscall: 'bind', path });
		},
		receiveDatagram(fd, maxBytes) {
			const result = binding.receiveDatagram(descriptor('fd', fd), size('maxBytes', maxBytes));
			if (typeof result !== 'number') {
				const [bytes, cutShort, pid, uid, gid] = result;
				return { bytes, cutShort, pid, uid, gid };
			}
			const error = outcome.error(-result, { syscall: 'recvmsg' });
			if (error.code === 'EAGAIN') return null;
			throw error;
		},
		openSocketInNamespace(namespaceFd, family) {
			const result = binding.openSocketInNamespace(
				descriptor('namespaceFd', namespaceFd),
				int('family', family),
			);
			return outcome.of(result, { syscall: 'socket' });
		},
		openInRoot(rootFd, path, flags) {
			const result = binding.openInRoot(
				descriptor('rootFd', rootFd),
				text('path', path),
				int('flags', flags),
			);
			return outcome.of(result, { syscall: 'openat2', path });
		},
		lookUpInRoot(rootFd, path, reportFd) {
			const result = binding.lookUpInRoot(
				descriptor('rootFd', rootFd),
				text('path', path),
				descriptor('reportFd', reportFd),
			);
			outcome.of(result, { syscall: 'pthread_create', path });
		},
	};
}
