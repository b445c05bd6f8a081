// The file systems that `format` makes, each by the program of its own project. Pure.

export interface MakeCommand {
	readonly program: string;
	readonly args: readonly string[];
}

interface Kind {
	readonly program: string;
	/** Before the device: overwrite what may be there, ask nothing. */
	readonly args: readonly string[];
	readonly labelOption: string;
	readonly maxLabelBytes: number;
}

const ext = (type: string): Kind => ({
	program: 'mke2fs',
	args: ['-q', '-F', '-t', type],
	labelOption: '-L',
	maxLabelBytes: 16,
});

const kinds: ReadonlyMap<string, Kind> = new Map([
	...['ext4', 'ext3', 'ext2'].map((type) => [type, ext(type)] as const),
	['xfs', { program: 'mkfs.xfs', args: ['-q', '-f'], labelOption: '-L', maxLabelBytes: 12 }],
	['btrfs', { program: 'mkfs.btrfs', args: ['-q', '-f'], labelOption: '-L', maxLabelBytes: 255 }],
	['vfat', { program: 'mkfs.fat', args: [], labelOption: '-n', maxLabelBytes: 11 }],
]);

/** Returns a sentence that says why the type or the label does not fit; null when both fit. */
export function wishProblem(type: string, label: string): string | null {
	const kind = kinds.get(type);
	if (kind === undefined) return `there is no type "${type}": ${[...kinds.keys()].join(', ')} are there.`;
	const bytes = Buffer.byteLength(label);
	if (bytes <= kind.maxLabelBytes) return null;
	return `the label "${label}" has ${bytes} bytes, and one of ${type} has at most ${kind.maxLabelBytes}.`;
}

/** Only for what `wishProblem` finds nothing wrong with. */
export function makeCommand(type: string, label: string, device: string): MakeCommand {
	const kind = kinds.get(type);
	if (kind === undefined) throw new Error(`no type ${type}`);
	const named = label === '' ? [] : [kind.labelOption, label];
	return { program: kind.program, args: [...kind.args, ...named, device] };
}
