import test from 'ava';
import { bytesOf, parseSizeBytes, sizeText } from '../../../../tools/config/sizes.ts';

test('bytesOf() reads sizes of Docker and Kubernetes', (t) => {
	const texts = ['64M', '1.5g', '256Mi', '100', '2gb', 'x', '', '1e9'];
	t.deepEqual(texts.map(bytesOf), [67_108_864, 1_610_612_736, 268_435_456, 100, 2 ** 31, null, null, null]);
});

test('parseSizeBytes() takes whole numbers with KiB, MiB or GiB', (t) => {
	const texts = ['1MiB', '512KiB', '2GiB', '1MB', '0KiB', '1', '1.5MiB', '1mib', '1TiB', '1M', ''];
	t.deepEqual(texts.map(parseSizeBytes), [
		2 ** 20,
		2 ** 19,
		2 ** 31,
		...Array.from({ length: 8 }, () => null),
	]);
});

test('sizeText() is what --disk takes', (t) => {
	const bytes = [2 ** 30, 1536 * 2 ** 20, 5 * 2 ** 40, 1234, 0];
	t.deepEqual(bytes.map(sizeText), ['1G', '1536M', '5T', '1234 bytes', '0 bytes']);
});
