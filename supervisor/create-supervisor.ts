// The parts of the supervisor put together.

import { GUEST_PATHS, type GuestPaths } from './guest-paths.ts';
import { runOneShots } from './one-shots.ts';
import type { Supervisor, SupervisorContext } from './supervisor.ts';

export function createSupervisor(context: SupervisorContext, paths: GuestPaths = GUEST_PATHS): Supervisor {
	return {
		runOnboot: () => runOneShots('onboot', context, paths, null),
		startServices: () => Promise.resolve(),
		stopServices: () => Promise.resolve(),
		runOnshutdown: (limitMs) => runOneShots('onshutdown', context, paths, limitMs),
	};
}
