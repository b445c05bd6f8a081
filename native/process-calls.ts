// The calling process and its children, apart from `spawn`.

import type { Binding } from './binding.ts';
import { descriptor, int, limit, size, text, texts } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type ProcessCalls = Pick<
	Native,
	| 'execve'
	| 'waitForEnd'
	| 'waitpid'
	| 'kill'
	| 'setns'
	| 'setsid'
	| 'prctl'
	| 'setProcessName'
	| 'setrlimit'
	| 'getrlimit'
>;

/** @param addonPath - the file of the addon, a program too (wait-program.cc) */
export function processCalls(binding: Binding, outcome: Outcome, addonPath: string): ProcessCalls {
	return {
		waitForEnd(name): never {
			const result = binding.execve(addonPath, [text('name', name)], []);
			throw outcome.error(-result, { syscall: 'execve', path: addonPath });
		},
		execve(path, args, env): never {
			const result = binding.execve(text('path', path), texts('args', args), texts('env', env));
			throw outcome.error(-result, { syscall: 'execve', path });
		},
		waitpid(pid, options) {
			const answer = binding.waitpid(int('pid', pid), int('options', options));
			if (answer === 0) return null;
			if (typeof answer === 'number') {
				const error = outcome.error(-answer, { syscall: 'waitpid' });
				if (error.code === 'ECHILD') return null;
				throw error;
			}
			const [ended, exitCode, signal] = answer;
			return { pid: ended, exitCode, signal };
		},
		kill(pid, signal) {
			outcome.of(binding.kill(int('pid', pid), int('signal', signal)), { syscall: 'kill' });
		},
		setns(fd, kind) {
			outcome.of(binding.setns(descriptor('fd', fd), int('kind', kind)), { syscall: 'setns' });
		},
		setsid() {
			return outcome.of(binding.setsid(), { syscall: 'setsid' });
		},
		prctl(option, argument) {
			const result = binding.prctl(int('option', option), size('argument', argument));
			return outcome.of(result, { syscall: 'prctl' });
		},
		setProcessName(name) {
			outcome.of(binding.setProcessName(text('name', name)), { syscall: 'prctl' });
		},
		setrlimit(resource, soft, hard) {
			const result = binding.setrlimit(int('resource', resource), limit('soft', soft), limit('hard', hard));
			outcome.of(result, { syscall: 'setrlimit' });
		},
		getrlimit(resource) {
			const result = binding.getrlimit(int('resource', resource));
			const [soft, hard] = outcome.value(result, { syscall: 'getrlimit' });
			return { soft, hard };
		},
	};
}
