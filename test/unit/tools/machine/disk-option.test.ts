import test from 'ava';
import { UsageError } from '../../../../tools/errors.ts';
import { parseDiskRequest } from '../../../../tools/machine/disk-option.ts';

const gigabyte = 2 ** 30;

const reads = test.macro({
	exec(t, text: string, expected: ReturnType<typeof parseDiskRequest>) {
		t.deepEqual(parseDiskRequest(text), expected);
	},
	title: (_, text) => `parseDiskRequest() reads ${text}`,
});

test(reads, 'size=1G', { file: null, sizeBytes: gigabyte, format: null });
test(reads, 'file=a.img', { file: 'a.img', sizeBytes: null, format: null });
test(reads, './5G', { file: './5G', sizeBytes: null, format: null });
test(reads, 'a.img,size=512M', { file: 'a.img', sizeBytes: gigabyte / 2, format: null });
test(reads, 'size=2T,format=qcow2,file=x=y', { file: 'x=y', sizeBytes: 2048 * gigabyte, format: 'qcow2' });
test(reads, 'size=1g', { file: null, sizeBytes: gigabyte, format: null });
test(reads, 'size=1GiB', { file: null, sizeBytes: gigabyte, format: null });
test(reads, 'size=1GB', { file: null, sizeBytes: gigabyte, format: null });
test(reads, 'size=64,format=raw', { file: null, sizeBytes: 64 * 2 ** 20, format: 'raw' });

const refuses = test.macro({
	exec(t, text: string, message: RegExp) {
		t.throws(() => parseDiskRequest(text), { instanceOf: UsageError, message });
	},
	title: (_, text) => `parseDiskRequest() refuses "${text}"`,
});

test(refuses, '', /^--disk : expected \[file=\]PATH, size=1G, format=raw or format=qcow2/);
test(refuses, 'size=1G,', /expected/);
test(refuses, 'size=', /expected/);
test(refuses, 'sise=1G', /expected/);
test(refuses, 'size=1G,a.img', /expected/);
test(refuses, '5G', /^--disk 5G: a size is written size=5G, and a file of this name \.\/5G\.$/);
test(refuses, 'size=1G,size=2G', /size is given twice/);
test(refuses, 'a.img,file=b.img', /file is given twice/);
test(refuses, 'size=1KB', /size is a number with M, G or T, such as 512M or 1G/);
test(refuses, 'size=0', /size is a number/);
test(refuses, 'size=-1G', /size is a number/);
test(refuses, 'size=9999999T', /size is a number/);
test(refuses, 'size=1G,format=vmdk', /format is raw or qcow2/);
