// Mounts and the root file system.

import type { Binding } from './binding.ts';
import { int, text, textOrNull } from './check.ts';
import type { Native } from './native.ts';
import type { Outcome } from './outcome.ts';

type MountCalls = Pick<Native, 'mount' | 'umount2' | 'chroot' | 'chdir' | 'pivotRoot' | 'statfs'>;

export function mountCalls(binding: Binding, outcome: Outcome): MountCalls {
	return {
		mount(source, target, type, flags, data) {
			const result = binding.mount(
				textOrNull('source', source),
				text('target', target),
				textOrNull('type', type),
				int('flags', flags),
				textOrNull('data', data),
			);
			// A mount is known by its target; the source is told only where it says something.
			const places = source === null ? { path: target } : { path: source, dest: target };
			outcome.of(result, { syscall: 'mount', ...places });
		},
		umount2(target, flags) {
			const result = binding.umount2(text('target', target), int('flags', flags));
			outcome.of(result, { syscall: 'umount2', path: target });
		},
		chroot(path) {
			outcome.of(binding.chroot(text('path', path)), { syscall: 'chroot', path });
		},
		chdir(path) {
			outcome.of(binding.chdir(text('path', path)), { syscall: 'chdir', path });
		},
		pivotRoot(newRoot, putOld) {
			const result = binding.pivotRoot(text('newRoot', newRoot), text('putOld', putOld));
			outcome.of(result, { syscall: 'pivot_root', path: newRoot, dest: putOld });
		},
		statfs(path) {
			const answer = outcome.value(binding.statfs(text('path', path)), { syscall: 'statfs', path });
			const [type, blockSizeBytes, blocks, blocksFree] = answer;
			return { type, blockSizeBytes, blocks, blocksFree };
		},
	};
}
