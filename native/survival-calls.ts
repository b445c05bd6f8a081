// The crash guard and the deadline; see native/src/crash-guard.cc and deadline.cc.

import type { Binding } from './binding.ts';
import { descriptor, int, size, text, texts } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

export function survivalCalls(
	binding: Binding,
	outcome: Outcome,
): Pick<Native, 'armDeadline' | 'disarmDeadline' | 'installCrashGuard' | 'crashNow'> {
	return {
		armDeadline({ rebootAtMs, command, triggerAtMs, triggerFd, key, noticeFd, notice }) {
			const result = binding.armDeadline(
				size('rebootAtMs', rebootAtMs),
				int('command', command),
				size('triggerAtMs', triggerAtMs),
				triggerFd === null ? -1 : descriptor('triggerFd', triggerFd),
				text('key', key),
				noticeFd === null ? -1 : descriptor('noticeFd', noticeFd),
				text('notice', notice),
			);
			outcome.of(result, { syscall: 'pthread_create' });
		},
		disarmDeadline() {
			binding.disarmDeadline();
		},
		installCrashGuard(path, args) {
			const result = binding.installCrashGuard(text('path', path), texts('args', args));
			outcome.of(result, { syscall: 'sigaction' });
		},
		crashNow(): never {
			binding.crashNow();
			throw new Error('a write through a null pointer did not crash');
		},
	};
}
