// Does the service take connections?

import type { Native } from '../../native/native.ts';
import type { ProcessIdentity } from '../process/process-identity.ts';
import { connectInContainer } from './container-connection.ts';
import type { Ask } from './question.ts';

export function askTcp(
	native: Native,
	process: ProcessIdentity,
	how: { readonly tcp: number; readonly host?: string },
): Ask {
	return async (signal, onBegun) => {
		onBegun();
		(await connectInContainer(native, process, how.host, how.tcp, signal)).destroy();
		return null;
	};
}
