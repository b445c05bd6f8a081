// Mounts the volumes of the image, before the first container starts.

import { readMountInfo } from '../../../native/linux/mountinfo.ts';
import { volumesFolder } from '../../../supervisor/contract/layout.ts';
import { mountVolumes } from '../../mounts/volumes.ts';
import { done, type Stage, skipped } from '../stage.ts';

export const volumesStage: Stage = {
	name: 'volumes',
	fatal: false,
	timeoutMs: 30_000,
	run({ native }) {
		const present = readMountInfo();
		const { mounted, failures } = mountVolumes(native, volumesFolder, present);
		if (failures.length > 0) throw new Error(failures.join('; '));
		return mounted.length === 0 ? skipped('there are none') : done(mounted.join(' '));
	},
};
