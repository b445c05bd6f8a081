// Protobuf messages of containerd, and the texts of gRPC and of its settings.

import { PbfReader } from 'pbf';
import { parseCliOptions } from '../../../supervisor/containerd/containerd-config.ts';
import * as messages from '../../../supervisor/containerd/messages.ts';
import type { FuzzTarget } from '../engine/target.ts';

const readers = Object.entries(messages)
	.filter(([name]) => name.startsWith('read'))
	.map(([, read]) => read as (reader: PbfReader) => unknown);

export const target: FuzzTarget = {
	seeds: [
		Buffer.from('0a03616263120178', 'hex'),
		Buffer.from('0801120568656c6c6f1a021801', 'hex'),
		Buffer.from('0a0c0a03616263120568656c6c6f220a0a0174120568656c6c6f', 'hex'),
		Buffer.alloc(0),
		'cliopts = "--log-level debug"',
	],
	// pbf throws these, and the client makes a GrpcError of whatever reading throws.
	declares: (error) =>
		error instanceof RangeError ||
		(error instanceof Error && /^(Unimplemented type|Expected varint)/.test(error.message)),
	run(input) {
		parseCliOptions(input.toString('utf8'));
		for (const read of readers) {
			try {
				read(new PbfReader(input));
			} catch (error) {
				if (!target.declares(error)) throw error;
			}
		}
	},
};
