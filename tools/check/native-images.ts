// Finds the images that have programs for their processor alone, and none of its 32-bit relative: amd64 runs those of i386 too.

import { processorNamed } from '../../supervisor/contract/processors.ts';
import type { StoredImage } from '../images/stored-image.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import type { FactsOf } from './facts-reader.ts';
import type { ImageFacts } from './image-facts.ts';

/** Returns the plan with its `nativeImages`: those of containers. */
export async function withNativeImages(plan: Plan, factsOf: FactsOf): Promise<Plan> {
	const { onboot, onshutdown, services } = plan.config;
	const images = [...onboot, ...onshutdown, ...services].map((container) => imageOf(plan, container.image));
	const native = new Set<string>();
	for (const image of images) if (isNative(image, await factsOf(image))) native.add(image.manifest.digest);
	return { ...plan, nativeImages: native };
}

/** An image without programs runs those of a volume, and a program that cannot be read may be anything. */
function isNative(image: StoredImage, facts: ImageFacts | null): boolean {
	const processor = processorNamed(image.config.architecture);
	if (facts === null || processor === null) return false;
	const machines = Object.values(facts.programs).flatMap((program) =>
		program.kind === 'elf' || program.kind === 'unknown' ? [program.machine] : [],
	);
	const [own, ...relatives] = processor.elfMachines;
	const isForeign = (machine: number | null): boolean => machine === null || relatives.includes(machine);
	return machines.some((machine) => machine === own) && !machines.some(isForeign);
}
