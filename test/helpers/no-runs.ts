// The containers of `service run`, for tests of PID 1 in which none runs.

import type { ContainerRuns } from '../../supervisor/control/container-runs.ts';

export const noRuns: ContainerRuns = { begin: () => 'run-1', end: () => undefined };
