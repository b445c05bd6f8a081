// Terminals: their line discipline, their size, pseudo terminals.

import type { Binding } from './binding.ts';
import { bytes, descriptor, size } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type TerminalCalls = Pick<
	Native,
	'makeRaw' | 'terminalSettings' | 'setTerminalSettings' | 'windowSize' | 'setWindowSize' | 'openTerminalPeer'
>;

export function terminalCalls(binding: Binding, outcome: Outcome): TerminalCalls {
	return {
		makeRaw(fd) {
			outcome.of(binding.makeRaw(descriptor('fd', fd)), { syscall: 'tcsetattr' });
		},
		terminalSettings(fd) {
			return outcome.value(binding.terminalSettings(descriptor('fd', fd)), { syscall: 'tcgetattr' });
		},
		setTerminalSettings(fd, settings) {
			const result = binding.setTerminalSettings(descriptor('fd', fd), bytes('settings', settings));
			outcome.of(result, { syscall: 'tcsetattr' });
		},
		windowSize(fd) {
			return outcome.value(binding.windowSize(descriptor('fd', fd)), { syscall: 'ioctl' });
		},
		setWindowSize(fd, rows, columns) {
			const result = binding.setWindowSize(
				descriptor('fd', fd),
				size('rows', rows),
				size('columns', columns),
			);
			outcome.of(result, { syscall: 'ioctl' });
		},
		openTerminalPeer(masterFd) {
			return outcome.of(binding.openTerminalPeer(descriptor('masterFd', masterFd)), { syscall: 'ioctl' });
		},
	};
}
