// Pipes, sockets, and waiting for them on the event loop.

import type { Binding } from './binding.ts';
import { ArgumentError, bytes, descriptor, size } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type DescriptorCalls = Pick<
	Native,
	'pipe' | 'setCloseOnExec' | 'openUeventSocket' | 'watchReadable' | 'readAvailable' | 'writeAvailable'
>;

export function descriptorCalls(binding: Binding, outcome: Outcome): DescriptorCalls {
	return {
		pipe() {
			return outcome.value(binding.pipe(), { syscall: 'pipe2' });
		},
		setCloseOnExec(fd, on) {
			outcome.of(binding.setCloseOnExec(descriptor('fd', fd), on === true), { syscall: 'fcntl' });
		},
		openUeventSocket(receiveBufferBytes) {
			const result = binding.openUeventSocket(descriptor('receiveBufferBytes', receiveBufferBytes));
			return outcome.of(result, { syscall: 'socket' });
		},
		watchReadable(fd, onReadable) {
			if (typeof onReadable !== 'function') throw new ArgumentError('onReadable', 'a function', onReadable);
			const handle = outcome.value(binding.watchReadable(descriptor('fd', fd), onReadable), {
				syscall: 'epoll_ctl',
			});
			let stopped = false;
			return () => {
				// The handle dangles after its first stop.
				if (stopped) return;
				stopped = true;
				binding.stopWatch(handle);
			};
		},
		readAvailable(fd, maxBytes) {
			const result = binding.read(descriptor('fd', fd), size('maxBytes', maxBytes));
			if (typeof result !== 'number') return result;
			const error = outcome.error(-result, { syscall: 'read' });
			if (error.code === 'EAGAIN') return null;
			throw error;
		},
		writeAvailable(fd, data) {
			const result = binding.write(descriptor('fd', fd), bytes('bytes', data));
			if (result >= 0) return result;
			const error = outcome.error(-result, { syscall: 'write' });
			if (error.code === 'EAGAIN') return 0;
			throw error;
		},
	};
}
