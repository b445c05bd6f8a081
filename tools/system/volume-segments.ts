// A volume in the tree, as LinuxKit lays it out: `lower` with the tree of its image, `tmp` for what is written, and `merged`,
// where the guest joins the two before the first container starts. LinuxKit's init asks for `tmp` of a read-only one too.

import { readonlyVolumeMark } from '../../supervisor/contract/layout.ts';
import type { Entry } from '../archive/entry.ts';
import type { VolumeConfig } from '../config/system-config.ts';
import { volumeFolder } from '../config/volumes.ts';
import type { BlobFolder } from '../images/blob-folder.ts';
import { exportLayout } from '../images/export-layout.ts';
import { formatReference, parseReference } from '../images/reference.ts';
import { imageOf, type Plan } from '../resolve/plan.ts';
import type { ResolvedLayout } from '../resolve/volume-layout.ts';
import { imageSegment, resolvConfLink } from './image-segment.ts';
import { folder, moved, parentFolders, textFile } from './place-image.ts';
import { type Segment, segmentKey } from './segment.ts';

export function volumeSegments(volume: VolumeConfig, plan: Plan, blobs: BlobFolder): Segment[] {
	const root = volumeFolder(volume.name).slice(1);
	const folders: Segment = {
		name: `volumes/${volume.name}`,
		key: null,
		sizeHintBytes: 0,
		async *entries() {
			// The image's segment, if there is one, has them.
			if ((volume.image ?? '') === '') yield* parentFolders(`${root}/lower`);
			yield folder(`${root}/tmp`);
			if (volume.readonly === true) yield textFile(`${root}/${readonlyVolumeMark}`, '');
			yield folder(`${root}/merged`);
		},
	};
	return [...contents(volume, `${root}/lower`, plan, blobs), folders];
}

function contents(
	{ name, image = '' }: VolumeConfig,
	lower: string,
	plan: Plan,
	blobs: BlobFolder,
): Segment[] {
	if (image === '') return [];
	const layout = plan.layouts.get(name);
	if (layout !== undefined) return [layoutSegment(image, layout, lower, blobs)];
	return [imageSegment(imageOf(plan, image), image, blobs, lower, resolvConfLink)];
}

function layoutSegment(
	image: string,
	{ top, manifests }: ResolvedLayout,
	lower: string,
	blobs: BlobFolder,
): Segment {
	const reference = formatReference(parseReference(image));
	const kept = new Set(manifests.map(({ digest }) => digest));
	return {
		name: `${image} (OCI layout)`,
		key: segmentKey('layout', top.digest, [...kept].join(','), reference, lower),
		sizeHintBytes: top.size,
		async *entries(): AsyncGenerator<Entry, void> {
			yield* parentFolders(lower);
			for await (const entry of exportLayout(new Map([[reference, top]]), blobs, kept))
				yield moved(entry, lower);
		},
	};
}
