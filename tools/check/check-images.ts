// Checks a system by its images, before it is built.

import type { ImageStore } from '../images/store.ts';
import type { Plan } from '../resolve/plan.ts';
import { apparmorFindings } from './apparmor-checks.ts';
import { containerFindings } from './container-checks.ts';
import { engineFindings } from './engine-checks.ts';
import type { FactsOf } from './facts-reader.ts';
import { fileFindings } from './file-checks.ts';
import type { Finding } from './finding.ts';
import { imageDefaultFindings } from './image-default-checks.ts';
import { checkedSystem } from './system.ts';
import { systemFindings } from './system-checks.ts';

/** Returns what the checks find, in the order of the system. */
export async function checkImages(
	plan: Plan,
	store: ImageStore,
	factsOf: FactsOf,
): Promise<readonly Finding[]> {
	const system = await checkedSystem(plan, factsOf);
	const namesInStore = async (): Promise<readonly string[]> =>
		(await store.list()).map(({ reference }) => reference);
	return [
		...(await systemFindings(system, namesInStore)),
		...fileFindings(system),
		...apparmorFindings(system),
		...system.containers.flatMap((container) => [
			...containerFindings(system, container),
			...engineFindings(system, container),
			...imageDefaultFindings(container),
		]),
	];
}
