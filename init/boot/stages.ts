// The table of the boot stages, in their order.

import type { Stage } from './stage.ts';
import { clockStage } from './stages/clock.ts';
import { devicesStage } from './stages/devices.ts';
import { hostnameStage } from './stages/hostname.ts';
import { limitsStage } from './stages/limits.ts';
import { loopbackStage } from './stages/loopback.ts';
import { memoryStage } from './stages/memory.ts';
import { mountsStage } from './stages/mounts.ts';
import { networkStage } from './stages/network.ts';
import { resolvConfStage } from './stages/resolv-conf.ts';
import { rootStage } from './stages/root.ts';
import { volumesStage } from './stages/volumes.ts';
import { watchdogStage } from './stages/watchdog.ts';

export const stages: readonly Stage[] = [
	rootStage,
	mountsStage,
	memoryStage,
	devicesStage,
	watchdogStage,
	clockStage,
	limitsStage,
	hostnameStage,
	loopbackStage,
	resolvConfStage,
	networkStage,
	volumesStage,
];
