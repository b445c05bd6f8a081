// Describes a system's contents as an SPDX 2.3 document in JSON. Pure: the same contents give the same document.

import { createHash } from 'node:crypto';
import { digestHex } from '../../supervisor/image/descriptor.ts';
import type { Software } from './software.ts';
import type { SystemImage } from './system-contents.ts';

export interface DocumentOptions {
	/** The name of the system. */
	readonly name: string;
	/** The version of `slipway`. */
	readonly version: string;
	/** Seconds since 1970. */
	readonly createdSeconds: number;
}

interface Relationship {
	readonly spdxElementId: string;
	readonly relationshipType: 'DESCRIBES' | 'CONTAINS';
	readonly relatedSpdxElement: string;
}

const document = 'SPDXRef-DOCUMENT';
const system = 'SPDXRef-System';

export function spdxDocument(images: readonly SystemImage[], options: DocumentOptions) {
	const { name, version, createdSeconds } = options;
	const { packages, relationships } = graphOf(images, name);
	const content = JSON.stringify([name, packages, relationships]);
	const digest = createHash('sha256').update(content).digest('hex');
	return {
		spdxVersion: 'SPDX-2.3',
		dataLicense: 'CC0-1.0',
		SPDXID: document,
		name,
		// The specification requires a distinct URI for each content; it need not resolve.
		documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${digest}`,
		creationInfo: {
			created: new Date(createdSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
			creators: [`Tool: slipway-${version}`],
		},
		packages,
		relationships,
	};
}

function graphOf(images: readonly SystemImage[], name: string) {
	const packages = [{ ...unknownOrigin, SPDXID: system, name, primaryPackagePurpose: 'OPERATING_SYSTEM' }];
	const relationships: Relationship[] = [relate(document, 'DESCRIBES', system)];
	const idOf = distinctIds();
	const known = new Map<string, string>();
	for (const image of images) {
		const id = idOf('Image', `${image.name}-${image.tag}`);
		packages.push(imagePackage(id, image));
		relationships.push(relate(system, 'CONTAINS', id));
		for (const each of image.software ?? []) {
			// Many images contain the same package; it is listed once.
			const key = `${each.purl} ${each.checksum?.value}`;
			const part = known.get(key) ?? idOf('Package', `${each.name}-${each.version}`);
			if (!known.has(key)) packages.push(softwarePackage(part, each));
			known.set(key, part);
			relationships.push(relate(id, 'CONTAINS', part));
		}
	}
	return { packages, relationships };
}

/** No file is analysed, and licences are not stated. */
const unknownOrigin = {
	downloadLocation: 'NOASSERTION',
	filesAnalyzed: false,
	licenseConcluded: 'NOASSERTION',
	licenseDeclared: 'NOASSERTION',
	copyrightText: 'NOASSERTION',
} as const;

function imagePackage(id: string, { name, tag, digest, purl, software }: SystemImage) {
	return {
		...unknownOrigin,
		SPDXID: id,
		name,
		versionInfo: tag === '' ? digest : tag,
		...(software === null
			? { comment: 'What is in this image is not known: slipway has not built it.' }
			: {}),
		checksums: [{ algorithm: 'SHA256', checksumValue: digestHex(digest) }],
		externalRefs: [packageUrl(purl)],
		primaryPackagePurpose: 'CONTAINER',
	};
}

function softwarePackage(id: string, { name, version, purl, checksum }: Software) {
	const isDebian = purl.startsWith('pkg:deb/debian/');
	return {
		...unknownOrigin,
		SPDXID: id,
		name,
		versionInfo: version,
		...(isDebian ? { supplier: 'Organization: Debian' } : {}),
		...(checksum === undefined
			? {}
			: { checksums: [{ algorithm: checksum.algorithm, checksumValue: checksum.value }] }),
		externalRefs: [packageUrl(purl)],
		primaryPackagePurpose: 'APPLICATION',
	};
}

function packageUrl(purl: string) {
	return { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl } as const;
}

function relate(from: string, type: Relationship['relationshipType'], to: string): Relationship {
	return { spdxElementId: from, relationshipType: type, relatedSpdxElement: to };
}

/** Identifiers have only letters, digits, dots and hyphens, so two names may give the same one; a number tells them apart. */
function distinctIds(): (kind: string, name: string) => string {
	const taken = new Set<string>();
	return (kind, name) => {
		const plain = `SPDXRef-${kind}-${name.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/-$/, '')}`;
		let id = plain;
		for (let number = 2; taken.has(id); number++) id = `${plain}-${number}`;
		taken.add(id);
		return id;
	};
}
