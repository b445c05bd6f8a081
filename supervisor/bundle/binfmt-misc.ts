// The kernel's table of interpreters (Documentation/admin-guide/binfmt-misc.rst) for the container that fills it by a bind
// of its folder. It is mounted only then, because it costs a module; and in the root, because the kernel forgets what
// was registered with the last mount of it.

import { existsSync } from 'node:fs';
import { flags } from '../../native/linux/constant.ts';
import type { Native } from '../../native/native.ts';
import { type Bundle, mountsOf } from './bundle.ts';

const folder = '/proc/sys/fs/binfmt_misc';

export function mountBinfmtMisc(bundle: Bundle, native: Pick<Native, 'mount' | 'constants'>): void {
	if (!mountsOf(bundle).some(({ source }) => source === folder) || existsSync(`${folder}/register`)) return;
	const options = flags(native, ['MS_NOSUID', 'MS_NODEV', 'MS_NOEXEC']);
	native.mount('binfmt_misc', folder, 'binfmt_misc', options, null);
}
