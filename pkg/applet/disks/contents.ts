// Identifies the contents of a disk or a partition by all known signatures.

import type { BlockReader } from './block-reader.ts';
import { containers } from './container-signatures.ts';
import { type Identity, nameless } from './fields.ts';
import { fileSystems } from './file-systems.ts';
import { type Gpt, readGpt } from './gpt.ts';
import { type Mbr, parseMbr, protectiveMbrType } from './mbr.ts';
import { offsetOf, type Signature } from './signature.ts';

export interface Finding extends Identity {
	readonly type: string;
	readonly kind: Signature['kind'];
}

export interface Contents {
	/** File systems, parts of RAIDs, tables that we can't read: none, one, or several that contradict each other. */
	readonly findings: readonly Finding[];
	readonly mbr: Mbr | null;
	readonly gpt: Gpt | null;
}

export function readContents(reader: BlockReader): Contents {
	const findings: Finding[] = [];
	for (const signature of [...fileSystems, ...containers]) {
		const finding = findSignature(reader, signature);
		if (finding === null) continue;
		const isNew = !findings.some(
			({ type, uuid }) => type === finding.type && (uuid === finding.uuid || !finding.uuid),
		);
		if (isNew) findings.push(finding);
	}
	// A file system's boot sector ends in the same two bytes as a boot record.
	const isBootSector = findings.some(({ type }) =>
		['vfat', 'exfat', 'ntfs', 'BitLocker', 'refs'].includes(type),
	);
	const mbr = isBootSector ? null : parseMbr(reader.read(0, 512));
	return { findings, mbr, gpt: readGpt(reader) };
}

function findSignature(reader: BlockReader, signature: Signature): Finding | null {
	const { type, kind, magic, offsets, confirm, identify, refine } = signature;
	for (const place of offsets) {
		const offset = offsetOf(reader, place);
		if (offset < 0 || reader.read(offset, magic.length).toString('latin1') !== magic) continue;
		if (confirm?.(reader, offset) === false) continue;
		return { type: refine?.(reader) ?? type, kind, ...(identify?.(reader, offset) ?? nameless) };
	}
	return null;
}

/** Returns the partitions of the table; a GPT counts before the boot record that protects it. */
export function tableOf({ mbr, gpt }: Contents): 'gpt' | 'dos' | null {
	if (gpt !== null) return 'gpt';
	if (mbr === null) return null;
	return mbr.partitions.some(({ type }) => type === protectiveMbrType) ? 'gpt' : 'dos';
}

/** For people: what was found, in words. */
export function describeContents(contents: Contents): string {
	const { gpt, mbr, findings } = contents;
	const parts = findings.map(describeFinding);
	const table = tableOf(contents);
	if (table === 'dos') parts.push(`a DOS partition table with ${counted(mbr?.partitions.length ?? 0)}`);
	if (table === 'gpt' && gpt === null) parts.push('the boot record of a GPT whose two copies are absent');
	if (gpt !== null) {
		const damage = gpt.damage === null ? '' : ` (${gpt.damage})`;
		const others = mbr?.partitions.filter(({ type }) => type !== protectiveMbrType).length ?? 0;
		const hybrid = others > 0 ? ` and ${counted(others)} more in its boot record` : '';
		parts.push(`a GPT with ${counted(gpt.partitions.length)}${hybrid}${damage}`);
	}
	return parts.length === 0 ? 'nothing that is known' : parts.join(' and ');
}

function describeFinding({ type, label, uuid }: Finding): string {
	const names = [label === '' ? '' : `label "${label}"`, uuid === '' ? '' : `UUID ${uuid}`].filter(
		(name) => name !== '',
	);
	return names.length === 0 ? type : `${type} (${names.join(', ')})`;
}

function counted(count: number): string {
	return count === 1 ? '1 partition' : `${count} partitions`;
}
