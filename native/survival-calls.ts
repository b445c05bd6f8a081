// The crash guard; see native/src/crash-guard.cc.

import type { Binding } from './binding.ts';
import { text, texts } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

export function survivalCalls(
	binding: Binding,
	outcome: Outcome,
): Pick<Native, 'installCrashGuard' | 'crashNow'> {
	return {
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
