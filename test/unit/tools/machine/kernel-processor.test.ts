import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { processors } from '../../../../supervisor/contract/processors.ts';
import { kernelProcessor } from '../../../../tools/machine/kernel-processor.ts';
import { scratchFolder } from '../../../helpers/scratch-folder.ts';

test('kernelProcessor() reads the magic of the kernel image', (t) => {
	const file = join(scratchFolder(), 'kernel');
	const withText = (at: number, text: string): string => {
		const image = Buffer.alloc(5000);
		image.write(text, at, 'latin1');
		writeFileSync(file, image);
		return file;
	};
	t.is(kernelProcessor(withText(0x202, 'HdrS')), processors.amd64);
	t.is(kernelProcessor(withText(56, 'ARMd')), processors.arm64);
	t.is(kernelProcessor(withText(57, 'ARMd')), null);
	writeFileSync(file, 'short');
	t.is(kernelProcessor(file), null);
});
