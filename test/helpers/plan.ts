// A plan from what is in a store, with nothing to pull or to trust.

import type { SystemConfig } from '../../tools/config/system-config.ts';
import type { ImageStore } from '../../tools/images/store.ts';
import { imageSource } from '../../tools/resolve/image-source.ts';
import { makePlan, type Plan, type Resolution } from '../../tools/resolve/plan.ts';

export async function offlinePlan(
	config: SystemConfig,
	store: ImageStore,
	resolution: Partial<Resolution> = {},
): Promise<Plan> {
	return await makePlan(config, {
		source: imageSource(store, 'never', async (reference) => {
			throw new Error(`${reference} is pulled.`);
		}),
		sources: [],
		lock: null,
		rules: [],
		willLock: false,
		lockingCommand: null,
		verify: async () => undefined,
		...resolution,
	});
}
