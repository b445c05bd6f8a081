// The requirements of SPDX 2.3 for a document in JSON: the mandatory fields (chapters 6, 7 and 11), the forms of their values, and that
// identifiers are there and are one element's each. Of the fields that slipway writes; any other one is refused.

import { Ajv } from 'ajv';

const text = { type: 'string', minLength: 1 };
const id = { type: 'string', pattern: '^SPDXRef-[A-Za-z0-9.-]+$' };
const record = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => ({
	type: 'object',
	properties,
	additionalProperties: false,
	required: Object.keys(properties).filter((key) => !optional.includes(key)),
});
const list = (items: object) => ({ type: 'array', items, minItems: 1 });

const schema = record({
	spdxVersion: { const: 'SPDX-2.3' },
	dataLicense: { const: 'CC0-1.0' },
	SPDXID: { const: 'SPDXRef-DOCUMENT' },
	name: text,
	documentNamespace: { type: 'string', pattern: '^https://[^#\\s]+$' },
	creationInfo: record({
		created: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
		creators: list({ type: 'string', pattern: '^(Tool|Organization|Person): \\S' }),
	}),
	packages: list(
		record(
			{
				SPDXID: id,
				name: text,
				versionInfo: text,
				comment: text,
				supplier: { type: 'string', pattern: '^(Organization|Person): \\S' },
				downloadLocation: { enum: ['NOASSERTION', 'NONE'] },
				filesAnalyzed: { const: false },
				licenseConcluded: text,
				licenseDeclared: text,
				copyrightText: text,
				checksums: list({
					oneOf: [
						['SHA256', 64],
						['SHA512', 128],
					].map(([algorithm, digits]) =>
						record({
							algorithm: { const: algorithm },
							checksumValue: { type: 'string', pattern: `^[0-9a-f]{${digits}}$` },
						}),
					),
				}),
				externalRefs: list(
					record({
						referenceCategory: { const: 'PACKAGE-MANAGER' },
						referenceType: { const: 'purl' },
						referenceLocator: { type: 'string', pattern: '^pkg:[a-z]+/\\S+@\\S+$' },
					}),
				),
				primaryPackagePurpose: { enum: ['OPERATING_SYSTEM', 'CONTAINER', 'APPLICATION', 'LIBRARY'] },
			},
			['versionInfo', 'comment', 'supplier', 'checksums', 'externalRefs'],
		),
	),
	relationships: list(
		record({
			spdxElementId: id,
			relatedSpdxElement: id,
			relationshipType: { enum: ['DESCRIBES', 'CONTAINS'] },
		}),
	),
});

const validate = new Ajv({ allErrors: true }).compile(schema);

interface Document {
	readonly packages: readonly { readonly SPDXID: string }[];
	readonly relationships: readonly {
		readonly spdxElementId: string;
		readonly relatedSpdxElement: string;
	}[];
}

/** All that is wrong with it. */
export function spdxProblems(document: unknown): readonly string[] {
	if (!validate(document))
		return (validate.errors ?? []).map((each) => `${each.instancePath}: ${each.message}`);
	const { packages, relationships } = document as unknown as Document;
	const ids = packages.map((each) => each.SPDXID);
	const known = new Set([...ids, 'SPDXRef-DOCUMENT']);
	const twice = ids.filter((each, index) => ids.indexOf(each) !== index);
	const named = relationships.flatMap((each) => [each.spdxElementId, each.relatedSpdxElement]);
	const contained = new Set(relationships.map((each) => each.relatedSpdxElement));
	return [
		...twice.map((each) => `${each} is two packages'`),
		...named.filter((each) => !known.has(each)).map((each) => `${each} is nowhere`),
		...ids.filter((each) => !contained.has(each)).map((each) => `${each} belongs to nothing`),
	];
}
